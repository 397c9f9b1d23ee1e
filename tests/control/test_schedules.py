from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fermata.control import schedules
from fermata.control.engine import Limits
from fermata.control.termination import cancel
from fermata.domain.access import ApiKey
from fermata.domain.errors import InvalidInput, LimitExceeded, NotFound, WrongStatus
from fermata.domain.events import Actor, Mutation
from fermata.domain.holds import Hold
from fermata.domain.jobs import Ref
from fermata.domain.schedules import CatchUp, Overlap, Schedule, Work, schedule_scope
from fermata.domain.transitions import Status
from fermata.ports import SaveSchedule

ID = "sch-00"
HOUR = 3600.0
START = datetime(2026, 4, 13, 0, 30, tzinfo=UTC).timestamp()


@pytest.fixture
def lab(make_lab):
    lab = make_lab()
    lab.clock.time = START
    return lab


def act(lab, action="create", target=ID):
    return Mutation(Actor("acme", "ann", frozenset({"control"})), f"schedules.{action}", target, lab.clock.now())


@pytest.fixture
def create(lab):
    def create(id_=ID, expression="cron(0 * * * ? *)", kind="one", params=None, secrets=None, **fields):
        now = lab.clock.now()
        made = Schedule(
            tenant="acme",
            id=id_,
            name="hourly",
            user="ann",
            scopes=frozenset({"control"}),
            expression=expression,
            work=Work(kind, params or {"units": 1}),
            created_at=now,
            decided=now,
            **fields,
        )
        return schedules.create(lab.engine, act(lab), made, secrets)

    return create


def history(lab, id_=ID):
    """What became of the times, the oldest first."""
    lines = reversed(lab.engine.schedules.firings("acme", id_, limit=100_000))
    return [(datetime.fromtimestamp(line.due, UTC).strftime("%d %H"), line.outcome.value, line.count) for line in lines]


def settle(lab, after=0.0):
    lab.clock.sleep(after)
    return schedules.settle(lab.engine, "acme", ID)


def jobs(lab):
    return sorted(ref.id for ref in lab.world.jobs)


def test_a_time_starts_one_job_however_often_it_is_triggered(lab, create):
    create()
    settle(lab, 1800)
    for _ in range(3):
        settle(lab)
    assert jobs(lab) == [f"jobs:{ID}-20260413T010000"]
    assert history(lab) == [("13 01", "started", 1)]
    lab.run()
    (job,) = lab.world.jobs.values()
    assert (job.status, job.user, dict(job.labels)) == (Status.COMPLETED, "ann", {"schedule": ID})


def test_two_triggers_at_once_start_one_job(lab, create, meanwhile):
    create()
    lab.clock.sleep(1800)
    meanwhile(lambda: schedules.settle(lab.engine, "acme", ID))
    settle(lab)
    assert len(jobs(lab)) == 1
    assert history(lab) == [("13 01", "started", 1)]


def test_a_trigger_that_comes_too_early_starts_nothing(lab, create):
    create()
    settle(lab, 1799)
    assert (jobs(lab), history(lab)) == ([], [])


def test_recovery_starts_what_no_trigger_came_for(lab, create):
    create()
    lab.recover(after=1800)
    assert jobs(lab) == []
    lab.recover(after=121)
    assert len(jobs(lab)) == 1


def test_a_job_of_the_clock_is_run_as_its_schedule_says(lab, create):
    terms = {
        "workspace": "w",
        "limit": 2,
        "timeout": 60.0,
        "max_failed_share": 0.5,
        "rate": 60.0,
        "rate_key": "k",
        "priority": 9,
    }
    made = create()
    asked = replace(made, work=Work("one", {"units": 1}, **terms), rev=made.rev + 1)
    lab.engine.store.write(SaveSchedule(asked))
    settle(lab, 1800)
    (job,) = lab.world.jobs.values()
    assert {name: getattr(job, name) for name in terms} == terms


def test_every_job_of_the_clock_leaves_one_audit_record(lab, create):
    create()
    settle(lab, 1800)
    assert lab.audit() == ["schedules.create", "schedules.fire"]


