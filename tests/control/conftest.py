from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def meanwhile(lab: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Lets something happen just before the next write to the store."""

    def make(happens: Callable[[], object]) -> None:
        write = lab.engine.store.write

        def late(*changes: Any) -> None:
            monkeypatch.setattr(lab.engine.store, "write", write)
            happens()
            write(*changes)

        monkeypatch.setattr(lab.engine.store, "write", late)

    return make
