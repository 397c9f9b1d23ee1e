"""What a handler loads before its first event; a cold start waits for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
LOADED = "import sys, importlib.util as u; s = u.spec_from_file_location('h', {path!r}); m = u.module_from_spec(s); \
s.loader.exec_module(m); print(' '.join(sys.modules))"

NOT_LOADED = {
    "api": {"boto3", "jwt", "cryptography", "fermata.runner", "fermata.kinds.tag_documents.stages", "aws_xray_sdk"},
    "worker": {"fastapi", "starlette", "mangum", "jwt", "fermata.api", "aws_xray_sdk"},
    "workflow": {"fastapi", "starlette", "mangum", "jwt", "fermata.api", "aws_xray_sdk"},
    "webhooks": {
        "fastapi",
        "starlette",
        "mangum",
        "jwt",
        "fermata.api",
        "fermata.runner.dispatch",
        "boto3",
        "httpcore",
    },
    "recovery": {"fastapi", "starlette", "mangum", "jwt", "fermata.api", "aws_xray_sdk"},
}


@pytest.mark.parametrize("name", NOT_LOADED)
def test_a_handler_loads_nothing_that_it_does_not_use(name: str) -> None:
    path = str(PROJECT / "functions" / name / "handler.py")
    done = subprocess.run([sys.executable, "-c", LOADED.format(path=path)], capture_output=True, text=True, check=True)
    assert NOT_LOADED[name].isdisjoint(done.stdout.split())
