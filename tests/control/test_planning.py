from __future__ import annotations

import pytest
from fermata.control.engine import Limits
from fermata.control.planning import PAGE_CHUNKS
from fermata.control.results import units
from fermata.domain.chunks import LEASE
from fermata.domain.errors import NotFound
from fermata.domain.kind import Interrupted, JobError, Line, Planned
from fermata.domain.progress import QUIET
from fermata.ports import AddChunks
from fermata.runner.deadline import Slice
from fermata.runner.dispatch import handle
from fermata.testing import MemoryDelivery

OVER = Slice(until=0.0, began=0.0)


@pytest.fixture
def plan_in_slices(lab):
    """Plans a stage of the job in slices that are over after one chunk; how many there were."""

    def plan(stage=0):
        slices = 0
        while lab.job.stage < stage or not lab.job.stages[stage].complete:
            message = next(message for message in lab.world.queue if message.task == "job")
            lab.world.queue.remove(message)
            handle(lab.engine, message, MemoryDelivery(f"planner-{slices}"), lab.slots, OVER)
            slices += 1
        return slices

    return plan


@pytest.fixture
def first_stage_done(lab):
    """Runs the first of two stages; the second is about to be planned."""

    def run(units):
        lab.start(kind="two", params={"units": units})
        lab.during(units - 1, lab.pause)
        lab.run()
        lab.resume()
        assert (lab.job.stage, lab.job.plan.units) == (1, 0)

    return run


def ledger_is_whole(lab, stage, total):
    """Whether the chunks cover all units, each once, in order."""
    chunks = lab.chunks(stage)
    firsts = [sum(chunk.size for chunk in chunks[:number]) for number in range(len(chunks))]
    return [chunk.first for chunk in chunks] == firsts and sum(chunk.size for chunk in chunks) == total


def test_units_become_chunks_that_cover_them_in_order(lab):
    lab.start(params={"units": 10})
    lab.plan()
    assert [(chunk.first, chunk.size, list(chunk.todo)) for chunk in lab.chunks()] == [
        (0, 4, [0, 1, 2, 3]),
        (4, 4, [4, 5, 6, 7]),
        (8, 2, [8, 9]),
    ]
    assert (lab.job.plan.units, lab.job.plan.chunks, lab.job.plan.complete) == (10, 3, True)


def test_a_large_stage_is_stored_in_pages_none_of_which_is_too_large_for_a_transaction(lab, monkeypatch):
    write, pages = lab.engine.store.write, []

    def watch(*changes):
        pages.extend(len(change.chunks) for change in changes if hasattr(change, "chunks"))
        write(*changes)

    monkeypatch.setattr(lab.engine.store, "write", watch)
    lab.start(params={"units": 1000})
    lab.plan()
    assert max(pages) == PAGE_CHUNKS
    assert len(pages) == 4
    assert ledger_is_whole(lab, 0, 1000)


def test_chunks_grow_as_the_stage_does(lab):
    lab.start(params={"units": 1000})
    lab.plan()
    sizes = [chunk.size for chunk in lab.chunks()]
    assert sizes[:129] == [4] * 64 + [8] * 64 + [16]


def test_a_page_ends_before_it_holds_too_many_bytes(lab, monkeypatch):
    monkeypatch.setattr("fermata.control.planning.PAGE_BYTES", 1000)
    lab.planner = lambda planning: (Planned("x" * 100, number) for number in range(planning.cursor or 0, 60))
    lab.start()
    lab.plan()
    files = [blob for name, blob in lab.world.blobs.items() if "units/" in name]
    assert len(files) > 1
    assert max(map(len, files)) < 1600
    assert ledger_is_whole(lab, 0, 60)


def test_planning_goes_on_in_the_next_slice_without_loss_or_repeat(lab, plan_in_slices):
    lab.start(params={"units": 30})
    assert plan_in_slices() > 5
    assert ledger_is_whole(lab, 0, 30)
    lab.run()
    assert list(units(lab.engine, lab.job, 0)) == list(range(30))
    assert lab.job.status == "completed"


