from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

import pytest
from fermata.domain.chunks import Chunk, Retry
from fermata.domain.holds import Hold
from fermata.domain.jobs import Job, Lease, NextTry, StagePlan
from fermata.domain.progress import MESSAGES, Action, WaitsFor, checkpoint, next_step, place
from fermata.domain.ranges import Ranges
from fermata.domain.transitions import Status

NOW = 1000.0
DONE = Chunk(0, 0, 0, 4, "f", 0, 9, Ranges())
FREE = replace(DONE, todo=Ranges.span(0, 4))
LIVE = replace(FREE, owner="m", lease_until=NOW + 5)
DEAD = replace(FREE, owner="m", lease_until=NOW - 1)
DEAD_BEFORE = replace(FREE, owner="m", lease_until=NOW - 50)
RESTING = replace(FREE, todo=Ranges.span(0, 1), retries=(Retry(0, 2, NOW + 30),))

HELD = Hold("job", "ann", None, 1.0)
ELSEWHERE = Hold("system", "ann", None, 1.0)
OVER = Hold("source:s", "ann", None, 1.0, NOW)

HOLDS = {"no": (), "yes": (HELD,), "by another": (ELSEWHERE,), "over": (OVER,), "one of two over": (OVER, HELD)}
CHUNKS = {
    "none": (),
    "done": (DONE,),
    "free": (DONE, FREE),
    "at work": (LIVE, DONE),
    "some at work": (LIVE, replace(FREE, number=1)),
    "lost": (DEAD, replace(LIVE, number=1)),
    "lost and queued since": (DEAD_BEFORE,),
    "resting": (RESTING, replace(DONE, number=1)),
}
QUEUED = {"yes": NOW + 70, "but it was lost": NOW + 70, "too long ago": NOW, "never": 0.0}
LEASES = {"none": None, "live": Lease("m", NOW + 5), "lapsed": Lease("m", NOW)}
FOLLOWING = {"end": (), "stage": (StagePlan(),), "review": (StagePlan(review=True),)}


class Case(NamedTuple):
    """A job in words."""

    status: Status
    closed: bool
    held: str
    late: bool
    lease: str
    reopens: bool
    planned: bool
    chunks: str
    then: str
    refused: bool
    queued: str

    @property
    def running(self) -> bool:
        """Whether a worker may be at it."""
        return self.lease == "live" or self.chunks in ("at work", "some at work", "lost")


def every_case() -> Iterator[Case]:
    flags = (False, True)
    work = (Status.PENDING, Status.RUNNING)
    followed = [(status, then) for status in work for then in ("stage", "review")]
    for status, then in [*product(Status, ("end",)), *followed]:
        reopens, queued = (flags, QUEUED) if status in work else ((False,), ("yes",))
        refused = reopens
        closed, late = (flags, (False,)) if status.final else ((False,), flags)
        for case in product((status,), closed, HOLDS, late, LEASES, reopens, flags, CHUNKS, (then,), refused, queued):
            yield Case(*case)


def step_of(case: Case) -> Any:
    job = Job(
        tenant="t",
        id="jobs:1",
        family="jobs",
        kind="k",
        workspace="default",
        user="ann",
        created_at=0.0,
        started_at=0.0,
        timeout=10.0 if case.late else None,
        status=case.status,
        closed=case.closed,
        waits_on="job",
        reopen="failed" if case.reopens else None,
        lease=LEASES[case.lease],
        next_try=NextTry(2, NOW + 30) if case.refused else None,
        stages=(StagePlan(complete=case.planned), *FOLLOWING[case.then]),
        queued_at=NOW - 20,
        queued_until=QUEUED[case.queued],
    )
    return next_step(job, HOLDS[case.held], CHUNKS[case.chunks], NOW, lost=case.queued == "but it was lost")


READY = ("free", "some at work", "lost and queued since")
FINAL = tuple(status for status in Status if status.final)

