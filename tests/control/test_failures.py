from __future__ import annotations

import pytest
from fermata.control.failures import normalised


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("could not connect to https://a.example:8080/x?y=1: refused", "could not connect to <address> refused"),
        ("row 17: 'Ann' is no number", "row <number>: <text> is no number"),
        ("the server answered 503 to s3://bucket/key", "the server answered 503 to <address>"),
        ("job 0b1f8d0e-57cf-4d19-9f0a-0b6fb1fd4ab2 is gone", "job <id> is gone"),
        ("no file /data/in/a.pdf", "no file <path>"),
        ("sha 9f86d081884c7d65 differs", "sha <id> differs"),
        ("mail to ann@example.com bounced", "mail to <mail> bounced"),
        ("took 1,234.5 s,  again", "took <number> s, again"),
        ("decade and facade are words", "decade and facade are words"),
        ("", ""),
    ],
)
def test_what_belongs_to_one_unit_alone_is_left_out(error, said):
    assert normalised(error) == said
