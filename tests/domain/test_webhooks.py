from __future__ import annotations

from dataclasses import replace

import pytest
from fermata.domain.events import Event, EventType, SystemEvent, SystemEventType
from fermata.domain.jobs import Job
from fermata.domain.notices import of_job, of_system
from fermata.domain.notify import Format, Notify
from fermata.domain.webhooks import (
    DISABLED_AFTER,
    LIFETIME,
    LONGEST_REST,
    PATTERNS,
    TRIES,
    TYPES,
    WAITS,
    Reply,
    State,
    Webhook,
    asked,
    asked_again,
    attempted,
    backoff,
    delivery_of,
    enabled,
    fits,
    hindered,
    id_of_url,
    wants,
    weathered,
)

NOW = 1_800_000_000.0
DAY = 86_400.0
JOB = Job(
    tenant="acme",
    id="jobs:1",
    family="jobs",
    kind="crawl",
    workspace="w",
    user="ann",
    created_at=0.0,
    labels={"team": "data", "tier": "1"},
    notify=(Notify("https://x.example", None, ("job.failed",)), Notify(None, "wh-2", ("job.*",), Format.SLACK)),
)
FAILED = of_job(JOB, Event(3, EventType.FAILED, NOW, "failed", {"error": "no"}))
PAUSED = of_job(JOB, Event(2, EventType.PAUSED, NOW, "paused"))
HEALTH = of_system("acme", SystemEvent("evt_1", SystemEventType.HEALTH_CHANGE, NOW, "worse", "w"))
HOOK = Webhook(tenant="acme", id="wh-1", name="n", url="https://x.example", user="ann", created_at=NOW)
DELIVERY = delivery_of(HOOK, FAILED, NOW)
OK, GONE, BAD, ILL = Reply(204), Reply(410), Reply(400), Reply(503)
SILENT = Reply(error="the server did not answer in 10 seconds")


@pytest.mark.parametrize(
    ("patterns", "type_", "fit"),
    [
        ((), "job.failed", False),
        (("*",), "job.failed", True),
        (("job.*",), "job.failed", True),
        (("job.*",), "system.pause", False),
        (("job.failed",), "job.failed", True),
        (("job.fail",), "job.failed", False),
        (("job.paused", "system.*"), "system.recovery", True),
        (("jo*",), "job.failed", False),
    ],
)
def test_a_pattern_is_a_type_or_all_that_begin_so(patterns, type_, fit):
    assert fits(patterns, type_) is fit


def test_what_stands_for_no_type_is_no_pattern():
    assert {"*", "job.*", "system.health_change", "schedule.failed"} <= set(PATTERNS)
    assert not {"", "job", "job.", "job.none", "jo*", ".*", "webhook.test", "webhook.*"} & set(PATTERNS)
    assert "webhook.test" in TYPES


@pytest.mark.parametrize(
    ("fields", "notice", "hears"),
    [
        ({}, FAILED, True),
        ({}, HEALTH, True),
        ({"events": ("job.completed",)}, FAILED, False),
        ({"kinds": ("crawl", "ocr")}, FAILED, True),
        ({"kinds": ("ocr",)}, FAILED, False),
        ({"kinds": ("crawl",)}, HEALTH, False),
        ({"workspaces": ("w",)}, FAILED, True),
        ({"workspaces": ("w",)}, HEALTH, True),
        ({"workspaces": ("v",)}, HEALTH, False),
        ({"labels": {"team": "data"}}, FAILED, True),
        ({"labels": {"team": "data", "tier": "2"}}, FAILED, False),
        ({"labels": {"team": "data"}}, HEALTH, False),
        ({"disabled_at": NOW}, FAILED, False),
    ],
)
def test_a_webhook_hears_of_what_fits_all_its_filters(fields, notice, hears):
    assert wants(replace(HOOK, **fields), notice) is hears


def test_a_job_says_itself_who_is_told_of_which_events():
    assert [one.url or one.webhook for one in asked(JOB, FAILED)] == ["https://x.example", "wh-2"]
    assert [one.url or one.webhook for one in asked(JOB, PAUSED)] == ["wh-2"]


def test_an_event_has_one_delivery_for_each_webhook_whoever_makes_it():
    again = delivery_of(HOOK, FAILED, NOW + 5)
    assert again.id == DELIVERY.id
    others = [delivery_of(replace(HOOK, id="wh-2"), FAILED, NOW), delivery_of(HOOK, PAUSED, NOW)]
    assert len({DELIVERY.id, *(one.id for one in others)}) == 3
    assert id_of_url("https://x.example", Format.JSON) != id_of_url("https://x.example", Format.SLACK)


def test_ids_sort_by_the_time_of_the_event():
    later = replace(FAILED, at=NOW + 0.002, id="acme/jobs:0/1")
    assert DELIVERY.id < delivery_of(HOOK, later, NOW).id
    assert len(DELIVERY.id) == len("msg_") + 32


def test_the_waits_grow_to_a_day_in_all():
    assert list(WAITS) == sorted(WAITS)
    assert DAY < sum(WAITS) < 1.1 * DAY
    assert [backoff(failed, 0.0) for failed in (1, 2, 9, 50)] == [5, 60, 36_000, 36_000]
    assert backoff(1, 1.0) == pytest.approx(6.0)
    assert sum(backoff(failed, 1.0) for failed in range(1, TRIES)) < LIFETIME


