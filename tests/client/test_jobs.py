from datetime import UTC, datetime, timedelta

import pytest
from fermata_client import Conflict, Job, NotFound, Unfinished, Unsuccessful
from fermata_client.values import text_of

IMPORT = {"text": "ticket,name\nA,Ann\nB,Bob\nA,Cid\n", "unique": "ticket"}


def probe(client, **params):
    return client.jobs.create("probe", {"units": 4, **params})


def test_a_job_is_waited_for_and_tells_its_progress(client):
    seen = []
    job = probe(client).wait(progress=lambda job: seen.append(job.progress))
    assert (job.status, job.counts.succeeded, job.error) == ("completed", 4, None)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_a_job_that_does_not_end_well_is_an_error_unless_told_otherwise(client):
    job = probe(client, fail_every=1)
    with pytest.raises(Unsuccessful) as caught:
        job.wait()
    assert caught.value.what is job
    assert job.wait(check=False).status == "failed"


def test_waiting_ends_with_the_time_that_was_given(client, at_rest):
    with pytest.raises(Unfinished, match="pending"):
        probe(client).wait(0.01)


def test_waiting_may_end_before_the_job_does(client):
    job = client.jobs.create("csv_import", IMPORT)
    job.wait(until=lambda job: job.status == "waiting_review")
    assert not job.over
    job.review("approve", reason="looks right").wait()
    assert len(list(client.records.list("records"))) == 2


def test_a_rejected_draft_leaves_nothing(client):
    job = client.jobs.create("csv_import", {**IMPORT, "table": "rejected"})
    job.wait(until=lambda job: job.status == "waiting_review").review("reject", reason="wrong file")
    assert (job.status, list(client.records.list("rejected"))) == ("cancelled", [])


def test_a_pause_has_a_reason_and_an_end_and_is_resumed(client, at_rest):
    job = probe(client).pause(reason="lunch", until=timedelta(hours=1))
    (hold,) = job.holds
    assert (job.status, hold.reason) == ("paused", "lunch")
    assert timedelta(minutes=59) < hold.until - datetime.now(UTC) < timedelta(minutes=61)
    assert "lunch" in job.why().sentence
    at_rest.works.set()
    assert job.resume().wait().status == "completed"


def test_a_command_that_the_status_does_not_allow_is_a_conflict(client):
    job = probe(client).wait()
    with pytest.raises(Conflict, match="cannot pause a job that is completed"):
        job.pause()


def test_a_cancelled_job_says_why(client, at_rest):
    job = probe(client).cancel(reason="a mistake")
    assert (job.over, job.succeeded) == (True, False)
    assert [event.data.get("reason") for event in job.events() if event.type == "cancelled"] == ["a mistake"]


def test_named_units_are_run_again(client):
    job = probe(client).wait()
    job.retry(units=range(2)).wait()
    assert (job.data.run, job.counts.total) == (2, 4)


def test_results_are_of_all_stages_and_say_which(client):
    job = client.jobs.create("csv_import", {**IMPORT, "table": "stages"})
    job.wait(until=lambda job: job.status == "waiting_review").review("approve")
    job.wait()
    assert [result.stage for result in job.results()] == ["validate", "compare", "apply"]
    assert [result.stage for result in job.results("compare")] == ["compare"]


def test_results_go_over_pages(client):
    job = probe(client, units=1_100).wait()
    assert sorted(result.unit for result in job.results()) == list(range(1_100))


def test_failed_results_say_what_they_were_about(client):
    job = probe(client, fail_every=2).wait()
    assert [(result.input, result.value) for result in job.results(failed=True)] == [(0, None), (2, None)]


def test_results_are_waited_for(client, at_rest):
    job = probe(client)
    assert list(job.results()) == []
    results = job.results(wait=True)
    at_rest.works.set()
    assert sum(1 for _ in results) == 4


def test_results_are_downloaded(client):
    job = probe(client, fail_every=3).wait()
    assert b"".join(job.download("csv", failed=True)).count(b"as asked") == 2


def test_large_results_are_downloaded_from_where_they_lie(client):
    job = probe(client, units=300, result_bytes=10_000).wait()
    assert sum(part.count(b"\n") for part in job.download("jsonl")) == 300


def test_history_is_followed_to_its_end(client, at_rest):
    job = probe(client)
    stream = job.follow(0)
    assert next(stream).event.type == "created"
    at_rest.works.set()
    assert [update.type for update in stream if update.event][-1] == "completed"
    assert job.status == "completed"