def test_a_stage_planned_from_results_goes_on_in_the_next_slice_without_loss_or_repeat(
    lab, first_stage_done, plan_in_slices
):
    first_stage_done(30)
    assert plan_in_slices(stage=1) > 5
    lab.run()
    assert list(units(lab.engine, lab.job, 1)) == [number * 10 for number in range(30)]


def test_results_that_name_several_units_are_not_split_wrongly_between_slices(lab, first_stage_done, plan_in_slices):
    lab.follower = lambda job: (Planned(row.value + n, None) for row in job.previous() for n in (0, 1, 2))
    first_stage_done(7)
    assert plan_in_slices(stage=1) > 3
    assert list(units(lab.engine, lab.job, 1)) == [number * 10 + n for number in range(7) for n in (0, 1, 2)]


def test_a_planner_that_was_killed_goes_on_from_what_was_stored(lab):
    lab.seconds = 0.0
    deaths = [None]

    def planner(planning):
        for number in range(planning.cursor or 0, 400):
            if number == 300 and deaths:
                deaths.pop()
                lab.die()
            yield Planned(number, number + 1)

    lab.planner = planner
    lab.start()
    lab.run()
    assert 0 < lab.job.plan.units < 300
    lab.recover(after=QUIET)
    lab.run()
    assert (lab.job.status, sorted(lab.ran())) == ("completed", list(range(400)))


def test_two_planners_at_once_name_every_unit_once(lab, monkeypatch):
    lab.start(params={"units": 400})
    message, write = lab.world.queue[0], lab.engine.store.write

    def beaten(*changes):
        if any(isinstance(change, AddChunks) for change in changes):
            monkeypatch.setattr(lab.engine.store, "write", write)
            lab.clock.sleep(LEASE + 1)
            handle(lab.engine, message, MemoryDelivery("another"), lab.slots, OVER)
        write(*changes)

    monkeypatch.setattr(lab.engine.store, "write", beaten)
    lab.run()
    assert ledger_is_whole(lab, 0, 400)
    assert lab.job.plan.units == 400


def test_a_hold_while_a_job_plans_stops_it_and_what_was_planned_stays(lab):
    def planner(planning):
        for number in range(planning.cursor or 0, 400):
            if number == 300 and lab.job.pause is None:
                lab.pause()
            yield Planned(number, number + 1)

    lab.planner, lab.seconds = planner, 0.0
    lab.start()
    lab.run()
    assert (lab.job.status, lab.job.checkpoint, lab.ran()) == ("paused", "stage", [])
    lab.resume()
    lab.run()
    assert (lab.job.status, sorted(lab.ran())) == ("completed", list(range(400)))


def test_lines_of_one_file_are_not_written_again(lab):
    lines = b"".join(b'{"row": %d}\n' % number for number in range(9))
    lab.start(kind="lines", files={"lines.jsonl": lines})
    lab.run()
    assert [unit.value for unit in lab.units] == [{"row": number} for number in range(9)]
    assert {chunk.file for chunk in lab.chunks()} == {"lines.jsonl"}
    assert len(lab.world.blobs) == 1


def test_lines_with_others_between_them_are_gathered_in_a_file_of_the_jobs_own(lab):
    lab.start(kind="lines", files={"lines.jsonl": b"1\n\n\n\n2\n3\n4\n5"})
    lab.run()
    assert [unit.value for unit in lab.units] == [1, 2, 3, 4, 5]
    assert [chunk.file == "lines.jsonl" for chunk in lab.chunks()] == [False, True]


def test_units_of_any_script_come_to_their_function_as_they_were_named(lab):
    named = ["ä\u2028b", "line\nbreak", "日本", {"a": None}, "\x85"]
    lab.planner = lambda planning: (Planned(value, None) for value in named)
    lab.start()
    for number in range(len(named)):
        lab.on(number, lambda unit: unit.value)
    lab.run()
    assert list(lab.results().values()) == named


