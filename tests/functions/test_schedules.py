from __future__ import annotations

import json

from fermata.control import schedules
from fermata.domain.events import Actor, Mutation
from fermata.domain.schedules import Schedule, Work


def test_the_recovery_function_settles_the_schedule_that_called_it(deployed, monkeypatch):
    account, role = deployed.account, "arn:aws:iam::123456789012:role/schedule"
    target = "arn:aws:lambda:us-east-1:123456789012:function:recovery"
    settings = {"FERMATA_SCHEDULE_GROUP": "fermata", "FERMATA_SCHEDULE_TARGET": target, "FERMATA_SCHEDULE_ROLE": role}
    deployed.environment.update(settings)
    engine, now = deployed.engine, deployed.engine.clock.now()
    made = Schedule(
        tenant="acme",
        id="sch-1",
        name="often",
        user="ann",
        scopes=frozenset({"control"}),
        expression="rate(1 minute)",
        work=Work("probe", {"units": 1}),
        created_at=now - 90,
        decided=now - 90,
    )
    schedules.create(engine, Mutation(Actor("acme", "ann"), "schedules.create", "sch-1", now), made)
    (known,) = account.clients.scheduler.list_schedules(GroupName="fermata")["Schedules"]
    called = account.clients.scheduler.get_schedule(GroupName="fermata", Name=known["Name"])["Target"]
    assert (called["Arn"], called["RoleArn"]) == (target, role)
    for _ in range(2):
        deployed.invoke("recovery", json.loads(called["Input"]))
    lines = engine.schedules.firings("acme", "sch-1")
    assert [line.outcome.value for line in lines] in (["started"], ["skipped", "started"])
    assert len(engine.store.open_jobs("acme")) == 1
    assert deployed.invoke("recovery", {"schedule": {"tenant": "acme", "id": "sch-2"}}) == {"schedule": "sch-2"}
