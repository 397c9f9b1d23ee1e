"""Frames as they go over the wire."""

from __future__ import annotations

from fermata.api.streaming import Frame


def test_a_frame_is_lines_and_an_empty_one() -> None:
    assert Frame({"a": 1}, "paused", 7).encode() == b'id: 7\nevent: paused\ndata: {"a":1}\n\n'


def test_a_frame_without_id_and_event_is_its_data() -> None:
    assert Frame([]).encode() == b"data: []\n\n"


def test_text_cannot_break_a_frame() -> None:
    assert Frame("a\r\nid: 9\n\n\u2028ä").encode().count(b"\n") == 2
