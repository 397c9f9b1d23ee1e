from __future__ import annotations

import pytest
from fermata.api.pagination import opened, sealed
from fermata.domain.errors import InvalidInput


def test_a_cursor_opens_for_its_list() -> None:
    assert opened(sealed("0-3:1.2.0", "a", "b"), "a", "b") == "0-3:1.2.0"


@pytest.mark.parametrize("spoil", ["", "x", "!!", "é", "A" * 9000])
def test_what_is_no_cursor_is_refused(spoil: str) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        opened(spoil, "a")


def test_another_lists_cursor_is_refused() -> None:
    with pytest.raises(InvalidInput):
        opened(sealed("0-3:1.2.0", "a"), "b")


def test_a_changed_cursor_is_refused() -> None:
    cursor = sealed("0-3:1.2.0", "a")
    for place in range(len(cursor) - 1):  # the last character has spare bits
        changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        with pytest.raises(InvalidInput):
            opened(changed, "a")
