from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture
def meanwhile(lab, monkeypatch) -> Callable[[Callable[[], object]], None]:
    """Lets something happen just before the next write to the store."""

    def make(happens):
        write = lab.engine.store.write

        def late(*changes):
            monkeypatch.setattr(lab.engine.store, "write", write)
            happens()
            write(*changes)

        monkeypatch.setattr(lab.engine.store, "write", late)

    return make
