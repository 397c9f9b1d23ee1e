from __future__ import annotations

from fermata.api.app import Options
from fermata.control.engine import Limits
from fermata.ports import Message

SYSTEM = "/api/v1/system"


def test_an_administrator_sees_how_full_the_queues_are(service, admin):
    service.engine.queue.send([Message("chunk", "other", "jobs:1"), Message("wake", "acme", "system", express=True)])
    assert admin.get(SYSTEM).json()["queues"] == [
        {"name": "default", "waiting": 1, "in_flight": 0},
        {"name": "express", "waiting": 1, "in_flight": 0},
    ]


def test_others_see_their_limits_alone(make_service):
    service = make_service(limits=Limits(open_jobs=7, schedules=None), options=Options(requests_per_minute=60))
    answer = service.user("ann").get(SYSTEM).json()
    assert answer["queues"] is None
    assert (answer["limits"]["open_jobs"], answer["limits"]["schedules"]) == (7, None)
    assert answer["limits"]["requests_per_minute"] == 60