@pytest.mark.parametrize(
    ("overlap", "outcomes", "statuses"),
    [
        (Overlap.SKIP, ["started", "skipped", "skipped"], ["paused"]),
        (Overlap.QUEUE, ["started", "started", "skipped"], ["paused", "paused"]),
        (Overlap.ALLOW, ["started", "started", "started"], ["paused", "completed", "completed"]),
        (Overlap.CANCEL, ["started", "started", "started"], ["cancelled", "completed", "completed"]),
    ],
)
def test_a_time_whose_predecessor_is_open_does_as_its_overlap_says(lab, create, overlap, outcomes, statuses):
    create(overlap=overlap)
    settle(lab, 1800)
    lab.ref = Ref("acme", jobs(lab)[0])
    lab.pause()
    for _ in range(2):
        settle(lab, HOUR)
        lab.run()
    assert [outcome for _, outcome, _ in history(lab)] == outcomes
    assert [lab.world.jobs[Ref("acme", name)].status.value for name in jobs(lab)] == statuses


def test_what_is_queued_starts_once_the_one_before_has_ended(lab, create):
    create(overlap=Overlap.QUEUE)
    settle(lab, 1800)
    lab.ref = Ref("acme", jobs(lab)[0])
    lab.pause()
    settle(lab, HOUR)
    lab.cancel()
    lab.run()
    assert lab.world.jobs[Ref("acme", jobs(lab)[1])].status is Status.COMPLETED


def test_who_dies_between_a_job_and_its_history_leaves_neither_or_both(lab, create, monkeypatch):
    create()
    write = lab.engine.store.write
    monkeypatch.setattr(lab.engine.store, "write", lambda *changes: lab.die())
    lab.until_killed(lambda: settle(lab, 1800))
    monkeypatch.setattr(lab.engine.store, "write", write)
    assert (jobs(lab), history(lab)) == ([], [])
    settle(lab)
    assert (len(jobs(lab)), len(history(lab))) == (1, 1)


def test_a_pause_skips_its_times_and_says_so(lab, create):
    create(catch_up=CatchUp.ALL)
    hold = Hold(schedule_scope(ID), "ann", "moving", lab.clock.now())
    schedules.pause(lab.engine, act(lab, "pause"), "acme", ID, hold)
    settle(lab, 3 * HOUR)
    schedules.resume(lab.engine, act(lab, "resume"), "acme", ID)
    settle(lab, HOUR)
    assert history(lab) == [("13 01", "skipped", 3), ("13 04", "started", 1)]
    assert lab.engine.schedules.firings("acme", ID)[1].reason == "paused by ann: moving"
    with pytest.raises(WrongStatus):
        schedules.resume(lab.engine, act(lab, "resume"), "acme", ID)


def test_a_pause_ends_by_itself(lab, create):
    create()
    hold = Hold(schedule_scope(ID), "ann", None, lab.clock.now(), lab.clock.now() + 2 * HOUR)
    schedules.pause(lab.engine, act(lab, "pause"), "acme", ID, hold)
    lab.recover(after=2 * HOUR + 1)
    assert lab.engine.schedules.find("acme", ID).hold is None
    settle(lab, HOUR / 2)
    assert history(lab) == [("13 01", "skipped", 2), ("13 03", "started", 1)]


def test_a_job_that_can_not_be_created_is_told_and_the_schedule_goes_on(lab, create):
    create()
    lab.engine.kinds["gone"] = lab.engine.kinds.pop("one")
    settle(lab, 1800)
    lab.engine.kinds["one"] = lab.engine.kinds["gone"]
    settle(lab, HOUR)
    assert history(lab) == [("13 01", "failed", 1), ("13 02", "started", 1)]
    (event,) = lab.engine.log.system_events("acme", None, 10)
    assert event.about == f"schedule:{ID}"
    assert event.reason.startswith("kind: there is no kind 'one'")