TABLE: list[tuple[dict[str, Any], Action, WaitsFor]] = [
    ({"status": FINAL, "closed": True}, Action.WAIT, WaitsFor.NOTHING),
    ({"status": FINAL, "running": True}, Action.WAIT, WaitsFor.REST),
    ({"status": FINAL}, Action.CLOSE, WaitsFor.NOTHING),
    ({"held": ("over", "one of two over")}, Action.EXPIRE, WaitsFor.HOLD),
    ({"status": Status.PAUSED, "held": "by another"}, Action.WAIT_ON, WaitsFor.HOLD),
    ({"status": Status.PAUSED, "held": "yes"}, Action.WAIT, WaitsFor.HOLD),
    ({"status": Status.PAUSED}, Action.RELEASE, WaitsFor.START),
    ({"status": Status.WAITING_REVIEW}, Action.WAIT, WaitsFor.REVIEW),
    ({"late": True}, Action.TIME_OUT, WaitsFor.REST),
    ({"held": ("yes", "by another"), "running": True}, Action.WAIT, WaitsFor.REST),
    ({"held": ("yes", "by another")}, Action.PAUSE, WaitsFor.REST),
    ({"reopens": True}, Action.REOPEN, WaitsFor.START),
    ({"planned": False, "lease": "live"}, Action.WAIT, WaitsFor.PLANNING),
    ({"planned": False, "refused": True}, Action.DEFER, WaitsFor.BACKOFF),
    ({"planned": False, "status": Status.PENDING}, Action.PLAN, WaitsFor.START),
    ({"planned": False}, Action.PLAN, WaitsFor.PLANNING),
    ({"chunks": "lost"}, Action.REQUEUE, WaitsFor.LEASE),
    ({"chunks": READY, "status": Status.PENDING}, Action.DISPATCH, WaitsFor.QUEUE),
    ({"chunks": READY, "queued": ("but it was lost", "too long ago", "never")}, Action.DISPATCH, WaitsFor.QUEUE),
    ({"chunks": "resting", "status": Status.PENDING}, Action.DISPATCH, WaitsFor.BACKOFF),
    ({"chunks": "resting", "queued": "never"}, Action.DISPATCH, WaitsFor.BACKOFF),
    ({"chunks": ("at work", "some at work")}, Action.WAIT, WaitsFor.WORKER),
    ({"chunks": ("free", "lost and queued since")}, Action.WAIT, WaitsFor.QUEUE),
    ({"chunks": "resting"}, Action.WAIT, WaitsFor.BACKOFF),
    ({"then": "stage"}, Action.NEXT_STAGE, WaitsFor.PLANNING),
    ({"then": "review"}, Action.REVIEW, WaitsFor.PLANNING),
    ({"lease": "live"}, Action.WAIT, WaitsFor.FINISHING),
    ({"refused": True}, Action.DEFER, WaitsFor.BACKOFF),
    ({}, Action.FINISH, WaitsFor.FINISHING),
]
"""The first row that matches a case says what comes next, and what it looks like until that is done."""


def row_of(case: Case) -> int:
    facts = {**case._asdict(), "running": case.running}
    for number, (wanted, _, _) in enumerate(TABLE):
        if all(facts[name] in (value if isinstance(value, tuple) else (value,)) for name, value in wanted.items()):
            return number
    raise AssertionError(case)


def test_what_comes_next_is_the_tables_first_row_that_matches_in_every_case_there_is():
    used = set()
    for case in every_case():
        row, step = row_of(case), step_of(case)
        used.add(row)
        assert (step.action, step.waits_for) == TABLE[row][1:], case
        messages = step.action in MESSAGES
        assert step.queued == (messages and case.queued == "yes"), case
    assert used == set(range(len(TABLE)))


def test_the_table_knows_every_step_and_everything_that_a_job_can_wait_for():
    assert {action for _, action, _ in TABLE} == set(Action)
    assert {waits_for for _, _, waits_for in TABLE} == set(WaitsFor)


@pytest.fixture
def job(make_job) -> Job:
    """A running job of one stage, fully planned, whose messages are on their way."""
    return make_job(
        status=Status.RUNNING,
        started_at=0.0,
        stages=(StagePlan(complete=True),),
        queued_at=NOW - 20,
        queued_until=NOW + 70,
    )


# Each step ---------------------------------------------------------------------------------------------------------------


def test_units_that_a_retry_names_are_opened_before_anything_runs(job):
    again = replace(job, status=Status.PENDING, reopen="failed")
    assert next_step(again, (), [DONE], NOW).action is Action.REOPEN
    assert next_step(again, (), [FREE], NOW).action is Action.REOPEN


