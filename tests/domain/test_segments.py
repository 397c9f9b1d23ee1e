from __future__ import annotations

from fermata.domain.kind import Result
from fermata.domain.segments import pack, unpack
from hypothesis import given
from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
SUCCEEDED = st.builds(lambda number, value: Result(number, value, None), st.integers(0), JSON)
FAILED = st.builds(lambda number, error: Result(number, None, error), st.integers(0), st.text())


@given(st.lists(SUCCEEDED | FAILED, max_size=8))
def test_results_come_back_as_they_were(results):
    assert unpack(pack(results)) == results


def test_a_unit_that_answered_nothing_did_not_fail():
    assert unpack(pack([Result(3, None, None)])) == [Result(3, None, None)]


def test_repetitive_results_are_compressed():
    rows = [Result(number, {"tags": ["one", "two"], "title": "a title"}, None) for number in range(200)]
    assert pack(rows)[:1] == b"z"
    assert len(pack(rows)) < 2_000


def test_results_that_compression_would_not_shrink_stay_plain():
    assert pack([Result(1, "short", None)]) == b'j[[1,"short"]]'


def test_packing_never_adds_more_than_its_mark():
    rows = [Result(0, "".join(chr(0x4E00 + (n * 7919) % 20000) for n in range(300)), None)]
    plain = f'[[0,"{rows[0].value}"]]'.encode()
    assert len(pack(rows)) <= len(plain) + 1