@pytest.mark.parametrize("change", [{"revoked_at": 1.0}, {"expires_at": START + 60}, {"scopes": frozenset({"read"})}])
def test_a_key_that_is_no_longer_good_starts_nothing(lab, create, change):
    fields = {
        "id": "key_1",
        "tenant": "acme",
        "user": "ann",
        "scopes": frozenset({"control"}),
        "digest": "d",
        "created_at": 0.0,
    }
    lab.engine.keys.add(ApiKey(**(fields | change)))
    create(key="key_1")
    settle(lab, 1800)
    assert [outcome for _, outcome, _ in history(lab)] == ["failed"]
    assert "may not start jobs any more" in lab.engine.schedules.firings("acme", ID)[0].reason


@pytest.mark.parametrize("lost", ["right", "kind"])
def test_nothing_is_cancelled_to_make_room_for_what_can_not_start(lab, create, lost):
    lab.engine.keys.add(ApiKey("key_1", "acme", "ann", frozenset({"control"}), "d", 0.0))
    create(key="key_1", overlap=Overlap.CANCEL)
    settle(lab, 1800)
    if lost == "right":
        lab.engine.keys.revoke("acme", "key_1", lab.clock.now())
    else:
        lab.engine = replace(lab.engine, kinds={})
    settle(lab, HOUR)
    assert [outcome for _, outcome, _ in history(lab)] == ["started", "failed"]
    assert [job.status.final for job in lab.world.jobs.values()] == [False]


def test_a_key_that_is_good_starts_jobs_as_its_user(lab, create):
    lab.engine.keys.add(ApiKey("key_1", "acme", "bot", frozenset({"control"}), "d", 0.0))
    create(key="key_1")
    settle(lab, 1800)
    assert [job.user for job in lab.world.jobs.values()] == ["bot"]


def test_a_tenant_has_a_bounded_number(make_lab, lab, create):
    lab.engine = type(lab.engine)(**{**vars(lab.engine), "limits": Limits(schedules=1)})
    create()
    with pytest.raises(LimitExceeded, match="schedules is 1"):
        create("sch-01")


def test_a_deleted_one_starts_nothing_and_is_gone(lab, create):
    create()
    schedules.delete(lab.engine, act(lab, "delete"), "acme", ID)
    with pytest.raises(NotFound):
        settle(lab, HOUR)
    assert (jobs(lab), lab.engine.schedules.all("acme"), lab.world.timers) == ([], [], set())
    assert list(lab.engine.store.due(lab.clock.now())) == []


def test_run_starts_a_job_now_and_once_for_a_name(lab, create):
    create()
    first = schedules.run(lab.engine, act(lab, "run"), "acme", ID, "k")
    again = schedules.run(lab.engine, act(lab, "run"), "acme", ID, "k")
    assert (first[0].id, first[1], again[1]) == (f"jobs:{ID}-k", False, True)


def test_a_span_is_filled_but_for_what_was_started_one_after_another(lab, create):
    create()
    settle(lab, 1800)
    lab.run()
    lab.clock.sleep(3 * HOUR)
    settle(lab)
    tried = schedules.backfill(lab.engine, act(lab), "acme", ID, START, lab.clock.now(), dry_run=True)
    assert len(lab.world.jobs) == 2
    done = schedules.backfill(lab.engine, act(lab), "acme", ID, START, lab.clock.now(), dry_run=False)
    assert tried == done
    assert [one.job is not None for one in done] == [False, True, True, False]
    lab.run()
    assert {job.status for job in lab.world.jobs.values()} == {Status.COMPLETED}
    assert [outcome for _, outcome, _ in history(lab)] == ["started"] * 4
    again = schedules.backfill(lab.engine, act(lab), "acme", ID, START, lab.clock.now(), dry_run=False)
    assert [one.job for one in again] == [None] * 4


def test_a_span_that_is_too_long_or_to_come_is_refused(lab, create):
    create()
    for since, before in ((START - 200 * HOUR, START), (START, START + HOUR)):
        with pytest.raises(InvalidInput, match="to: "):
            schedules.backfill(lab.engine, act(lab), "acme", ID, since, before, dry_run=True)


def test_secrets_are_sealed_and_reach_the_job(lab, create):
    made = create(params={"units": 1}, secrets={"api_key": "hush"})
    assert "hush" not in str(made)
    settle(lab, 1800)
    (job,) = lab.world.jobs.values()
    assert lab.engine.open_secrets(job) == {"api_key": "hush"}


