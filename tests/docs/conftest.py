import io
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fermata.cli.errors import REVIEW
from fermata.cli.main import main
from fermata.cli.pages import pages as paths
from fermata.embedded import Embedded
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


OUTSIDE = ("make ", "source ", "bash ", "sam ", "aws ", "pip ", ".venv/bin/", "fermata keys bootstrap")
"""How lines begin that change this computer, start another stack or need AWS: other tests are about them, or none can be."""


@pytest.fixture
def server() -> Iterator[Embedded]:
    with Embedded() as running:
        yield running


@pytest.fixture
def typed(
    server: Embedded, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., dict[str, str]]:
    """Types each command of a page, in its order; what each said. What a line is about comes from the one before that made it,
    or is given."""
    (tmp_path / "samples").symlink_to(project_root() / "samples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FERMATA_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("FERMATA_CONFIG", str(tmp_path / "config.ini"))
    monkeypatch.setenv("FERMATA_URL", server.url)
    monkeypatch.setenv("FERMATA_API_KEY", server.api_key)
    monkeypatch.setattr("fermata.cli.follow._row", _interrupted)
    monkeypatch.setattr("webbrowser.open", lambda address: True)

    def typed(page: Path, **names: str) -> dict[str, str]:
        shown: dict[str, str] = {}
        blocks = re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        for line in (re.split(r" +[#<] ?", line)[0] for block in blocks for line in block.splitlines() if line):
            if line.startswith(OUTSIDE):
                continue
            assert line not in shown or "JOB" in line, f"{line} stands there twice"
            shown[line] = _typed(line, server, names, capfd, monkeypatch)
        return shown

    return typed


def _typed(
    line: str, server: Embedded, names: dict[str, str], capfd: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch
) -> str:
    real = re.sub(r"https://abc\.\S+|http://localhost:8000", server.url, line).replace("sk_test_123456", server.api_key)
    real = real.replace("seconds=2", "seconds=0")
    for name, value in names.items():
        real = re.sub(rf"\b{name}\b", value, real)
    if line.startswith("curl "):
        said = subprocess.run(
            ["bash", "-c", real.replace("curl", "curl -sS --fail-with-body")], capture_output=True, text=True
        )
        assert said.returncode == 0, (line, said.stdout, said.stderr)
        return said.stdout
    command, *words = shlex.split(real)
    assert command == "fermata", f"{line} is run by no test"
    patch.setattr("sys.stdin", io.StringIO(f"{server.api_key}\n"))
    code = main(words)
    out, err = capfd.readouterr()
    assert code in (0, REVIEW, *((130,) if words[0] == "follow" else ())), (line, err)
    match words[:2]:
        case ["keys", "create"]:
            names["KEY"] = err.partition(":")[0]
        case ["jobs", "create"] | ["batch", "start"]:
            names["JOB"] = out.split()[0]
        case ["webhooks", "create"]:
            names[r"wh-\w+"] = re.findall(r"wh-\w+", out + err)[0]
    return out


def _interrupted(change: object) -> None:
    raise KeyboardInterrupt
