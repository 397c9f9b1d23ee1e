"""This release's own records: made by the same scenario, so that the next one can read them.

A release writes them into ``tests/fixtures`` by ``make record``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.stack


@pytest.mark.skipif("FERMATA_RECORD" not in os.environ, reason="takes a minute; `make record` does it for a release")
def test_a_release_is_recorded(stack: Any, play: Any) -> None:
    folder = Path(os.environ["FERMATA_RECORD"])
    play(stack, folder)
    assert json.loads((folder / "scenario.json").read_text())["ids"].keys() >= {"queued", "leased", "paused"}
