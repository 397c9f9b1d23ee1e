from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace

import pytest
from fermata.control.lease import STRIKES_OUT
from fermata.control.queueing import job_message
from fermata.domain.chunks import LEASE, Counts
from fermata.domain.errors import FermataError, InvalidInput, ServiceFailed, Unavailable
from fermata.domain.kind import Planned, totals
from fermata.domain.progress import QUIET
from fermata.ports import Message
from fermata.runner.claim import ChunkOutcome
from fermata.runner.deadline import TURN, Slice, slice_of
from fermata.runner.dispatch import handle
from fermata.runner.unit_batch import SLOW
from fermata.testing import MemoryDelivery


@pytest.fixture
def planned(lab):
    """A job of five chunks, which no worker does alone, with no message under way."""
    lab.start(params={"units": 20})
    lab.plan()
    lab.world.queue.clear()
    return lab


def test_a_message_runs_the_units_of_its_chunk_and_no_others(planned):
    assert planned.deliver(chunk=1) is ChunkOutcome.DRAINED
    assert planned.ran() == [4, 5, 6, 7]
    assert planned.chunks()[1].done
    assert planned.chunks()[0].owner is None


def test_whoever_settles_the_last_unit_finishes_the_job(planned):
    for chunk in range(4):
        planned.deliver(chunk)
    assert planned.job.status == "running"
    planned.deliver(4)
    assert (planned.job.status, planned.world.queue) == ("completed", [])


def test_a_message_for_a_done_chunk_is_dropped(planned):
    planned.deliver(0, id_="one")
    assert planned.deliver(0, id_="two") is ChunkOutcome.DROPPED
    assert planned.ran() == [0, 1, 2, 3]


def test_a_message_for_a_chunk_that_another_leases_is_dropped(planned):
    stops = []
    planned.during(1, lambda: stops.append(planned.deliver(0, id_="two")))
    assert planned.deliver(0, id_="one") is ChunkOutcome.DRAINED
    assert stops == [ChunkOutcome.DROPPED]
    assert planned.ran() == [0, 1, 2, 3]


def test_the_same_message_again_waits_for_its_dead_workers_lease(planned):
    planned.seconds = SLOW
    planned.kill(1)
    planned.until_killed(lambda: planned.deliver(0, id_="one"))
    assert planned.deliver(0, id_="one") is ChunkOutcome.BUSY
    planned.clock.sleep(LEASE)
    assert planned.deliver(0, id_="one") is ChunkOutcome.DRAINED
    assert planned.ran() == [0, 1, 1, 2, 3]


def test_a_message_for_a_job_that_there_is_not_is_dropped(planned):
    message = Message("chunk", "acme", "jobs:none")
    slice = slice_of(planned.engine, 60.0)
    assert handle(planned.engine, message, MemoryDelivery("m"), planned.slots, slice) is ChunkOutcome.DROPPED


def test_a_message_for_a_chunk_that_there_is_not_is_dropped(planned):
    assert planned.deliver(chunk=99) is ChunkOutcome.DROPPED


def test_a_message_for_a_held_job_starts_nothing_and_brings_the_job_to_rest(planned):
    planned.hold()
    assert planned.deliver(0) is ChunkOutcome.HELD
    assert (planned.ran(), planned.job.status) == ([], "paused")


def test_a_message_for_an_ended_job_starts_nothing(planned):
    planned.cancel()
    assert planned.deliver(0) is ChunkOutcome.CANCELLED
    assert planned.ran() == []


def test_a_claim_that_somebody_else_beat_is_dropped(planned, monkeypatch):
    save = planned.engine.ledger.save

    def beaten(ref, chunk):
        monkeypatch.setattr(planned.engine.ledger, "save", save)
        save(ref, planned.chunks()[0].claim("quicker", planned.clock.now()))
        save(ref, chunk)

    monkeypatch.setattr(planned.engine.ledger, "save", beaten)
    assert planned.deliver(0) is ChunkOutcome.DROPPED
    assert planned.ran() == []


def test_a_slice_that_is_over_gives_the_lease_back_and_queues_the_rest(planned):
    assert planned.deliver(0, seconds=2.5) is ChunkOutcome.YIELDED
    assert planned.ran() == [0, 1, 2]
    assert not planned.chunks()[0].live(planned.clock.now())
    assert [(message.chunk, message.stage) for message in planned.world.queue] == [(0, 0)]
    planned.deliver(0)
    assert planned.ran() == [0, 1, 2, 3]


