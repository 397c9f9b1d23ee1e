"""`sam deploy --guided` in a terminal, with Enter on every question, up to the first call to AWS."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from fermata.local import template

PATIENCE = 120.0
QUESTION = re.compile(r"^\s*(\S.*?)(?: \[(.*)\])?:\s*$")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def typed(command: list[str], cwd: Path, environment: dict[str, str]) -> str:
    """What is seen by somebody who presses Enter whenever the command waits for an answer."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, cwd=cwd, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen, answered, end = "", 0, time.monotonic() + PATIENCE
    try:
        while time.monotonic() < end:
            if select.select([ours], [], [], 0.03)[0]:
                try:
                    seen += os.read(ours, 65536).decode()
                except OSError:  # the other side is closed: it has ended
                    return COLOURS.sub("", seen)
            elif seen.endswith(": ") and len(seen) > answered:
                os.write(ours, b"\n")
                answered = len(seen)
        raise AssertionError(f"still asking: {seen[-2000:]}")
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def questions(seen: str) -> list[tuple[str, str]]:
    """Each question, and what Enter means for it."""
    found = [QUESTION.match(line) for line in seen.splitlines()]
    return [(match[1], match[2]) for match in found if match and match[2] is not None]


@pytest.fixture(scope="module")
def seen(sam: Path, project: Path, environment: dict[str, str], aws: Any) -> str:
    if sys.platform == "win32":
        pytest.skip("needs a terminal of Unix")
    told = environment | {"AWS_ENDPOINT_URL": aws.url}
    return typed([str(sam), "deploy", "--guided"], project, told)


def test_enter_on_every_question_leads_to_aws(seen: str, aws: Any) -> None:
    parameters = template.load()["Parameters"]
    asked = dict(questions(seen))
    values = {name: asked.get(f"Parameter {name}") for name in parameters}
    assert values == {name: str(p["Default"]) for name, p in parameters.items()}
    assert aws.calls[0]["Action"] == "DescribeStacks"
    assert "not in a test" in seen
    assert not re.search(r"no authentication|Security Constraints", seen)


def test_what_is_asked_is_what_the_page_says(seen: str) -> None:
    text = (template.project_root() / "docs" / "deploying.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- questions -->\n```text\n(.*?)\n```", text, re.DOTALL)
    assert shown
    before, after = shown[1].split("\n...\n")
    lines = [f"{name} [{default}]:" for name, default in questions(seen)]
    assert lines[: len(before.splitlines())] == before.splitlines()
    assert lines[-len(after.splitlines()) :] == after.splitlines()
