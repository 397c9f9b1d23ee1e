"""ES modules as one script.

A browser fetches a tree of modules file by file, and behind a gateway each file is an invocation: forty of them at once are forty
cold starts. So they are sent joined. No language is parsed for that: modules keep to ``import { a } from "./b.js";`` on lines of
their own and to ``export`` before declarations or of a list, and whatever else is found is refused.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"([^"]+)";[ \t]*$', re.MULTILINE)
DECLARED = re.compile(r"^export\s+(?=(?:async\s+)?(?:function\*?|class|const|let)\s+([\w$]+))", re.MULTILINE)
LISTED = re.compile(r"(?:^|(?<=;))export\s*\{([^}]*)\};?[ \t]*$", re.MULTILINE)
LEFT = re.compile(r"^\s*(?:import|export)\b.*$", re.MULTILINE)


class NotJoinable(ValueError):
    """A module that says something else than is understood here; the message names it."""


def joined(modules: Mapping[str, str], first: str) -> str:
    """One script that does what ``first`` would with the modules that it imports; paths are relative to one folder.

    Each module becomes a function's scope, in the order in which they need each other. Raises NotJoinable.
    """
    order = _ordered(modules, first)
    names = {path: f"$m{number}" for number, path in enumerate(order)}
    return "".join(f"const {names[path]} = (() => {{\n{_body(path, modules[path], names)}}})();\n" for path in order)


def imports(path: str, source: str) -> Iterator[str]:
    """The paths of the modules that one names."""
    for found in IMPORT.finditer(source):
        yield posixpath.normpath(posixpath.join(posixpath.dirname(path), found[2]))


def _ordered(modules: Mapping[str, str], first: str) -> list[str]:
    done: list[str] = []
    under_way: list[str] = []

    def visit(path: str) -> None:
        if path in done:
            return
        if path in under_way:
            raise NotJoinable(f"{path} needs itself, by way of {under_way[-1]}")
        if path not in modules:
            raise NotJoinable(f"{under_way[-1]} imports {path}, which is not there")
        under_way.append(path)
        for needed in imports(path, modules[path]):
            visit(needed)
        under_way.pop()
        done.append(path)

    visit(first)
    return done


def _body(path: str, source: str, names: Mapping[str, str]) -> str:
    exported = [f"{name}: {name}" for name in DECLARED.findall(source)]
    for listed in LISTED.findall(source):
        exported += [": ".join(reversed(_renamed(part))) for part in listed.split(",") if part.strip()]

    def imported(found: re.Match[str]) -> str:
        needed = posixpath.normpath(posixpath.join(posixpath.dirname(path), found[2]))
        wanted = ", ".join(": ".join(_renamed(part)) for part in found[1].split(",") if part.strip())
        return f"const {{ {wanted} }} = {names[needed]};"

    body = LISTED.sub("", DECLARED.sub("", IMPORT.sub(imported, source)))
    if (left := LEFT.search(body)) is not None:
        raise NotJoinable(f"{path}: {left[0].strip()[:80]}")
    return f"{body}\nreturn {{ {', '.join(exported)} }};\n"


def _renamed(part: str) -> list[str]:
    """``a as b`` as [a, b], and ``a`` as [a, a]."""
    name, _, other = part.strip().partition(" as ")
    return [name.strip(), (other or name).strip()]