@pytest.mark.parametrize(
    "fields",
    [
        {"params": {"units": -1}},
        {"params": {"api_key": "hush"}},
        {"kind": "none"},
        {"params": {"units": 1, "api_key": "{{due:%A}}"}},
        {"start": START, "end": START},
        {"expression": "at(2026-04-13T00:00:00)", "end": START - HOUR},
        {"timezone": "Nowhere"},
        {"secrets": {"other": "x"}},
    ],
)
def test_what_could_not_start_anything_is_refused(lab, create, fields):
    with pytest.raises(InvalidInput):
        create(**fields)
    assert lab.world.schedules == {}


@pytest.mark.parametrize("month", ["2026-03-16", "2026-10-12"])
@pytest.mark.parametrize("seed", range(3))
def test_in_a_month_of_mishaps_no_time_is_lost_or_doubled(make_lab, seed, month):
    """Over a change of the clocks, with pauses, overlaps, crashes, and triggers that come twice, late, early or never."""
    chance, lab = random.Random(f"{seed} {month}"), make_lab()
    lab.clock.time = datetime.fromisoformat(month).replace(tzinfo=UTC).timestamp() + 11
    overlap, catch_up = chance.choice(list(Overlap)), chance.choice(list(CatchUp))
    now = lab.clock.now()
    made = Schedule(
        tenant="acme",
        id=ID,
        name="often",
        user="ann",
        scopes=frozenset({"control"}),
        expression="cron(0/30 0-4,22-23 ? * * *)",
        timezone="Europe/Warsaw",
        overlap=overlap,
        catch_up=catch_up,
        work=Work("one", {"units": 0}),
        created_at=now,
        decided=now,
    )
    schedules.create(lab.engine, act(lab), made)
    end = now + 30 * 86_400
    every = made.times(now, 5000)
    expected = [at for at in every if at < end - 3 * HOUR]
    write = lab.engine.store.write

    def failing(*changes):
        if chance.random() < 0.03:
            lab.die()
        write(*changes)
        if chance.random() < 0.03:
            lab.die()

    while lab.clock.now() < end:
        lab.clock.sleep(chance.choice([60, 600, 1200, 1790, 1800, 7200 if chance.random() < 0.1 else 300]))
        lab.engine.store.write = failing
        luck = chance.random()
        try:
            if luck < 0.55:
                for _ in range(chance.choice([1, 1, 2])):
                    schedules.settle(lab.engine, "acme", ID)
            elif luck < 0.7:
                lab.recover()
            elif luck < 0.73:
                until = chance.choice([None, lab.clock.now() + 5 * HOUR])
                schedules.pause(
                    lab.engine, act(lab), "acme", ID, Hold(schedule_scope(ID), "ann", None, lab.clock.now(), until)
                )
            elif luck < 0.78:
                schedules.resume(lab.engine, act(lab), "acme", ID)
            elif luck < 0.9:
                lab.driver.run()
            elif lab.world.jobs:
                cancel(lab.engine, None, chance.choice(list(lab.world.jobs)), wait=False)
        except (WrongStatus, BaseException) as error:
            if type(error).__name__ not in ("Killed", "WrongStatus"):
                raise
        finally:
            lab.engine.store.write = write
    schedules.settle(lab.engine, "acme", ID)
    lines = lab.engine.schedules.firings("acme", ID, limit=100_000)
    decided: Counter[float] = Counter()
    for line in lines:
        through = line.due if line.through is None else line.through
        covered = [at for at in every if line.due <= at <= through]
        assert len(covered) == line.count
        decided.update(covered)
    resumed = lab.engine.schedules.find("acme", ID)
    still = [at for at in expected if at > resumed.decided]
    assert set(decided.values()) <= {1}
    assert [at for at in expected if at not in decided and at not in still] == []
    assert all(resumed.hold is not None and resumed.hold.until is None for _ in still[:1])
    started = Counter(line.job for line in lines if line.job is not None)
    assert started.keys() == {ref.id for ref in lab.world.jobs}
    assert set(started.values()) <= {1}
