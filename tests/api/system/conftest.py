from __future__ import annotations

from typing import Any

import httpx
import pytest
from fermata.testing import ManualClock


@pytest.fixture
def clock(service: Any, monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    """Stands still unless a test moves it."""
    clock = ManualClock(1_776_070_800.0)
    monkeypatch.setattr(type(service.engine.clock), "now", lambda self: clock.time)
    return clock


@pytest.fixture
def admin(service: Any) -> httpx.Client:
    return service.key("sk_test_123456")