def test_a_stage_is_planned_before_what_it_has_of_chunks_is_run(job):
    unplanned = replace(job, stages=(StagePlan(complete=False),))
    assert next_step(unplanned, (), [FREE], NOW).action is Action.PLAN


def test_a_job_that_is_being_planned_is_left_to_its_planner_until_its_lease_lapses(job):
    unplanned = replace(job, stages=(StagePlan(complete=False),), lease=Lease("m", NOW + 5))
    step = next_step(unplanned, (), [], NOW)
    assert (step.action, step.waits_for, step.until) == (Action.WAIT, WaitsFor.PLANNING, NOW + 5)
    assert next_step(unplanned, (), [], NOW + 5).action is Action.PLAN


def test_a_message_that_nobody_answered_in_time_is_sent_again(job):
    assert next_step(job, (), [DONE], NOW).queued
    assert not next_step(job, (), [DONE], NOW + 70).queued
    assert not next_step(job, (), [DONE], NOW, lost=True).queued


def test_every_chunk_that_may_run_is_dispatched(job):
    unqueued = replace(job, queued_until=0.0)
    chunks = [replace(FREE, number=number) for number in (2, 3, 4)]
    step = next_step(unqueued, (), [DONE, replace(LIVE, number=1), *chunks], NOW)
    assert (step.action, list(step.chunks)) == (Action.DISPATCH, chunks)


def test_no_more_chunks_are_dispatched_than_the_job_has_lanes(job):
    unqueued = replace(job, queued_until=0.0, lanes=2)
    chunks = [replace(FREE, number=number) for number in range(6)]
    assert [chunk.number for chunk in next_step(unqueued, (), chunks, NOW).chunks] == [0, 1]


def test_chunks_of_lost_workers_are_queued_again_and_no_others(job):
    lost = replace(DEAD, number=1)
    step = next_step(job, (), [LIVE, lost, replace(FREE, number=2)], NOW)
    assert (step.action, step.chunks) == (Action.REQUEUE, (lost,))


def test_a_lost_workers_chunk_that_was_queued_again_since_is_not_queued_each_time(job):
    assert next_step(job, (), [DEAD], NOW).action is Action.REQUEUE
    assert next_step(replace(job, queued_at=NOW), (), [DEAD], NOW).action is Action.WAIT


def test_a_hold_whose_time_is_over_is_removed_first(job):
    assert next_step(job, [OVER, HELD], [FREE], NOW).action is Action.EXPIRE


@pytest.mark.parametrize("chunk", [DONE, FREE, DEAD, RESTING])
def test_a_held_job_with_nothing_at_work_is_paused(job, chunk):
    assert next_step(job, [HELD], [chunk], NOW).action is Action.PAUSE


def test_a_paused_job_that_another_hold_keeps_is_found_by_that_one(job):
    paused = replace(job, status=Status.PAUSED, waits_on="job")
    assert next_step(paused, [ELSEWHERE], [FREE], NOW).action is Action.WAIT_ON
    assert next_step(replace(paused, waits_on="system"), [ELSEWHERE], [FREE], NOW).action is Action.WAIT


def test_a_paused_job_goes_on_once_no_hold_is_left(job):
    assert next_step(replace(job, status=Status.PAUSED, waits_on="job"), [], [FREE], NOW).action is Action.RELEASE


def test_a_reviewed_stage_waits_for_approval_and_another_begins_by_itself(job):
    plan = StagePlan(complete=True)
    assert next_step(replace(job, stages=(plan, StagePlan(review=True))), (), [DONE], NOW).action is Action.REVIEW
    assert next_step(replace(job, stages=(plan, StagePlan())), (), [DONE], NOW).action is Action.NEXT_STAGE


def test_a_job_whose_units_are_all_settled_is_finished_once(job):
    assert next_step(job, (), [DONE], NOW).action is Action.FINISH
    assert next_step(replace(job, lease=Lease("m", NOW + 5)), (), [DONE], NOW).waits_for is WaitsFor.FINISHING


def test_a_job_without_units_is_finished(job):
    assert next_step(job, (), [], NOW).action is Action.FINISH


def test_a_job_that_ran_longer_than_it_was_given_is_timed_out_though_it_is_held_or_settled(job):
    late = replace(job, timeout=10.0)
    for holds, chunk in product([(), (HELD,)], [DONE, FREE, LIVE]):
        assert next_step(late, holds, [chunk], NOW).action is Action.TIME_OUT


