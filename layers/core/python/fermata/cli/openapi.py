"""The API's OpenAPI description as a file, ``openapi.json``: ``python -m fermata.cli.openapi`` writes it.

Committed so that a change of the contract shows as one; a test says when the file is stale.
"""

from __future__ import annotations

import json
from pathlib import Path

from fermata.cli.pages import description
from fermata.local import template


def text() -> str:
    return json.dumps(description(), indent=1, ensure_ascii=False) + "\n"


def path() -> Path:
    return template.project_root() / "openapi.json"


if __name__ == "__main__":
    path().write_text(text(), encoding="utf-8")