def test_a_planner_may_read_the_units_that_are_named_already(lab, plan_in_slices):
    seen = []

    def planner(planning):
        seen.append(list(planning.units("first")))
        for number in range(planning.cursor or 0, 12):
            yield Planned(number, number + 1)

    lab.planner = planner
    lab.start()
    plan_in_slices()
    assert seen[0] == []
    assert seen[1] == [0, 1, 2, 3]
    assert seen[2] == list(range(8))


def test_more_units_than_the_limit_fail_the_job_with_the_reason(make_lab):
    lab = make_lab(limits=Limits(units_per_job=10))
    lab.start(params={"units": 11})
    lab.run()
    assert (lab.job.status, lab.job.error) == ("failed", "the job has more units than the limit of 10")
    assert lab.ran() == []


def test_the_limit_counts_the_units_of_all_stages(make_lab):
    lab = make_lab(limits=Limits(units_per_job=10))
    lab.start(kind="two", params={"units": 6})
    lab.run()
    assert (lab.job.status, len(lab.ran()), lab.ran(stage=1)) == ("failed", 6, [])


def test_a_job_whose_units_cannot_be_named_fails_with_the_reason(lab):
    def planner(planning):
        raise JobError("the list is empty")
        yield

    lab.planner = planner
    lab.start()
    lab.run()
    assert (lab.job.status, lab.job.error) == ("failed", "the list is empty")
    assert lab.events() == ["created", "started", "failed"]
    assert not lab.engine.workflow.running(lab.ref, 1)


@pytest.mark.parametrize(
    ("named", "told"),
    [
        (None, "the planner failed: TypeError: 'NoneType' object is not iterable"),
        ([1, 2], "the planner named a int instead of a Planned"),
        ([Planned({1, 2}, None)], "the planner named a unit that is not JSON"),
        ([Planned(1, float("nan"))], "the planner named a cursor that is not JSON"),
        ([Planned(Line("none.jsonl", 0, 3), 1), Planned(2, 2)], "the planner failed: blob not found"),
        ([Planned(Line("none.jsonl", 0, 3), 1)], "units 0 to 0 can't be read: blob not found"),
    ],
)
def test_a_planner_that_names_what_is_no_unit_fails_its_job_with_a_sentence(lab, named, told):
    lab.planner = lambda planning: named
    lab.start()
    lab.run()
    assert (lab.job.status, lab.job.closed) == ("failed", True)
    assert lab.job.error.startswith(told)


@pytest.mark.parametrize("error", [ValueError("odd"), NotFound("source", "s1"), SystemExit("odd"), Interrupted("odd")])
def test_whatever_a_planner_raises_fails_its_job_with_a_sentence(lab, error):
    def planner(planning):
        raise error

    lab.planner = planner
    lab.start()
    lab.run()
    assert (lab.job.status, lab.job.closed, lab.ran()) == ("failed", True, [])
    assert lab.job.error.startswith("the planner failed: ")
    assert str(error) in lab.job.error


def test_a_planner_may_name_its_units_in_a_list(lab):
    lab.planner = lambda planning: [Planned(number, None) for number in range(3)]
    lab.start()
    lab.run()
    assert (lab.job.status, lab.results()) == ("completed", {0: 0, 1: 10, 2: 20})


def test_lines_that_hold_fewer_units_than_were_named_fail_the_job(lab):
    def planner(planning):
        planning.files.put("two.jsonl", b"1\n2\n")
        return [
            Planned(Line("two.jsonl", 0, 1), 1),
            Planned(Line("two.jsonl", 2, 3), 2),
            Planned(Line("two.jsonl", 4, 4), 3),
        ]

    lab.planner = planner
    lab.start()
    lab.run()
    assert (lab.job.status, lab.job.error) == ("failed", "two.jsonl holds 2 units where 3 were named")