def test_an_ended_job_is_closed_when_its_last_worker_has_stopped(job):
    over = replace(job, status=Status.CANCELLED)
    step = next_step(over, (), [LIVE], NOW)
    assert (step.action, step.waits_for, step.until) == (Action.WAIT, WaitsFor.REST, LIVE.lease_until)
    assert next_step(over, (), [FREE], NOW).action is Action.CLOSE
    assert next_step(replace(over, closed=True), (), [], NOW).waits_for is WaitsFor.NOTHING


# What it waits for, and until when ---------------------------------------------------------------------------------------


def test_a_paused_job_waits_for_the_hold_that_ends_first(job):
    paused = replace(job, status=Status.PAUSED, waits_on="job")
    assert next_step(paused, [HELD], [FREE], NOW).until is None
    ends = [replace(HELD, until=NOW + 60), replace(ELSEWHERE, until=NOW + 30)]
    assert next_step(paused, ends, [FREE], NOW).until == NOW + 30


def test_a_held_job_waits_for_whoever_is_at_it_at_the_latest_until_the_lease_lapses(job):
    step = next_step(replace(job, lease=Lease("m", NOW + 6)), [HELD], [LIVE, FREE], NOW)
    assert (step.waits_for, step.chunks, step.until) == (WaitsFor.REST, (LIVE,), NOW + 6)


def test_a_job_in_review_waits_for_a_person_whatever_holds_it(job):
    draft = replace(job, status=Status.WAITING_REVIEW)
    for holds in ((), (HELD,), (ELSEWHERE,)):
        step = next_step(draft, holds, [], NOW)
        assert (step.action, step.waits_for, step.until) == (Action.WAIT, WaitsFor.REVIEW, None)


def test_a_job_at_work_waits_for_its_workers(job):
    step = next_step(job, (), [LIVE, DONE], NOW)
    assert (step.waits_for, step.chunks, step.until) == (WaitsFor.WORKER, (LIVE,), LIVE.lease_until)


def test_a_job_whose_chunks_are_queued_waits_for_a_worker_as_long_as_a_message_may_take(job):
    step = next_step(job, (), [FREE], NOW)
    assert (step.waits_for, step.until) == (WaitsFor.QUEUE, job.queued_until)


def test_a_job_whose_units_are_all_between_two_tries_waits_for_the_first_of_them(job):
    later = replace(RESTING, number=1, first=4, todo=Ranges.span(4, 5), retries=(Retry(4, 3, NOW + 10),))
    step = next_step(job, (), [RESTING, later], NOW)
    assert (step.waits_for, step.until) == (WaitsFor.BACKOFF, NOW + 10)
    assert next_step(replace(job, queued_until=0.0), (), [RESTING, later], NOW + 10).action is Action.DISPATCH


def test_units_between_two_tries_are_queued_for_their_next_one_once_the_job_goes_on(job):
    resumed = replace(job, queued_until=0.0)
    step = next_step(resumed, (), [RESTING, replace(FREE, number=1)], NOW)
    assert (step.action, [chunk.number for chunk in step.chunks]) == (Action.DISPATCH, [1, 0])
    assert next_step(job, (), [RESTING], NOW).action is Action.WAIT
    assert next_step(replace(job, queued_until=NOW), (), [RESTING], NOW).action is Action.WAIT


# Where it stands ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "chunks", "expected"),
    [
        ({"started_at": None}, [], "pre_execution"),
        ({"stages": (StagePlan(complete=False),)}, [FREE], "stage"),
        ({}, [FREE, DONE], "unit"),
        ({}, [DONE], "pre_completion"),
        ({}, [], "pre_completion"),
        ({"stages": (StagePlan(complete=True), StagePlan())}, [DONE], "stage"),
    ],
)
def test_a_job_at_rest_stands_at_a_checkpoint(job, changes, chunks, expected):
    assert checkpoint(replace(job, **changes), chunks) == expected


@pytest.mark.parametrize("status", Status)
def test_an_execution_stands_where_the_status_says(job, status):
    open_places = {"pending": "working", "running": "working", "paused": "paused", "waiting_review": "review"}
    assert place(replace(job, status=status)) == open_places.get(status.value, status.value)
