import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fermata.cli.pages import pages as paths
from fermata.local.template import project_root


@pytest.fixture(scope="session")
def pages() -> dict[Path, str]:
    """Every page, by its path."""
    return {path: path.read_text(encoding="utf-8") for path in paths(project_root())}


@pytest.fixture(scope="session")
def all_text(pages: dict[Path, str]) -> str:
    return "\n".join(pages.values())


@pytest.fixture(scope="session")
def readme(pages: dict[Path, str]) -> str:
    return pages[project_root() / "README.md"]


@pytest.fixture(scope="session")
def marked(all_text: str) -> Callable[[str], str]:
    """The code block between two comments of this name."""

    def find(name: str) -> str:
        found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```\n<!-- /{name} -->", all_text, re.DOTALL)
        assert found, f"there is no example {name}"
        return found[1]

    return find


@pytest.fixture(scope="session")
def shell(all_text: str) -> list[str]:
    """Every command line that the pages show, without its comment."""
    blocks = re.findall(r"```sh\n(.*?)```", all_text, re.DOTALL)
    return [re.split(r" [#<] ?", line)[0].strip() for block in blocks for line in block.splitlines() if line.strip()]
