"""The parts of README.md and docs/ that the program writes itself: ``python -m fermata.cli.pages`` brings them up to date.

Each stands between two comments, ``<!-- routes -->`` and ``<!-- /routes -->`` for instance; a test says when one is stale.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fermata.cli.kinds import stage_shown
from fermata.cli.steps_picture import drawn
from fermata.local import template

Description = Mapping[str, Any]


def pages(root: Path) -> list[Path]:
    """Every page of the project's documentation that people write."""
    return [root / "README.md", *sorted((root / "docs").rglob("*.md"))]


def current(text: str) -> str:
    """A page's text with every generated part in it as it should be."""
    for name, made in PARTS.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        if begin in text:
            pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
            part = f"{begin}\n{made()}\n{end}"
            text = pattern.sub(lambda _, part=part: part, text)  # type: ignore[misc]
    return text


def routes() -> str:
    """Every route of the OpenAPI description, by family."""
    described = description()
    families = {tag["name"]: tag.get("description", "") for tag in described.get("tags", ())}
    by_family: dict[str, list[tuple[str, ...]]] = {}
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            row = (f"`{method.upper()} {path}`", operation.get("summary", ""), _successes(operation))
            by_family.setdefault(operation["tags"][0], []).append(row)
    blocks = []
    for name, rows in by_family.items():
        about = _first_sentence(families.get(name, ""))
        blocks.append(f"**{name}**{f' - {about}' if about else ''}\n\n{_table(('route', 'what', 'answers'), rows)}")
    return "\n\n".join(blocks)


def parameters() -> str:
    """Every parameter of the template, in its groups."""
    loaded = template.load()
    known = loaded["Parameters"]
    blocks = []
    for group in loaded["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]:
        rows = [(f"`{name}`", _default(known[name]), known[name]["Description"]) for name in group["Parameters"]]
        blocks.append(f"**{group['Label']['default']}**\n\n{_table(('parameter', 'default', 'meaning'), rows)}")
    return "\n\n".join(blocks)


def kinds() -> str:
    """Every kind that there is."""
    from fermata.kinds.registry import Registry

    rows = []
    for name, kind in Registry().items():
        stages = " → ".join(stage_shown(stage.name, stage.worker, review=stage.review) for stage in kind.stages)
        families = ", ".join(f"`{family}`" for family in sorted({"jobs", *kind.families}))
        rows.append((f"`{name}`", kind.title, stages, families))
    return _table(("kind", "what it does", "stages", "families"), rows)


def alarms() -> str:
    """Every alarm of the template."""
    resources = template.load()["Resources"].items()
    found = ((name, resource) for name, resource in resources if resource["Type"] == "AWS::CloudWatch::Alarm")
    return _table(("alarm", "what it says"), ((name, r["Properties"]["AlarmDescription"]) for name, r in found))


def events() -> str:
    """Every line that a job's history may have."""
    from fermata.domain.events import EventType

    said = dict(re.findall(r'= "(\w+)"  # (.+)', inspect.getsource(EventType)))
    return _table(("line", "who writes it"), ((f"`{type_.value}`", said[type_.value]) for type_ in EventType))


def limits() -> str:
    """What a request, a job and an answer may have."""
    from fermata.cli.limits import LIMITS

    blocks = []
    for heading, rows in LIMITS.items():
        blocks.append(f"**{heading}**\n\n{_table(('what', 'at most'), rows)}")
    return "\n\n".join(blocks)


PARTS: Mapping[str, Callable[[], str]] = {
    "routes": routes,
    "parameters": parameters,
    "kinds": kinds,
    "alarms": alarms,
    "events": events,
    "limits": limits,
    "steps": drawn,
}


@cache
def description() -> Description:
    """The API's OpenAPI description; nothing is needed to make it. It takes half a second, so it is made once."""
    from fermata.adapters.memory.api_keys import MemoryKeys
    from fermata.adapters.memory.state import State
    from fermata.api.app import create_app
    from fermata.api.auth import Security
    from fermata.bootstrap import memory_content, memory_engine

    state = State()
    return create_app(memory_engine(state), memory_content(state), Security(MemoryKeys())).openapi()


def _successes(operation: Mapping[str, Any]) -> str:
    return ", ".join(sorted(status for status in operation["responses"] if status < "400"))


def _default(parameter: Mapping[str, Any]) -> str:
    return f"`{parameter['Default']}`" if str(parameter.get("Default", "")) else "(empty)"


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s", text.strip(), maxsplit=1)[0]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def index(root: Path) -> str:
    """``docs/llms.txt``: what there is to read, for programs that read (https://llmstxt.org)."""
    lines = ["# Fermata", "", f"> {_opening(root / 'docs' / 'index.md')}", "", "## Pages", ""]
    for path in pages(root)[1:]:
        title = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ").replace("`", "")
        lines.append(f"- [{title}]({path.relative_to(root / 'docs')}): {_opening(path)}")
    return "\n".join(lines) + "\n"


def _opening(path: Path) -> str:
    """The first sentence of a page's text."""
    blocks = path.read_text(encoding="utf-8").split("\n\n")
    prose = (block for block in blocks if not block.startswith(("#", "<", "|", "```", "-")))
    return _first_sentence(" ".join(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", next(prose, "")).split()))


def main() -> None:
    for path in pages(template.project_root()):
        path.write_text(current(path.read_text(encoding="utf-8")), encoding="utf-8")
    (template.project_root() / "docs" / "llms.txt").write_text(index(template.project_root()), encoding="utf-8")


if __name__ == "__main__":
    main()