def test_jobs_are_listed_by_what_they_are(client, at_rest):
    made = client.jobs.create("probe", {"units": 1}, workspace="listed")
    found = list(client.jobs.list(workspace="listed", status=["pending", "running"], kind="probe"))
    assert [(type(job), job.id) for job in found] == [(Job, made.id)]
    assert list(client.jobs.list(workspace="listed", before=timedelta(hours=-1))) == []
    assert [job.id for job in client.jobs.list(workspace="listed", failed_units=False)] == [made.id]
    assert list(client.jobs.list(workspace="listed", failed_units=True)) == []


def test_many_are_paused_and_resumed_by_what_they_are(client, at_rest):
    made = {client.jobs.create("probe", {"units": 1}, workspace="many").id for _ in range(3)}
    tried = client.jobs.pause_many(workspace="many", dry_run=True)
    assert {(one.job_id, one.outcome) for one in tried} == {(id, "would be done") for id in made}
    assert {one.outcome for one in client.jobs.pause_many(workspace="many", reason="all")} == {"done"}
    assert {job.status for job in client.jobs.list(workspace="many")} == {"paused"}
    assert len(client.jobs.resume_many(workspace="many")) == 3
    assert {one.status for one in client.jobs.cancel_many(workspace="many", reason="over")} == {"cancelled"}


def test_a_filter_that_is_none_is_refused(client):
    with pytest.raises(TypeError):
        client.jobs.pause_many(statuss="running")


def test_the_same_key_is_the_same_job(client):
    first, second = (client.jobs.create("probe", {"units": 1}, idempotency_key="once") for _ in range(2))
    assert first.id == second.id


def test_a_job_is_asked_for_only_what_has_changed(client):
    job = client.jobs.get(probe(client).wait().id).refresh()
    before = job.data
    assert job.refresh().data is before


def test_a_job_that_is_not_there(client):
    with pytest.raises(NotFound, match="Job not found"):
        client.jobs.get("jobs:none")


def test_moments_are_told_in_utc():
    at = datetime.fromisoformat("2030-04-13T11:00:00+02:00")
    assert text_of(at) == "2030-04-13T09:00:00.000000Z"
    assert text_of("2030-01-01") == "2030-01-01"


def test_each_unit_is_read_and_what_failed_ones_say_is_grouped(client):
    job = probe(client, fail_every=2).wait(check=False)
    assert [unit.status for unit in job.units()] == ["failed", "succeeded", "failed", "succeeded"]
    assert [unit.unit for unit in job.units(status="failed")] == [0, 2]
    (group,) = job.errors().groups
    assert (group.message, group.count) == ("unit <number> fails, as asked", 2)
    assert job.unit(1).value == {"number": 1}


def test_each_chunk_is_read_and_the_units_of_one(client):
    job = probe(client, fail_every=2).wait(check=False)
    (chunk,) = job.chunks(stage="probe", status="done")
    assert (chunk.first, chunk.last, chunk.counts.failed, chunk.next_unit) == (0, 3, 2, None)
    assert len(list(job.units(chunk=chunk.chunk))) == 4
    assert list(job.units(chunk=1)) == []


def test_one_group_of_errors_is_retried(client):
    job = probe(client, fail_every=2).wait(check=False)
    job.retry(group=job.errors().groups[0].id).wait(check=False)
    assert [unit.attempts for unit in job.units()] == [2, 1, 2, 1]


def test_keys_are_made_listed_and_revoked(client):
    made = client.keys.create("ann", scopes=["read"], label="laptop")
    assert made.key.startswith("sk_")
    assert client.keys.revoke(made.id).state == "revoked"
    assert made.id in {key.id for key in client.keys.list()}
    assert client.whoami().tenant == "default"


def test_a_download_has_all_stages_or_one(client):
    job = client.jobs.create("csv_import", {**IMPORT, "table": "downloaded"})
    job.wait(until=lambda job: job.status == "waiting_review").review("approve")
    job.wait()
    assert [line.partition(b",")[0] for line in b"".join(job.download()).splitlines()] == [
        b"stage",
        b"validate",
        b"compare",
        b"apply",
    ]
    assert b"".join(job.download("jsonl", stage="apply")).count(b"\n") == 1


def test_a_table_is_downloaded_without_formulas_unless_raw(client):
    rows = {"text": "ticket,name\nA,=1+1\n", "unique": "ticket", "table": "formulas"}
    job = client.jobs.create("csv_import", rows)
    job.wait(until=lambda job: job.status == "waiting_review").review("approve").wait()
    assert b",'=1+1" in b"".join(client.records.download("formulas"))
    assert b",=1+1" in b"".join(client.records.download("formulas", raw=True))
    assert b"".join(client.records.download("formulas", "jsonl")).count(b"\n") == 1


def test_a_job_is_read_by_what_its_family_shows(client):
    task = client.tasks.create("crawl", {"url": "http://127.0.0.1:9/", "delay": 0})
    assert client.jobs.get(f"task-{task.id}").id == f"tasks:{task.id}"