def test_what_is_taken_is_delivered():
    done = attempted(DELIVERY, OK, NOW, NOW + 0.25, 0.0)
    assert (done.state, done.tries, done.reason, done.rev) == (State.DELIVERED, 1, None, 2)
    assert (done.attempts[0].status, done.attempts[0].seconds, done.attempts[0].error) == (204, 0.25, None)


@pytest.mark.parametrize("reply", [BAD, ILL, SILENT, Reply(301), Reply(199)])
def test_what_is_not_taken_is_tried_ten_times_and_then_dead(reply):
    one, now = DELIVERY, NOW
    for tried in range(1, TRIES):
        one = attempted(one, reply, now, now, 0.0)
        assert (one.state, one.tries, one.next_at) == (State.PENDING, tried, now + WAITS[tried - 1])
        now = one.next_at
    one = attempted(one, reply, now, now, 0.0)
    assert one.state is State.DEAD
    assert one.reason.startswith("tried 10 times, at last: ")
    assert len(one.attempts) == 10


def test_one_that_is_too_old_is_given_up_before():
    assert attempted(DELIVERY, ILL, NOW, NOW + LIFETIME + 1, 0.0).state is State.DEAD
    down = replace(HOOK, failures=3, rest_until=NOW + LIFETIME + 60)
    assert hindered(down, DELIVERY, NOW + LIFETIME + 1).state is State.DEAD


@pytest.mark.parametrize(("asked_for", "wait"), [(None, 5.0), (1.0, 5.0), (3600.0, 3600.0), (1e9, DAY)])
def test_a_receiver_may_ask_for_more_time_up_to_a_day(asked_for, wait):
    reply = Reply(429, retry_after=asked_for)
    assert attempted(DELIVERY, reply, NOW, NOW, 0.0).next_at == NOW + wait
    assert weathered(HOOK, reply, NOW, 0.0).rest_until == NOW + wait


def test_410_gives_up_and_disables():
    assert attempted(DELIVERY, GONE, NOW, NOW, 0.0).state is State.DEAD
    gone = weathered(HOOK, GONE, NOW, 0.0)
    assert (gone.disabled_at, gone.disabled_reason) == (NOW, "the receiver answered 410 Gone")


@pytest.mark.parametrize(
    ("reply", "rests"),
    [(ILL, True), (SILENT, True), (Reply(429), True), (Reply(408), True), (BAD, False), (Reply(404), False)],
)
def test_a_receiver_that_is_down_rests_and_one_that_refuses_an_event_does_not(reply, rests):
    after = weathered(HOOK, reply, NOW, 0.0)
    assert (after.failures, after.failing_since, after.resting(NOW)) == (1, NOW, rests)


def test_rests_grow_to_a_quarter_of_an_hour():
    hook, now, rests = HOOK, NOW, []
    for _ in range(8):
        hook = weathered(hook, ILL, now, 0.0)
        rests.append(hook.rest_until - now)
        now = hook.rest_until
    assert rests == [5, 60, 300, *[LONGEST_REST] * 5]


def test_attempts_side_by_side_that_fail_together_count_as_one():
    hook = weathered(HOOK, ILL, NOW, 0.0)
    assert weathered(hook, ILL, NOW + 1, 0.0) == hook


def test_a_success_forgets_the_failures_and_changes_nothing_without_any():
    assert weathered(HOOK, OK, NOW, 0.0) is HOOK
    failing = replace(HOOK, failures=4, failing_since=NOW, rest_until=NOW + 60)
    well = weathered(failing, OK, NOW + 61, 0.0)
    assert (well.failures, well.failing_since, well.rest_until) == (0, None, None)


def test_a_webhook_that_fails_for_three_days_is_disabled_and_can_be_enabled():
    failing = replace(HOOK, failures=TRIES, failing_since=NOW)
    assert weathered(failing, BAD, NOW + DISABLED_AFTER - 1, 0.0).enabled
    assert weathered(replace(failing, failures=2), BAD, NOW + DISABLED_AFTER, 0.0).enabled
    off = weathered(failing, BAD, NOW + DISABLED_AFTER, 0.0)
    assert off.disabled_reason == "nothing but failures for 3 days"
    on = enabled(off)
    assert (on.enabled, on.disabled_reason, on.failures, on.failing_since) == (True, None, 0, None)


def test_nothing_hinders_what_may_be_sent():
    assert hindered(HOOK, DELIVERY, NOW) is None
    assert hindered(replace(HOOK, rest_until=NOW), DELIVERY, NOW) is None


def test_what_comes_while_it_rests_waits_and_what_comes_while_it_is_disabled_is_dead():
    waiting = hindered(replace(HOOK, rest_until=NOW + 60), DELIVERY, NOW)
    assert (waiting.state, waiting.next_at, waiting.tries) == (State.PENDING, NOW + 60, 0)
    dead = hindered(replace(HOOK, disabled_at=NOW, disabled_reason="by ann"), DELIVERY, NOW)
    assert (dead.state, dead.reason) == (State.DEAD, "the webhook is disabled: by ann")


def test_what_is_sent_again_has_all_tries_before_it_and_keeps_its_log_and_id():
    dead = replace(attempted(DELIVERY, GONE, NOW, NOW, 0.0), tries=TRIES)
    again = asked_again(dead, NOW + DAY, NOW + DAY + 60)
    assert (again.id, again.state, again.tries, again.reason) == (DELIVERY.id, State.PENDING, 0, None)
    assert (again.attempts, again.since, again.rev) == (dead.attempts, NOW + DAY, dead.rev + 1)
