from __future__ import annotations

import pytest
from fermata.api.errors import TooMany
from fermata.api.quota import LocalCounter, Quota
from fermata.testing import ManualClock


def taken(quota: Quota, tenant: str = "t") -> int:
    """How many requests go through, until none does."""
    for count in range(10_000):
        try:
            quota.take(tenant)
        except TooMany:
            return count
    raise AssertionError("there is no limit")


@pytest.mark.parametrize("limit", [1, 5, 100, 1000])
def test_a_tenant_may_make_so_many_requests_in_a_minute(limit: int) -> None:
    assert taken(Quota(limit, LocalCounter(), ManualClock().now)) == limit


def test_each_tenant_has_its_own() -> None:
    quota = Quota(5, LocalCounter(), ManualClock().now)
    assert (taken(quota, "a"), taken(quota, "b")) == (5, 5)


def test_the_next_minute_begins_anew() -> None:
    clock = ManualClock(60_000.0)
    quota = Quota(5, LocalCounter(), clock.now)
    taken(quota)
    clock.sleep(59)
    with pytest.raises(TooMany) as refused:
        quota.take("t")
    assert refused.value.after == 1
    clock.sleep(1)
    assert taken(quota) == 5


def test_instances_share_one_limit() -> None:
    counter, clock = LocalCounter(), ManualClock()
    one, two = Quota(1000, counter, clock.now), Quota(1000, counter, clock.now)
    assert taken(one) + taken(two) == 1000


def test_past_the_limit_the_answer_is_429(make_service: object) -> None:
    from fermata.api.app import Options

    caller = make_service(options=Options(requests_per_minute=2)).user()  # type: ignore[operator]
    answers = [caller.get("/api/batch/active") for _ in range(5)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert 1 <= int(refused[0].headers["retry-after"]) <= 60


def test_many_warm_instances_leave_each_other_the_whole_limit() -> None:
    """Each takes its turn, as requests spread over warm environments; none keeps what the others need."""
    counter, clock = LocalCounter(), ManualClock(60_000.0)
    instances = [Quota(6_000, counter, clock.now) for _ in range(150)]
    for instance in instances[:100]:  # a burst on some of them, which then rest
        for _ in range(10):
            instance.take("t")
    count = 1_000
    try:
        while True:
            instances[count % 150].take("t")
            count += 1
    except TooMany:
        pass
    assert 0.95 * 6_000 < count <= 6_000


def test_a_busy_instance_counts_blocks_and_an_idle_one_each_request() -> None:
    calls: list[int] = []

    class Counting(LocalCounter):
        def add(self, tenant: str, minute: int, amount: int) -> int:
            calls.append(amount)
            return super().add(tenant, minute, amount)

    clock = ManualClock(60_000.0)
    quota = Quota(6_000, Counting(), clock.now)
    for _ in range(600):
        quota.take("t")
    assert (max(calls), len(calls) < 130) == (6, True)
    calls.clear()
    for _ in range(5):
        clock.sleep(2)
        quota.take("t")
    assert set(calls) <= {1}