def test_a_job_that_was_resumed_while_its_worker_let_go_is_queued_again(planned, monkeypatch):
    planned.during(1, planned.pause)
    save = planned.engine.ledger.save

    def resumed_before(ref, chunk):
        if chunk.owner is None and planned.job.holds:
            planned.resume()
            planned.world.queue.clear()
        save(ref, chunk)

    monkeypatch.setattr(planned.engine.ledger, "save", resumed_before)
    assert planned.deliver(0) is ChunkOutcome.HELD
    assert [message.chunk for message in planned.world.queue] == [0]
    planned.run()
    assert planned.ran() == [0, 1, 2, 3]


@pytest.fixture
def lanes(lab):
    """A job of five chunks in two lanes, with no message under way."""
    lab.start(limit=2, params={"units": 20})
    lab.plan()
    lab.world.queue.clear()
    return lab


def test_whoever_drains_a_chunk_goes_on_with_the_next_of_its_lane(lanes):
    assert lanes.deliver(0) is ChunkOutcome.DRAINED
    assert lanes.ran() == [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19]
    assert lanes.world.queue == []


def test_a_slice_that_ends_with_a_chunk_queues_the_next_of_its_lane(lanes):
    lanes.deliver(0, seconds=4.0)
    assert [message.chunk for message in lanes.world.queue] == [2]
    lanes.deliver(1, seconds=4.0)
    assert [message.chunk for message in lanes.world.queue] == [2, 3]


def test_a_lane_skips_what_is_done(lanes):
    lanes.deliver(2, seconds=4.0)
    lanes.units.clear()
    lanes.deliver(0)
    assert lanes.ran() == [0, 1, 2, 3, 16, 17, 18, 19]


def test_the_job_counts_what_each_chunk_counts(planned):
    planned.fail(1, 6)
    planned.deliver(0)
    assert planned.counts == Counts(20, 3, 1)
    planned.deliver(1)
    assert planned.counts == Counts(20, 6, 2)


# Small jobs --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["one", "two"])
def test_a_small_job_is_planned_run_and_finished_by_one_worker(lab, kind):
    lab.seconds = 0.0
    lab.start(kind=kind)
    (message,) = lab.world.queue
    lab.run()
    assert lab.job.status == "completed"
    assert [ended[0] for ended in lab.driver.stops if ended[1] is not ChunkOutcome.CANCELLED] == [message]


def test_a_worker_with_quick_work_behind_it_leaves_a_larger_jobs_units_to_others(lab):
    lab.start(params={"units": 20})
    lab.driver.step()
    lab.driver.step()
    assert (lab.ran(), [(sent.task, sent.express) for sent in lab.world.queue]) == ([], [("job", False)])


def test_a_worker_that_has_named_a_larger_jobs_units_runs_the_first_of_them(lab):
    lab.start(params={"units": 20})
    message = replace(lab.world.queue.pop(), express=False)
    handle(lab.engine, message, MemoryDelivery("m"), lab.slots, slice_of(lab.engine, 4.0))
    assert (lab.ran(), sorted(message.chunk for message in lab.world.queue)) == ([0, 1, 2, 3], [1, 2, 3, 4])


def test_a_job_message_that_comes_again_queues_what_may_have_been_lost(planned):
    message = job_message(planned.job)
    handle(planned.engine, message, MemoryDelivery("m", again=True), planned.slots, slice_of(planned.engine, 0.0))
    assert sorted(message.chunk for message in planned.world.queue) == [0, 1, 2, 3, 4]


# Unknown kinds -----------------------------------------------------------------------------------------------------------

UNKNOWN = "no worker knows the kind 'one'; they know: lines, reviewed, two"


def test_a_job_whose_kind_no_worker_knows_fails_at_once_with_that_sentence(lab, monkeypatch):
    lab.start()
    monkeypatch.delitem(lab.engine.kinds, "one")
    began = lab.clock.now()
    lab.run()
    assert (lab.job.status, lab.job.error, lab.job.closed, lab.clock.now()) == ("failed", UNKNOWN, True, began)


