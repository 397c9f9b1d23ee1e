from __future__ import annotations

import pytest
from fermata.toolkit.tabular.lines import LIMIT, lines


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_lines_and_their_ends_do_not_hang_on_the_chunks(size: int) -> None:
    data = b"one\n\ntwo\r\nthree"
    chunks = (data[at : at + size] for at in range(0, len(data), size))
    assert list(lines(chunks, 100)) == [(b"one\n", 104), (b"\n", 105), (b"two\r\n", 110), (b"three", 115)]


def test_an_overlong_line_is_not_held_and_the_next_one_is_right() -> None:
    chunks = [b"x" * 300_000] * 10 + [b"\nnext\n"]
    (head, end), following = lines(chunks)
    assert LIMIT < len(head) < 2 * LIMIT
    assert (end, following) == (3_000_001, (b"next\n", 3_000_006))
