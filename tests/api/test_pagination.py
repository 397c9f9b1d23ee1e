from __future__ import annotations

import pytest
from fermata.api.pagination import opened, sealed
from fermata.control.results import Position
from fermata.domain.errors import InvalidInput

KEY = b"a key of the stack"
TEXT = "0-3:1.2.0"


def refuse(text: str) -> str:
    raise ValueError(text)


def test_a_cursor_opens_for_its_list() -> None:
    assert opened(KEY, sealed(KEY, TEXT, "a", "b"), str, "a", "b") == TEXT
    assert str(opened(KEY, sealed(KEY, TEXT, "a"), Position.parse, "a")) == TEXT


@pytest.mark.parametrize("spoil", ["", "x", "!!", "é", "A" * 9000], ids=range(5))
def test_what_is_no_cursor_is_refused(spoil: str) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        opened(KEY, spoil, str, "a")


def test_another_lists_cursor_is_refused() -> None:
    for owner in (("b",), ("a", "b"), ()):
        with pytest.raises(InvalidInput):
            opened(KEY, sealed(KEY, TEXT, "a"), str, *owner)


def test_a_cursor_that_somebody_made_without_the_key_is_refused() -> None:
    with pytest.raises(InvalidInput):
        opened(KEY, sealed(b"", TEXT, "a"), str, "a")


def test_a_changed_cursor_is_refused() -> None:
    cursor = sealed(KEY, TEXT, "a")
    for place in range(len(cursor) - 1):  # the last character has spare bits
        changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        with pytest.raises(InvalidInput):
            opened(KEY, changed, str, "a")


@pytest.mark.parametrize("text", ["", "x", "9" * 5_000, "1e400", "\ud800", "\0", "x" * 10**6], ids=range(7))
def test_a_signed_cursor_is_read_with_the_same_mistrust(text: str) -> None:
    with pytest.raises(InvalidInput, match="use next_cursor"):
        opened(KEY, sealed(KEY, text, "a"), refuse, "a")
