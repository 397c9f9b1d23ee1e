"""Requests of whichever part of the program are counted, but for those of who only looks."""

import pytest
from fermata.adapters.aws.clients import Clients

from bench.metering import Meter, Unwatched, watching


@pytest.fixture(autouse=True)
def region(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.mark.parametrize(("clients", "watched"), [(Clients, 1), (Unwatched, 0)])
def test_the_clients_that_the_program_makes_are_watched_and_those_of_an_observer_are_not(monkeypatch, clients, watched):
    seen = []
    monkeypatch.setattr(Meter, "watch", lambda self, client: seen.append(client.meta.service_model.service_name))
    with watching(Meter({})):
        assert clients().sqs.meta.service_model.service_name == "sqs"
    assert seen == ["sqs"] * watched