@pytest.mark.parametrize("stage", ["queued", "paused", "settled"])
def test_a_job_whose_kind_is_gone_after_it_began_fails_with_that_sentence(lab, monkeypatch, stage):
    lab.start(params={"units": 20})
    if stage == "settled":
        lab.during(19, lab.pause)
        lab.run()
    else:
        lab.plan()
    if stage == "paused":
        lab.pause()
    monkeypatch.delitem(lab.engine.kinds, "one")
    if lab.job.status == "paused":
        lab.resume()
    lab.run()
    assert (lab.job.status, lab.job.error, lab.job.closed) == ("failed", UNKNOWN, True)


# What it costs -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def ledger_reads(monkeypatch):
    """Counts how often a lab's whole ledger of a stage is read from here on."""

    def count(lab):
        reads, chunks = [], lab.engine.ledger.chunks

        def counted(ref, stage=None):
            reads.append(stage)
            return chunks(ref, stage)

        monkeypatch.setattr(lab.engine.ledger, "chunks", counted)
        return reads

    return count


def test_a_finished_chunk_reads_the_ledger_once_to_see_whether_it_was_the_last(planned, ledger_reads):
    reads = ledger_reads(planned)
    planned.deliver(0)
    assert len(reads) == 1


def test_a_finished_chunk_that_cannot_be_the_last_reads_no_ledger(lanes, ledger_reads):
    reads = ledger_reads(lanes)
    lanes.deliver(0, seconds=4.0)
    assert (lanes.chunks()[0].done, len(reads) - 1) == (True, 0)


def test_a_slice_that_ends_within_a_chunk_reads_no_ledger(planned, ledger_reads):
    reads = ledger_reads(planned)
    planned.deliver(0, seconds=1.5)
    assert reads == []


class Counted:
    """A port that notes what is asked of it."""

    def __init__(self, port, name, asked):
        self.port, self.name, self.asked = port, name, asked

    def __getattr__(self, method):
        def call(*args, **kwargs):
            self.asked.append(f"{self.name}.{method}")
            return getattr(self.port, method)(*args, **kwargs)

        return call


@pytest.fixture
def asked(lab, monkeypatch):
    """What the lab's engine asks of its ports; the kind has no finisher of its own."""
    found, lab.seconds = [], 0.0
    ports = ("store", "ledger", "queue", "workflow", "parking", "blobs")
    kinds = {"one": replace(lab.engine.kinds["one"], finish=totals)}
    counted = {name: Counted(getattr(lab.engine, name), name, found) for name in ports}
    lab.engine = lab.driver.engine = replace(lab.engine, kinds=kinds, **counted)
    return found


def test_a_job_of_one_unit_takes_six_requests_of_its_worker_and_three_more_to_be_closed(lab, asked):
    lab.start(params={"units": 1})
    lab.driver.step()
    asked.clear()
    lab.driver.step()
    assert asked == [
        "store.gate",
        "store.write",  # begins, and takes the planner's lease
        "blobs.put",
        "store.write",  # is planned, its chunk claimed
        "ledger.save",
        "store.write",  # is completed
        "parking.find",
        "workflow.move",
        "store.write",  # is closed
    ]
    assert (lab.job.status, lab.job.closed) == ("completed", True)


def test_an_execution_that_comes_to_where_its_job_stands_costs_a_read_and_a_write(lab, asked):
    lab.start(params={"units": 1})
    asked.clear()
    lab.driver.step()
    assert asked == ["workflow.running", "parking.park", "store.gate"]


def test_an_execution_that_arrives_while_units_are_named_does_not_make_the_planner_begin_anew(lab, asked):
    lab.planner = lambda planning: lab.driver.step() and [Planned(1, None)]
    lab.start(params={"units": 1})
    lab.driver._deliver(lab.world.queue.pop(0))
    assert [call for call in asked if call in ("store.gate", "store.job")] == [
        "store.gate"
    ] * 2  # one of them the execution's
    assert (lab.job.status, lab.ran(), lab.job.closed) == ("completed", [0], True)


def test_a_planner_that_dies_before_it_has_sent_its_chunks_has_them_sent_by_its_message(make_lab, monkeypatch):
    lab = make_lab()
    lab.start(params={"units": 12})
    monkeypatch.setattr(lab.engine.queue, "send", lambda *sent: lab.die())
    message = next(message for message in lab.world.queue if message.task == "job")
    slice = slice_of(lab.engine, 600.0, express=True)
    lab.until_killed(lambda: handle(lab.engine, message, MemoryDelivery("one"), lab.slots, slice))
    monkeypatch.undo()
    lab.world.queue.clear()
    lab.clock.sleep(LEASE + 1)
    handle(lab.engine, message, MemoryDelivery("one", again=True), lab.slots, slice_of(lab.engine, 600.0, express=True))
    lab.run()
    assert (lab.job.status, sorted(lab.ran())) == ("completed", list(range(12)))


