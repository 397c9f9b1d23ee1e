"""A package that brings a kind of work: written anew, and found in a folder."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from fermata.cli.errors import CommandError, WrongUse
from fermata.domain.kind import Kind
from fermata.kinds.registry import GROUP, NAME, PLACES

FILES: Mapping[str, str] = {
    "pyproject.toml": """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "@dashed@"
version = "0.1.0"
description = "The kind of work @name@ for Fermata."
requires-python = ">=3.11"
dependencies = ["fermata"]

[project.entry-points."fermata.kinds"]
@name@ = "@name@.stages:@constant@"

[tool.setuptools]
packages = ["@name@"]
""",
    "README.md": """\
# @name@

A kind of work for [Fermata](https://pypi.org/project/fermata/). `fermata kinds test` runs it in memory with
`samples/@name@.json`; `pip install .` beside Fermata makes it known.
""",
    "@name@/__init__.py": '"""The kind ``@name@``."""\n',
    "@name@/parameters.py": '''\
"""What @name@ is asked for."""

from fermata.toolkit.parameters import Parameters
from pydantic import Field


class @class@(Parameters):
    """Parameters, with limits: an unknown name or a value beyond them is refused at the door."""

    texts: list[str] = Field(min_length=1, max_length=10_000, description="Texts to count the words of.")
''',
    "@name@/stages.py": '''\
"""The stages of @name@: what they are, what one unit does, and what comes out at the end."""

from collections.abc import Iterator

from fermata.domain.kind import Finishing, Json, Kind, Planned, Planning, Policy, Stage, Unit, UnitError
from fermata.toolkit.parameters import parser, schema

from @name@.parameters import @class@

COUNT = "count"


def plan(job: Planning) -> Iterator[Planned]:
    """Name the units, from the cursor on: planning may end after any unit and go on in another process."""
    texts = job.params["texts"]
    for place in range(job.cursor or 0, len(texts)):
        yield Planned(unit=texts[place], cursor=place + 1)


def run(unit: Unit) -> Json:
    """Do one unit. UnitError fails it with a reason for the user, UnitRetry has it tried again."""
    if not unit.value.strip():
        raise UnitError("the text is empty")
    return {"words": len(unit.value.split())}


def finish(job: Finishing) -> Json:
    """The job's own result, from those of its units."""
    return {"words": sum(result.value["words"] for result in job.results(COUNT) if result.error is None)}


@constant@ = Kind(
    name="@name@",
    title="@title@",
    stages=(Stage(COUNT, plan, run, Policy(chunk_size=100, timeout=10.0)),),
    parse=parser(@class@),
    schema=schema(@class@),
    finish=finish,
    families=frozenset({"@family@"}),
)
''',
    "samples/@name@.json": '{"texts": ["to be or not to be", " ", "that is the question"]}\n',
    "tests/test_@name@.py": """\
from fermata.testing import Workbench

from @name@.stages import @constant@


def test_words_are_counted_and_an_empty_text_fails_alone():
    job = Workbench(@constant@).run("@name@", texts=["to be or not to be", " "])
    assert (job.status, job.result) == ("completed", {"words": 6})
    assert job.errors() == ["the text is empty"]


def test_a_pause_loses_nothing():
    bench = Workbench(@constant@)
    job = bench.start("@name@", texts=["one", "two three"])
    job.pause_at_unit(1)
    bench.drive()
    assert (job.status, job.counts) == ("paused", (1, 0, 1))
    job.resume()
    assert (job.status, job.result) == ("completed", {"words": 3})
""",
}
"""Path → text, with the name in its forms between ``@``."""

RESERVED = frozenset({"fermata", "samples", "tests"})


def write(name: str, folder: Path, family: str) -> list[Path]:
    """Write the package into a new folder; the files. Raises WrongUse, and CommandError when something is there."""
    if not NAME.fullmatch(name) or not name.isidentifier() or name in RESERVED:
        raise WrongUse(f"{name!r} can't be a kind: use a-z, 0-9 and _, with a letter first, to 64 characters")
    if name in PLACES:
        raise WrongUse(f"Fermata has a kind {name!r} already")
    if folder.exists() and any(folder.iterdir()):
        raise CommandError(f"{folder} is not empty")
    forms = {
        "name": name,
        "dashed": name.replace("_", "-"),
        "constant": name.upper(),
        "class": "".join(part.capitalize() for part in name.split("_")),
        "title": name.replace("_", " ").capitalize(),
        "family": family,
    }
    written = []
    for path, text in FILES.items():
        target = folder / _filled(path, forms)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_filled(text, forms), encoding="utf-8")
        written.append(target)
    return written


def kinds_in(folder: Path) -> Iterator[tuple[Kind, dict[str, Any]]]:
    """Each kind that a package's folder brings, with its sample parameters. Raises CommandError with what is wrong."""
    project = folder / "pyproject.toml"
    try:
        described = tomllib.loads(project.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CommandError(f"there is no {project}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CommandError(f"{project}: {error}") from None
    brought = described.get("project", {}).get("entry-points", {}).get(GROUP, {})
    if not brought:
        raise CommandError(f'{project} brings no kind: it has no [project.entry-points."{GROUP}"]')
    for place in (folder, folder / "src"):
        if str(place) not in sys.path:
            sys.path.insert(0, str(place))
    for name, value in brought.items():
        yield _loaded(name, value), _sample(folder / "samples" / f"{name}.json")


def _loaded(name: str, value: str) -> Kind:
    module, _, attribute = value.partition(":")
    try:
        kind = getattr(import_module(module.strip()), attribute.strip())
    except Exception as error:
        raise CommandError(f"{name} = {value!r} can't be loaded: {type(error).__name__}: {error}") from None
    if not isinstance(kind, Kind) or kind.name != name:
        raise CommandError(f"{name} = {value!r} is no Kind of this name")
    return kind


def _sample(path: Path) -> dict[str, Any]:
    try:
        sample = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CommandError(f"there is no {path} with the parameters of a small job") from None
    except ValueError as error:
        raise CommandError(f"{path}: {error}") from None
    if not isinstance(sample, dict):
        raise CommandError(f"{path}: must be an object of parameters")
    return sample


def _filled(text: str, forms: Mapping[str, str]) -> str:
    for name, form in forms.items():
        text = text.replace(f"@{name}@", form)
    return text
