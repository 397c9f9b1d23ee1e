"""Batches, sources, tasks, processes, the system, the audit log, kinds."""

from pathlib import Path

import pytest
from fermata_client import Conflict, Forbidden, InvalidInput, NotFound

SWIFTS = str(Path(__file__).parents[2] / "samples" / "swifts.md")
TEXT = Path(SWIFTS).read_text(encoding="utf-8")
NOWHERE = {"url": "http://127.0.0.1:9/", "delay": 0}


def test_a_batch_runs_and_gives_tags(client):
    batch = client.batches.start([{"file_path": SWIFTS, "file_source_type": "local"}], config={"num_tags": 3}).wait()
    (document,) = batch.results()
    assert (batch.data.processed_count, len(document.tags)) == (1, 3)
    assert b"swifts.md" in b"".join(batch.download("csv"))
    assert batch.job().id == f"batch:{batch.id}"


def test_a_batch_is_paused_resumed_and_cancelled(client, at_rest):
    batch = client.batches.start([{"file_path": SWIFTS, "file_source_type": "local"}])
    assert batch.pause().status == "paused"
    assert batch.id in [active.job_id for active in client.batches.active()]
    assert batch.resume().cancel().status == "cancelled"
    with pytest.raises(Conflict):
        batch.resume()


def test_results_of_a_batch_are_waited_for(client, at_rest):
    results = client.batches.start([{"file_path": SWIFTS, "file_source_type": "local"}]).results(wait=True)
    at_rest.works.set()
    assert [document.row for document in results] == [1]


def test_a_batch_under_the_callers_id_is_one_batch(client):
    first, second = (client.batches.start([{"file_path": SWIFTS}], job_id="mine", config={}) for _ in range(2))
    assert first.id == second.id == "mine"


def test_a_source_can_be_found_once_it_is_processed(client):
    source = client.sources.create("Swifts", text=TEXT, workspace="birds").wait()
    found = client.search("geolocators", workspace="birds", limit=1).results
    assert [(passage.source_id, passage.title) for passage in found] == [(source.id, "Swifts")]
    assert source.job().status == "completed"


def test_sources_are_paused_by_one_and_by_many(client, at_rest):
    one, two = (client.sources.create(title, text=TEXT, workspace="held") for title in ("One", "Two"))
    assert one.pause(reason="check").data.reason == "check"
    assert not one.resume().paused
    assert client.sources.pause_many([one.id, two.id, "nobody"]) == 2
    assert {source.paused for source in client.sources.list(workspace="held")} == {True}
    assert client.sources.resume_many([one.id]) == 1


def test_a_deleted_source_is_gone(client):
    source = client.sources.create("Gone", text=TEXT).wait()
    source.delete()
    with pytest.raises(NotFound):
        source.refresh()


def test_a_task_is_paused_with_a_reason_and_goes_on(client, at_rest):
    task = client.tasks.create("crawl", NOWHERE, project_id=7).pause(reason="too fast")
    state = task.control_state()
    assert (state.is_paused, state.pause_reason) == (True, "too fast")
    assert [item.id for item in client.tasks.list(project_id=7)] == [task.id]
    assert task.resume().cancel().status == "cancelled"
    assert [event["type"] for event in task.follow()][-2:] == ["workflow.cancelled", "done"]
    assert task.job().kind == "crawl"


def test_a_process_waits_for_review_and_is_approved(client):
    process = client.processes.create("csv_import", {"text": "a\n1\n", "table": "reviewed"}, workspace=3)
    process.wait(until=lambda process: process.status == "waiting_review")
    assert process.review("approve", reason="fine").wait().result["applied"] == 1
    assert [item.id for item in client.processes.list(workspace="3", status="completed")] == [process.id]
    assert "Approved by embedded: fine" in [event.message for event in process.events()]
    assert [data.status for data in process.follow()][-1] == "completed"


def test_a_process_of_another_workspace_is_not_found(client):
    id_ = client.processes.create("csv_import", {"text": "a\n1\n"}, workspace="w").id
    assert client.processes.get(id_, workspace="w").id == id_
    for ask in ("get", "events", "retry", "cancel"):
        with pytest.raises(NotFound):
            getattr(client.processes, ask)(id_, workspace="other")
    with pytest.raises(NotFound):
        client.processes.review(id_, "approve", workspace="other")
    with pytest.raises(NotFound):
        next(iter(client.processes.follow(id_, workspace="other")))


def test_a_process_that_does_not_fit_the_command_is_a_conflict(client, at_rest):
    process = client.processes.create("csv_import", {"text": "a\n1\n"})
    with pytest.raises(Conflict, match="retry"):
        process.retry()
    assert process.cancel().job().status == "cancelled"


def test_the_whole_system_is_paused_and_resumed(client):
    client.system.pause(reason="maintenance")
    assert (client.system.status().paused, client.system.status().reason) == (True, "maintenance")
    client.system.resume()
    assert not client.system.status().paused
    told = [event.event_type for event in client.system.events() if event.event_type in ("pause", "resume")]
    assert told[-2:] == ["pause", "resume"]
    assert client.system.clear_events() >= 2


def test_the_audit_log_is_read_exported_and_verified(client, server):
    job = client.jobs.create("probe", {"units": 0}).wait()
    records = list(client.audit.list(target=job.id))
    assert [(record.action, record.user) for record in records] == [("jobs.create", "embedded")]
    assert records[0].hash.encode() in b"".join(client.audit.export(target=job.id))
    found = client.audit.verify()
    assert (found.intact, found.whole, found.checked) == (True, True, len(server.world.audit["default"]))
    assert client.audit.verify(found.last, found.hash).checked == 0


def test_kinds_say_which_parameters_they_ask_for(client):
    kind = client.kinds.get("probe")
    assert "units" in kind.parameters["properties"]
    assert kind.name in [one.name for one in client.kinds.list()]
    with pytest.raises(InvalidInput, match=r"^params.units"):
        client.jobs.create("probe", {"units": -1})


def test_a_caller_who_may_not_is_told_what_would_be_needed(server):
    from fermata.domain.access import READ, ApiKey, digest
    from fermata_client import Client

    server.keys.add(ApiKey("reader", "default", "bob", frozenset({READ}), digest("sk_reader"), 0.0))
    with Client(server.url, api_key="sk_reader") as reader, pytest.raises(Forbidden, match="control"):
        reader.jobs.create("probe", {})