def test_a_large_job_is_named_to_its_end_in_the_queue_of_long_work(lab):
    lab.start(params={"units": 1_000})
    message = lab.world.queue.pop(0)
    lab.driver._deliver(message)
    assert (message.express, lab.job.plan.chunks, lab.job.plan.complete, lab.job.lease) == (True, 5, False, None)
    assert [(sent.task, sent.express) for sent in lab.world.queue] == [("job", False)]
    lab.run()
    assert (lab.job.status, len(lab.ran())) == ("completed", 1_000)


@pytest.mark.parametrize(("others", "named"), [(1, 8), (0, 12)])
def test_a_planner_makes_room_once_its_turn_is_over_if_others_wait(lab, monkeypatch, others, named):
    def slowly(planning):
        for number in range(planning.cursor or 0, 12):
            lab.clock.sleep(0.5)
            yield Planned(number, number + 1)

    lab.planner = slowly
    lab.start(params={"units": 12})
    message = replace(lab.world.queue.pop(), express=False)
    monkeypatch.setattr(lab.engine.queue, "backlog", lambda worker: others)
    slice = Slice(float("inf"), began=lab.clock.now() + 3.0 - TURN)
    handle(lab.engine, message, MemoryDelivery("m"), lab.slots, slice)
    assert (lab.job.plan.units, lab.job.plan.complete) == (named, named == 12)


# Services that fail ------------------------------------------------------------------------------------------------------

LONG = "".join(hashlib.sha512(bytes([n])).hexdigest() for n in range(20))
"""A result that is too long for the chunk itself, and has a segment of its own."""

OUTAGES = (Unavailable("SlowDown"), ServiceFailed("AccessDenied: the key is disabled"))


@pytest.fixture
def outage(lab, monkeypatch):
    """A call of a port that fails for so long, and what a worker then makes of the message that comes again and again."""

    def make(error, port, call, message, seconds=300.0):
        works, end = getattr(getattr(lab.engine, port), call), lab.clock.now() + seconds

        def fails(*asked, **more):
            if lab.clock.now() < end:
                raise error
            return works(*asked, **more)

        monkeypatch.setattr(getattr(lab.engine, port), call, fails)
        while lab.clock.now() < end:
            with suppress(FermataError):
                handle(lab.engine, message, MemoryDelivery("m", True), lab.slots, slice_of(lab.engine, 600.0))
            lab.clock.sleep(LEASE + 1)
        lab.recover(after=QUIET)
        lab.run()

    return make


@pytest.mark.parametrize("error", OUTAGES)
def test_a_job_whose_units_cannot_be_stored_for_minutes_is_named_afterwards(lab, outage, error):
    lab.start()
    outage(error, "blobs", "put", lab.world.queue.pop())
    assert (lab.job.status, lab.job.counts) == ("completed", Counts(8, 8, 0))


@pytest.mark.parametrize("error", OUTAGES)
@pytest.mark.parametrize(("port", "call"), [("ledger", "keep"), ("blobs", "get"), ("store", "gate")])
def test_units_are_not_blamed_for_services_that_fail_for_minutes(lab, outage, error, port, call):
    for number in range(8):
        lab.on(number, lambda unit: LONG)
    lab.start()
    lab.plan()
    outage(error, port, call, lab.world.queue.pop())
    assert (lab.job.status, lab.job.counts) == ("completed", Counts(8, 8, 0))


def test_a_planner_that_kills_its_worker_again_and_again_fails_its_job(lab):
    lab.planner = lambda planning: lab.die()
    lab.start()
    while not lab.job.status.final and lab.deaths < 100:
        lab.run()
        lab.recover(after=3600)
    assert lab.job.error == f"its worker died {STRIKES_OUT} times while naming its units"
    assert lab.job.closed


def test_a_planner_that_names_what_no_item_can_hold_fails_its_job_with_the_reason(lab, monkeypatch):
    def too_large(*changes):
        raise InvalidInput("job", "a record takes more than the 400 KB that it may")

    lab.start()
    monkeypatch.setattr("fermata.control.planning.update", lambda *asked, **more: too_large())
    lab.run()
    assert (lab.job.status, lab.job.error) == ("failed", "job: a record takes more than the 400 KB that it may")
