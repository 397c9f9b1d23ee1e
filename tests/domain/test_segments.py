from __future__ import annotations

import json
import zlib
from dataclasses import replace

import pytest
from fermata.domain.kind import Result, UnitRun
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


RUNS = st.builds(
    UnitRun,
    st.integers(0, 10**13).map(lambda at: at / 1000),
    st.just(0.0),
    st.just("w1"),
    st.lists(st.text(), max_size=3).map(tuple),
)


@given(st.lists(st.tuples(SUCCEEDED | FAILED, st.none() | RUNS), min_size=1, max_size=8))
def test_how_units_ran_comes_back_to_the_millisecond(pairs):
    results = [replace(result, run=run and replace(run, ended=run.began + 0.25)) for result, run in pairs]
    for before, after in zip(results, unpack(pack(results)), strict=True):
        assert (before.run is None) == (after.run is None)
        if before.run and after.run:
            assert (after.run.worker, after.run.log) == (before.run.worker, before.run.log)
            assert after.run.began == pytest.approx(before.run.began, abs=0.001)
            assert after.run.ended - after.run.began == pytest.approx(0.25, abs=0.002)


def test_a_release_that_knows_nothing_of_runs_reads_the_results():
    """It decompresses what follows the mark, and passes over what lies behind."""
    packed = pack([Result(3, "x", None, run=UnitRun(1.0, 2.0, "w1", ("said",)))])
    assert (packed[:1], json.loads(zlib.decompress(packed[1:]))) == (b"z", [[3, "x"]])


def test_how_a_unit_ran_takes_a_few_bytes():
    runs = [
        UnitRun(1_800_000_000 + at * 0.011, 1_800_000_000 + at * 0.011 + 0.01, "2026/11/30/[1]abc") for at in range(500)
    ]
    without = pack([Result(at, None, None) for at in range(500)])
    assert len(pack([Result(at, None, None, run=run) for at, run in enumerate(runs)])) - len(without) < 500 * 2


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
