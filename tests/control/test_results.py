from __future__ import annotations

import pytest
from fermata.control.results import START, Position, settled, units, unread
from fermata.domain.errors import InvalidInput
from fermata.domain.kind import Result, UnitRetry
from fermata.domain.ranges import Ranges
from fermata.domain.segments import Segment, pack
from hypothesis import given, settings
from hypothesis import strategies as st

PLACES = st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
NOWHERE = Position({})


@pytest.fixture
def read(lab):
    """Reads at most so many unread results of the first stage; numbers, and the position as text."""

    def read(position="", most=1000):
        rows = unread(lab.engine, lab.job, 0, Position.parse(position))
        numbers = []
        for result, after in rows:
            numbers.append(result.number)
            position = str(after)
            if len(numbers) == most:
                break
        return numbers, position

    return read


@settings(deadline=None, database=None, max_examples=50)
@given(st.dictionaries(st.integers(0, 30), PLACES))
def test_a_position_comes_back_from_its_text(places):
    assert Position.parse(str(Position(places))) == Position(places)


def test_chunks_at_the_same_place_are_named_once():
    assert str(Position({0: (1, 2, 0), 1: (1, 2, 0), 2: (1, 1, 0)})) == "0-1:1.2.0,2-2:1.1.0"


def test_a_chunk_that_was_not_read_begins_at_its_start():
    assert Position.parse("").at(3) == START


@pytest.mark.parametrize("forged", ["x", "0:1.2", "0:1.2.3.4", "0-1", "a-b:1.2.3", "0-999999999:1.1.1"])
def test_a_cursor_that_no_page_gave_is_refused(forged):
    with pytest.raises(InvalidInput) as refused:
        Position.parse(forged)
    assert refused.value.field == "cursor"


def test_pages_show_every_result_once(lab, read):
    lab.start(params={"units": 10})
    lab.run()
    seen, position = [], ""
    while page := read(position, 3)[0]:
        seen += page
        position = read(position, 3)[1]
    assert seen == list(range(10))


def test_a_reader_follows_a_running_job_without_loss_or_repeat(lab, read):
    lab.start()
    seen, at = [], [""]

    def look():
        numbers, at[0] = read(at[0])
        seen.extend(numbers)

    for number in (1, 3, 4, 6):
        lab.during(number, look)
    lab.run()
    assert 0 < len(seen) < 8
    look()
    assert sorted(seen) == list(range(8))


def test_a_position_may_lie_within_a_segment(lab, read):
    lab.seconds = 0.01
    lab.start(params={"units": 4})
    lab.run()
    first, position = read(most=1)
    assert position == "0-0:1.0.1"
    assert first + read(position)[0] == [0, 1, 2, 3]


def test_a_reader_at_the_end_reads_nothing(lab, read):
    lab.start()
    lab.run()
    _, position = read()
    assert read(position) == ([], position)


def test_what_a_stalled_worker_left_behind_is_no_result(lab):
    lab.start()
    lab.run()
    lab.engine.ledger.keep(lab.ref, Segment(0, 0, 0, 0, pack([Result(0, "stale", None)])))
    lab.engine.ledger.keep(lab.ref, Segment(0, 0, 1, 9, pack([Result(1, "uncounted", None)])))
    assert lab.results() == {number: number * 10 for number in range(8)}


def test_a_unit_that_failed_and_then_succeeded_has_one_result(lab):
    lab.start()
    lab.fail(2)
    lab.run()
    lab.mend()
    lab.retry()
    lab.run()
    assert lab.results()[2] == 20
    assert [row.number for row in settled(lab.engine, lab.job, 0)] == list(range(8))


def test_a_unit_that_runs_again_has_no_result_meanwhile(lab, read):
    lab.start()
    lab.fail(2)
    lab.run()
    lab.mend()
    lab.retry()
    lab.plan()
    assert sorted(lab.results()) == [0, 1, 3, 4, 5, 6, 7]
    assert read()[0] == [0, 1, 3, 4, 5, 6, 7]


def test_a_unit_that_succeeded_and_runs_again_has_no_result_meanwhile(lab):
    lab.start()
    lab.run()
    lab.retry(units=(0, Ranges.of([1, 6])))
    lab.plan()
    assert sorted(lab.results()) == [0, 2, 3, 4, 5, 7]


def test_a_reader_who_saw_the_failure_sees_the_success_after_it(lab, read):
    lab.start()
    lab.fail(2)
    lab.run()
    _, position = read()
    lab.mend()
    lab.retry()
    lab.run()
    assert read(position)[0] == [2]


def test_settled_results_come_in_order_of_number_whatever_order_they_ended_in(lab):
    lab.start()
    lab.plan()
    lab.deliver(1)
    lab.run()
    assert lab.ran() == [4, 5, 6, 7, 0, 1, 2, 3]
    assert list(lab.results()) == list(range(8))


def test_only_failures_are_read_where_only_they_are_wanted(lab):
    lab.start()
    lab.fail(2, 5)
    lab.run()
    rows = [row for row, _ in unread(lab.engine, lab.job, 0, NOWHERE, only_failed=True)]
    assert [(row.number, row.error) for row in rows] == [(2, "unit 2 is no good"), (5, "unit 5 is no good")]


def test_the_values_of_a_stages_units_come_in_order(lab):
    lab.start(kind="two")
    lab.run()
    assert list(units(lab.engine, lab.job, 0)) == list(range(8))
    assert list(units(lab.engine, lab.job, 1)) == [number * 10 for number in range(8)]


def test_a_unit_that_was_retried_comes_once_to_who_reads_from_the_start_with_all_its_attempts(lab):
    lab.start()
    lab.fail(2)
    lab.run()
    lab.retry()
    lab.run()
    lab.mend()
    lab.retry()
    lab.run()
    rows = [row for row, _ in unread(lab.engine, lab.job, 0, NOWHERE)]
    assert sorted(row.number for row in rows) == list(range(8))
    assert {row.number: row.attempts for row in rows} == dict.fromkeys(range(8), 1) | {2: 3}
    assert [row.attempts for row in settled(lab.engine, lab.job, 0)] == [1, 1, 3, 1, 1, 1, 1, 1]


def test_tries_within_a_run_count_as_attempts(lab):
    tries = []

    def does(unit):
        tries.append(unit)
        if len(tries) < 3:
            raise UnitRetry("later")
        return "at last"

    lab.start(params={"units": 1})
    lab.on(0, does)
    lab.run()
    assert [(row.value, row.attempts) for row in settled(lab.engine, lab.job, 0)] == [("at last", 3)]


def test_a_reader_in_the_middle_of_a_retry_sees_nothing_twice_and_loses_nothing(lab, read):
    lab.start(params={"units": 24})
    lab.fail(*range(0, 24, 5))
    lab.run()
    seen, position = read(most=7)
    lab.mend()
    lab.retry()
    lab.run()
    rest, position = read(position)
    assert set(seen + rest) == set(range(24))
    assert all(number % 5 == 0 for number in seen if number in rest)
    assert read(position)[0] == []
