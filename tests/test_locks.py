"""What is installed is locked, and what is deployed is what the tests ran with."""

import re

import pytest
from fermata.local.template import project_root

ROOT = project_root()
LAYERS = {name: ROOT / "layers" / name / "requirements.lock" for name in ("dependencies", "worker", "ocr")}
LOCKS = [*LAYERS.values(), *(ROOT / "requirements").glob("*.lock")]
PINNED = re.compile(r"^([a-z0-9._-]+)(?:\[.*\])?==(\S+)", re.MULTILINE | re.IGNORECASE)
ASKED = re.compile(r"^([A-Za-z0-9._-]+)", re.MULTILINE)


def name_of(text):
    return re.sub(r"[-_.]+", "-", text).lower()


def pins(path):
    return {name_of(name): version for name, version in PINNED.findall(path.read_text())}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_package_has_hashes(lock):
    entries = re.split(r"\n(?=\S)", lock.read_text().strip())
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_has_what_it_asks_for(name):
    asked = {name_of(each) for each in ASKED.findall((LAYERS[name].with_name("requirements.txt")).read_text())}
    assert asked <= pins(LAYERS[name]).keys()


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_what_the_tests_ran_with(name):
    tested = pins(ROOT / "requirements" / "dev.lock")
    assert {package: tested.get(package) for package in pins(LAYERS[name])} == pins(LAYERS[name])


def test_the_functions_bring_their_own_boto3():
    assert {"boto3", "botocore"} <= pins(LAYERS["dependencies"]).keys()


def test_make_and_sam_install_nothing_but_locks():
    for makefile in (ROOT / "Makefile", *(ROOT / "layers").rglob("*Makefile"), ROOT / "layers" / "python.mk"):
        installs = [line for line in makefile.read_text().splitlines() if re.search(r"pip install", line)]
        loose = [line for line in installs if "require-hashes" not in line and "--editable" not in line]
        assert [line for line in loose if "INSTALL" not in line] == []
    assert "--require-hashes" in (ROOT / "layers" / "python.mk").read_text()
