from __future__ import annotations

import pytest
from fermata.domain.holds import SYSTEM, Hold, Scope
from fermata.domain.jobs import Ref
from fermata.domain.transitions import Status
from fermata.ports import SaveJob, SaveScope

NOW = 1_700_000_000.5


def hold(until):
    return Hold("job", "ann", None, NOW - 60, until)


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ({"status": Status.PENDING}, True),
        ({"status": Status.RUNNING}, True),
        ({"status": Status.COMPLETED, "closed": False}, True),
        ({"status": Status.COMPLETED, "closed": True}, False),
        ({"status": Status.WAITING_REVIEW}, False),
        ({"status": Status.PAUSED, "holds": (hold(None),)}, False),
        ({"status": Status.PAUSED, "holds": (hold(NOW + 0.001),)}, False),
        ({"status": Status.PAUSED, "holds": (hold(NOW),)}, True),
        ({"status": Status.PAUSED, "holds": (hold(NOW + 99), hold(NOW - 1))}, True),
    ],
)
def test_a_job_is_due_when_recovery_has_something_to_do(ports, started, fields, due):
    job = started(**fields)
    assert list(ports.store.due(NOW)) == ([job.ref] if due else [])


def test_a_job_is_due_no_longer_once_it_rests(ports, started, change):
    job = started()
    ports.store.write(SaveJob(change(job, status=Status.PAUSED, holds=(hold(None),))))
    assert list(ports.store.due(NOW)) == []


def test_a_scope_is_due_when_its_hold_ends_and_while_jobs_are_woken(ports):
    ports.store.write(SaveScope(Scope("acme", SYSTEM, hold(NOW), rev=1)))
    ports.store.write(SaveScope(Scope("acme", "source:a|b", None, rev=1, waking_since=NOW - 5)))
    ports.store.write(SaveScope(Scope("acme", "source:held", hold(None), rev=1)))
    ports.store.write(SaveScope(Scope("acme", "source:later", hold(NOW + 1), rev=1)))
    ports.store.write(SaveScope(Scope("acme", "source:free", None, rev=1)))
    assert set(ports.store.due(NOW)) == {("acme", SYSTEM), ("acme", "source:a|b")}
    assert not any(isinstance(found, Ref) for found in ports.store.due(NOW))


def test_everything_due_is_found_whosever_it_is(ports, started):
    refs = {started(f"jobs:{number}", tenant=f"t-{number % 3}").ref for number in range(12)}
    found = list(ports.store.due(NOW))
    assert set(found) == refs
    assert len(found) == len(refs)
    assert all(isinstance(ref, Ref) for ref in found)
