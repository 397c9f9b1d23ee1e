"""Thousands of seeded schedules; after each, the promises hold."""

import logging
import os
from collections.abc import Iterator

import pytest
from fermata.control.results import settled
from schedule import Schedule
from simulator import CALM, Broken, Chaos

FIRST = int(os.environ.get("FERMATA_SEED", "0"))
SCHEDULES = int(os.environ.get("FERMATA_SCHEDULES", "3000"))
PER_TEST = 500


@pytest.fixture(autouse=True)
def silent() -> Iterator[None]:
    """Nobody reads what thousands of mishaps write."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("first", range(FIRST, FIRST + SCHEDULES, PER_TEST))
def test_the_promises_hold_whatever_goes_wrong(first: int) -> None:
    for seed in range(first, min(first + PER_TEST, FIRST + SCHEDULES)):
        try:
            Schedule(seed).run()
        except Exception as error:
            pytest.fail(f"seed {seed}: {error}\nreplay: FERMATA_SEED={seed} FERMATA_SCHEDULES=1 pytest {__file__}")


def test_the_same_seed_makes_the_same_schedule() -> None:
    one, two = Schedule(7), Schedule(7)
    assert one.run() == two.run()
    assert one.sim.world.events == two.sim.world.events


def test_a_schedule_without_mishaps_ends_as_well() -> None:
    for seed in range(100):
        assert Schedule(seed, CALM).run().status.final


def test_nobody_is_blamed_for_services_that_fail() -> None:
    outages = Chaos(kill=0, freeze=0, untranslated=0, shut_down=0, lose_answer=0, stale=0, outage=0.02)
    for seed in range(300):
        schedule = Schedule(seed, outages)
        job = schedule.run()
        errors = [
            result.error or ""
            for stage in range(len(job.stages))
            for result in settled(schedule.sim.engine, job, stage)
        ]
        assert "died" not in f"{job.error}{errors}", f"seed {seed}: {job.error} {errors}"


def test_the_simulation_notices_a_worker_that_ignores_the_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fermata.runner.chunk_loop.Work._check_gate", lambda self: None)
    with pytest.raises(Broken):
        for seed in range(500):
            Schedule(seed, Chaos(throttle=0, lose_answer=0, stale=0, kill=0)).run()


def test_the_simulation_notices_a_commit_without_a_fence(monkeypatch: pytest.MonkeyPatch) -> None:
    from fermata.adapters.memory import MemoryLedger

    def save(self: MemoryLedger, ref: object, chunk: object) -> None:
        self.world.chunks[ref][chunk.stage, chunk.number] = chunk  # type: ignore[index, attr-defined]

    monkeypatch.setattr(MemoryLedger, "save", save)
    with pytest.raises(Broken):
        for seed in range(500):
            Schedule(seed).run()
