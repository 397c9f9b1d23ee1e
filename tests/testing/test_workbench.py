from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fermata.domain.errors import InvalidInput
from fermata.domain.kind import Json, Kind, Planned, Planning, Policy, Stage, Unit, UnitError, UnitRetry
from fermata.testing import LoopbackServer, Workbench, examine
from fermata.toolkit.fetch import fetch
from fermata.toolkit.parameters import Parameters, parser, schema


class Numbers(Parameters):
    numbers: list[int]


def plan(job: Planning) -> Iterator[Planned]:
    for place in range(job.cursor or 0, len(job.params["numbers"])):
        yield Planned(job.params["numbers"][place], place + 1)


def double(unit: Unit) -> Json:
    if unit.value < 0:
        raise UnitError("is below zero")
    return 2 * unit.value


DOUBLE = Kind(
    "double", "Double", (Stage("double", plan, double, Policy(chunk_size=2)),), parser(Numbers), schema(Numbers)
)


def test_a_job_runs_to_its_end_in_one_line() -> None:
    job = Workbench(DOUBLE).run("double", numbers=[1, -1, 3])
    assert (job.status, job.values(), job.errors(), job.counts) == ("completed", [2, 6], ["is below zero"], (2, 1, 0))


def test_a_job_is_paused_at_a_unit_and_goes_on() -> None:
    bench = Workbench(DOUBLE)
    job = bench.start("double", numbers=[1, 2, 3, 4, 5])
    job.pause_at_unit(2)
    bench.drive()
    assert (job.status, job.values(), job.hold) == ("paused", [2, 4], "asked by a test")
    job.resume()
    assert (job.status, job.values()) == ("completed", [2, 4, 6, 8, 10])


def test_a_killed_worker_is_outlived() -> None:
    bench = Workbench(DOUBLE)
    bench.kill_after_unit(2)
    assert bench.run("double", numbers=[1, 2, 3]).values() == [2, 4, 6]


def test_a_failed_job_is_retried_and_a_started_one_cancelled() -> None:
    bench, job = Workbench(DOUBLE), None
    job = bench.run("double", numbers=[-1])
    assert (job.status, job.error) == ("failed", "all 1 units failed")
    job.retry()
    assert job.record.run == 2
    other = bench.start("double", numbers=[1])
    other.cancel()
    assert (other.status, other.values()) == ("cancelled", [])


def test_a_review_is_approved_in_part() -> None:
    def approved(job: Planning) -> Iterator[Planned]:
        for result in job.previous():
            if str(result.number) in job.params["approved"]:
                yield Planned(result.value, None)

    kind = replace(DOUBLE, stages=(*DOUBLE.stages, Stage("apply", approved, double, review=True)))
    job = Workbench(kind).run("double", numbers=[1, 2])
    assert job.status == "waiting_review"
    job.approve("1")
    assert (job.status, job.values("apply")) == ("completed", [8])


def test_waiting_moves_the_clock_and_takes_no_time() -> None:
    tries: list[int] = []

    def busy(unit: Unit) -> Json:
        tries.append(1)
        if len(tries) < 3:
            raise UnitRetry("busy", after=600.0)
        return len(tries)

    bench = Workbench(replace(DOUBLE, stages=(Stage("double", plan, busy),)))
    before = bench.clock.now()
    assert bench.run("double", numbers=[1]).values() == [3]
    assert bench.clock.now() - before >= 1_200


def test_a_unit_reaches_a_server_on_loopback() -> None:
    def fetched(unit: Unit) -> Json:
        with fetch("url", server.url("/a"), unit.settings) as copy:
            return copy.path.read_text()

    with LoopbackServer() as server:
        server.answer("/a", b"hello", Content_Type="text/plain")
        kind = replace(DOUBLE, stages=(Stage("double", plan, fetched),))
        assert Workbench(kind).run("double", numbers=[1]).values() == ["hello"]
        assert [request[:2] for request in server.requests] == [("GET", "/a")]
        from fermata.toolkit.fetch import network

        network.close()


def test_registered_kinds_and_tables_are_there_too() -> None:
    bench = Workbench()
    job = bench.run("csv_import", text="name\nAda\n", table="people")
    job.approve()
    assert [record.values for record in bench.content.records("people")] == [{"name": "Ada"}]


def test_a_bad_parameter_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput) as refusal:
        Workbench(DOUBLE).start("double", numbers=["x"])
    assert refusal.value.field == "numbers.0"


def test_a_sound_kind_passes_its_examination() -> None:
    assert [finding.problem for finding in examine(DOUBLE, {"numbers": [1, -1, 3]})] == [""] * 6


@pytest.mark.parametrize(
    ("change", "trial"),
    [
        ({"schema": lambda: {"type": "array"}}, 0),
        ({"secrets": frozenset({"key"})}, 0),
        ({"parse": dict}, 1),
        ({"stages": (Stage("double", plan, lambda unit: {1, 2}),)}, 2),
        ({"stages": (Stage("double", lambda job: iter([Planned(object(), None)]), double),)}, 2),
        ({"finish": lambda job: id(job)}, 3),
        ({"finish": lambda job: id(job)}, 4),
    ],
)
def test_a_kind_with_a_fault_fails_the_trial_for_it(change: dict[str, Any], trial: int) -> None:
    assert examine(replace(DOUBLE, **change), {"numbers": [1, 2]})[trial].problem
