from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fermata.cli.main import main


def test_a_written_package_passes_its_trials_and_its_own_test(tmp_path: Path, capsys: Any) -> None:
    folder = tmp_path / "count_words"
    assert main(["kinds", "new", "count_words", "--folder", str(folder)]) == 0
    assert main(["kinds", "test", str(folder)]) == 0
    said = capsys.readouterr().out
    assert said.count("  ok  ") == 6 and "FAILED" not in said
    environment = {"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder / "tests")]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert "2 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Bad-Name", "can't be a kind"),
        ("9lives", "can't be a kind"),
        ("tests", "can't be a kind"),
        ("crawl", "already"),
    ],
)
def test_a_name_that_no_kind_can_have_is_refused(tmp_path: Path, capsys: Any, name: str, why: str) -> None:
    assert main(["kinds", "new", name, "--folder", str(tmp_path / "x")]) == 2
    assert why in capsys.readouterr().err and not (tmp_path / "x").exists()


def test_nothing_is_overwritten(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["kinds", "new", "count_words", "--folder", str(tmp_path)]) == 1
    assert "is not empty" in capsys.readouterr().err and [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        ("pyproject.toml", "[project", "pyproject.toml: "),
        ("pyproject.toml", "[project]\nname = 'x'", "brings no kind"),
        ("samples/lost_words.json", "[1]", "must be an object of parameters"),
        ("samples/lost_words.json", "{", "lost_words.json: "),
        ("lost_words/stages.py", "import nothing_of_the_kind", "No module named 'nothing_of_the_kind'"),
    ],
)
def test_a_broken_package_is_told_with_its_place(tmp_path: Path, capsys: Any, path: str, text: str, why: str) -> None:
    main(["kinds", "new", "lost_words", "--folder", str(tmp_path / "a")])
    (tmp_path / "a" / path).write_text(text)
    for module in [name for name in sys.modules if name.startswith("lost_words")]:
        del sys.modules[module]
    assert main(["kinds", "test", str(tmp_path / "a")]) == 1
    assert why in capsys.readouterr().err


def test_a_kind_that_forgets_its_place_fails_the_trials(tmp_path: Path, capsys: Any) -> None:
    folder = tmp_path / "b"
    main(["kinds", "new", "odd_words", "--folder", str(folder)])
    stages = folder / "odd_words" / "stages.py"
    stages.write_text(stages.read_text().replace('return {"words"', 'return {"at": id(unit), "words"'))
    assert main(["kinds", "test", str(folder)]) == 1
    assert "FAILED" in capsys.readouterr().out
