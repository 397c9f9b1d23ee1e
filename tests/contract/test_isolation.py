"""Ids, users and workspaces are the callers' to choose; none of them leads to what is another's."""

from __future__ import annotations

import pytest
from fermata.domain.errors import NotFound
from fermata.domain.holds import SYSTEM, Hold, Scope
from fermata.domain.jobs import Ref
from fermata.domain.listing import Listing
from fermata.ports import AddAudit, AddChunks, AddEvent, SaveScope

NASTY = ["acme|jobs:1", "tenant#acme", "acme#", "acme%7C", "..", "%", "#", "|", "acme\U0001f680", "\ud800"]
HOLD = Hold(SYSTEM, "ann", None, 1.0)


@pytest.mark.parametrize("tenant", NASTY)
def test_a_tenant_sees_only_its_own(ports, started, make_event, make_chunk, make_act, tenant):
    job = started("jobs:1", tenant="acme")
    ports.store.write(
        AddEvent(job.ref, make_event(1)), AddChunks(job.ref, (make_chunk(),)), SaveScope(Scope("acme", SYSTEM, HOLD, 1)),
        AddAudit(make_act()),
    )  # fmt: skip
    for id_ in ("jobs:1", "1", "job", "acme|jobs:1", ""):
        with pytest.raises(NotFound):
            ports.store.job(Ref(tenant, id_))
        assert ports.ledger.chunks(Ref(tenant, id_)) == []
        assert ports.log.events(Ref(tenant, id_)) == []
    assert ports.store.scope(tenant, SYSTEM).rev == 0
    assert ports.log.audit(tenant) == []
    assert ports.store.jobs(Listing(tenant)) == []


@pytest.mark.parametrize("tenant", NASTY[:-1])
def test_what_a_tenant_stores_is_found_under_its_name(ports, started, tenant):
    job = started("jobs:1", tenant=tenant)
    ports.store.write(SaveScope(Scope(tenant, SYSTEM, HOLD, rev=1, waking_since=1.5)))
    assert ports.store.job(job.ref) == job
    assert set(ports.store.due(2.0)) == {job.ref, (tenant, SYSTEM)}


@pytest.mark.parametrize("user", ["", "ann|bob", "jobs|ann", "ü" * 2000, "\ud800", "#", " "])
def test_a_user_may_have_any_name(ports, started, user):
    mine = started("jobs:mine", user=user)
    started("jobs:theirs", user="ann")
    assert ports.store.jobs(Listing("acme", active_user=user)) == [mine]
    assert ports.store.job(mine.ref).user == user


@pytest.mark.parametrize("workspace", ["w|pending", "w|completed", "|", "x" * 3000])
def test_a_workspace_may_have_any_name(ports, started, workspace):
    mine = started("jobs:mine", workspace=workspace)
    started("jobs:theirs", workspace="w")
    assert ports.store.jobs(Listing("acme", workspace=workspace)) == [mine]
    assert ports.store.jobs(Listing("acme", workspace=workspace, statuses=(mine.status,))) == [mine]


@pytest.mark.parametrize("id_", ["jobs:" + "x" * 5000, "jobs:\ud800", "job", "chunk#000#000000", "a|b#c"])
def test_an_id_that_can_not_be_is_not_found(ports, id_):
    with pytest.raises(NotFound):
        ports.store.job(Ref("acme", id_))
    with pytest.raises(NotFound):
        ports.store.gate(Ref("acme", id_), ["system"])


def test_one_jobs_items_are_not_anothers(ports, started, make_event):
    first, second = started("jobs:1"), started("jobs:1|job")
    ports.store.write(AddEvent(second.ref, make_event(1)))
    assert ports.store.job(first.ref) == first
    assert ports.log.events(first.ref) == []
