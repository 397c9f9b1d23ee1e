"""Debian's Chromium under Playwright's driver, with nothing of its own to do on the network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
]


def found() -> str | None:
    """Where it is, None where it is not."""
    return next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser with an empty profile, which goes with it. Raises FileNotFoundError where there is none."""
    path = found()
    if path is None:
        raise FileNotFoundError("there is no Chromium here: apt-get install chromium")
    real = Path("/usr/lib/chromium/chromium")
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=str(real if real.exists() else path), args=FLAGS)
        try:
            yield opened
        finally:
            opened.close()
