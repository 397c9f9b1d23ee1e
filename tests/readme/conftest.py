import re
from collections.abc import Callable

import pytest
from fermata.local.template import project_root


@pytest.fixture(scope="session")
def readme() -> str:
    return (project_root() / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def marked(readme: str) -> Callable[[str], str]:
    """The code block between two comments of this name."""

    def find(name: str) -> str:
        found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```\n<!-- /{name} -->", readme, re.DOTALL)
        assert found, f"there is no example {name}"
        return found[1]

    return find


@pytest.fixture(scope="session")
def shell(readme: str) -> list[str]:
    """Every command line that the page shows, without its comment."""
    blocks = re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
    return [line.partition("#")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]
