import csv
import io
import json

import pytest
from fermata_client.sse import Message

IMPORT = '{"text": "ticket,name\\nA,Ann\\nB,Bob\\n", "unique": "ticket"}'


@pytest.fixture
def created(run):
    """Starts a probe and answers its id."""
    return lambda *options: run("jobs", "create", "probe", "-p", "units=3", *options).out.strip()


def test_create_prints_the_id_alone(run, created):
    job = created()
    assert json.loads(run("jobs", "show", job, "-o", "json").out)["params"]["units"] == 3


def test_parameters_come_from_a_file_and_single_values_win(run, at_rest, tmp_path):
    (tmp_path / "params.json").write_text('{"units": 3, "fail_every": 2}')
    job = run("jobs", "create", "probe", "--params", f"@{tmp_path}/params.json", "-p", "units=1").out.strip()
    assert json.loads(run("jobs", "show", job, "-o", "json").out)["params"]["units"] == 1


def test_options_of_the_engine_reach_the_job(run, created, at_rest):
    job = created("--workspace", "w", "--limit", "2", "--timeout", "60", "--max-failed-share", "0.5")
    shown = json.loads(run("jobs", "show", job, "-o", "json").out)
    assert [shown[name] for name in ("workspace", "limit", "timeout", "max_failed_share")] == ["w", 2, 60.0, 0.5]


def test_the_same_key_is_the_same_job(created):
    assert created("--key", "k") == created("--key", "k")


def test_secrets_come_from_the_environment(run, at_rest, monkeypatch):
    monkeypatch.setenv("FERMATA_SECRET_API_KEY", "sk-secret")
    params = '{"model_name": "m", "documents_url": "https://example.com/list.csv"}'
    said = run("jobs", "create", "tag_documents", "--params", params, "--secret", "api_key")
    (job,) = at_rest.world.jobs.values()
    assert at_rest.engine.open_secrets(job) == {"api_key": "sk-secret"}, said.err


def test_a_secret_that_nobody_has_said_is_asked_for_only_on_a_terminal(run):
    assert "FERMATA_SECRET_API_KEY" in run("jobs", "create", "probe", "--secret", "api_key").err


def test_watching_ends_with_the_job(run):
    said = run("jobs", "create", "probe", "-p", "units=3", "-p", "fail_every=2", "--watch")
    assert (said.code, "is completed, 3 of 3 units done, 2 of them failed" in said.err) == (0, True)


def test_watching_a_job_that_fails_is_told_by_the_exit_code(run):
    said = run("jobs", "create", "probe", "-p", "units=1", "-p", "fail_every=1", "--watch")
    assert (said.code, said.err.splitlines()[-1]) == (4, "fermata: the job is failed")


def test_a_job_that_waits_for_review_is_told_by_the_exit_code(run):
    said = run("jobs", "create", "csv_import", "--params", IMPORT, "--watch")
    job = said.out.strip()
    assert (said.code, f"fermata jobs review {job} approve" in said.err) == (5, True)
    assert run("jobs", "review", job, "approve", "--reason", "fine", "--watch").code == 0
    assert len(json.loads(run("records", "show", "records", "-o", "json").out)) == 2


def test_a_rejected_draft_ends_the_job(run):
    job = run("jobs", "create", "csv_import", "--params", IMPORT, "--watch").out.strip()
    assert run("jobs", "review", job, "reject").out == f"{job} is cancelled.\n"


def test_a_list_is_a_table_json_or_csv(run, created, at_rest):
    jobs = [created(), created()]
    head, *lines = run("jobs", "list").out.splitlines()
    assert head.split()[:3] == ["ID", "KIND", "STATUS"]
    assert [line.split()[0] for line in lines] == jobs[::-1]
    assert [row["id"] for row in json.loads(run("jobs", "list", "-o", "json").out)] == jobs[::-1]
    rows = list(csv.DictReader(io.StringIO(run("jobs", "list", "-o", "csv").out)))
    assert [(row["id"], row["done"]) for row in rows] == [(job, "0/0") for job in jobs[::-1]]


def test_a_list_has_as_many_as_were_asked_for(run, created, at_rest):
    for _ in range(3):
        created()
    assert len(json.loads(run("jobs", "list", "--limit", "2", "-o", "json").out)) == 2
    assert len(json.loads(run("jobs", "list", "--all", "-o", "json").out)) == 3


def test_a_list_is_filtered(run, created, at_rest):
    created("--workspace", "one")
    two = created("--workspace", "two")
    said = run("jobs", "list", "--workspace", "two", "--status", "pending", "--not-held", "--from", "1h", "-o", "json")
    assert [row["id"] for row in json.loads(said.out)] == [two]
    assert run("jobs", "list", "--to", "1h").err == "There is no such job.\n"
    assert run("jobs", "list", "--failed-units").err == "There is no such job.\n"
    assert two in run("jobs", "list", "--no-failed-units").out


def test_a_pause_says_why_and_until_when(run, created, at_rest):
    job = created()
    assert run("jobs", "pause", job, "--reason", "lunch", "--until", "2h").out == f"{job} is paused.\n"
    assert "lunch" in run("jobs", "why", job).out
    assert "lunch" in run("jobs", "list", "--held").out
    assert run("jobs", "resume", job).out == f"{job} is resumed.\n"
    assert run("jobs", "cancel", job, "--reason", "enough").out == f"{job} is cancelled.\n"


def test_a_job_that_the_system_still_holds_is_not_told_as_going_on(run, created, at_rest):
    job = created()
    run("jobs", "pause", job)
    run("system", "pause")
    assert "still held: system" in run("jobs", "resume", job).out


def test_one_that_is_refused_does_not_keep_the_others_from_it(run, created, at_rest):
    job = created()
    said = run("jobs", "cancel", "jobs:none", job)
    assert (said.code, said.out) == (1, f"{job} is cancelled.\n")
    assert said.err.startswith("fermata: jobs:none: Job not found")


def test_a_refusal_is_told_in_the_servers_words(run):
    said = run("jobs", "pause", "jobs:none")
    assert (said.code, said.err) == (1, "fermata: Job not found: jobs:none (HTTP 404)\n")


def test_many_are_paused_by_what_they_are(run, created, at_rest):
    jobs = {created("--workspace", "w") for _ in range(2)}
    tried = json.loads(run("jobs", "pause", "--workspace", "w", "--dry-run", "-o", "json").out)
    assert {(row["job_id"], row["outcome"]) for row in tried} == {(job, "would be done") for job in jobs}
    said = run("jobs", "pause", "--workspace", "w", "--yes", "-o", "json")
    assert {row["status"] for row in json.loads(said.out)} == {"paused"}


def test_many_are_not_touched_without_a_yes(run, created, at_rest):
    created()
    said = run("jobs", "cancel", "--all")
    assert (said.code, "--yes" in said.err) == (2, True)
    assert {job.status for job in at_rest.world.jobs.values()} == {"pending"}


def test_results_are_of_all_stages(run):
    job = run("jobs", "create", "csv_import", "--params", IMPORT, "--watch").out.strip()
    run("jobs", "review", job, "approve", "--watch")
    rows = [json.loads(line) for line in run("jobs", "results", job, "-o", "jsonl").out.splitlines()]
    assert [row["stage"] for row in rows] == ["validate", "compare", "apply"]
    assert json.loads(run("jobs", "results", job, "--stage", "apply", "-o", "json").out) == [rows[2]]


def test_failed_results_say_what_they_were_about(run, created):
    job = run("jobs", "create", "probe", "-p", "units=3", "-p", "fail_every=2", "--watch").out.strip()
    assert run("jobs", "results", job, "--failed").out.count("as asked") == 2


def test_results_are_followed_to_the_end(run, created, at_rest, monkeypatch):
    job = created()
    monkeypatch.setattr("fermata_client._sync.jobs.sleep", lambda seconds: at_rest.works.set())
    assert len(run("jobs", "results", job, "--follow", "-o", "jsonl").out.splitlines()) == 3


def test_history_is_shown_and_followed(run, created):
    job = run("jobs", "create", "probe", "-p", "units=1", "--watch").out.strip()
    shown = [row["type"] for row in json.loads(run("jobs", "events", job, "-o", "json").out)]
    followed = [
        json.loads(line)["type"] for line in run("jobs", "events", job, "--follow", "-o", "jsonl").out.splitlines()
    ]
    assert shown == followed == ["created", "started", "stage", "completed"]
    assert "completed" in run("jobs", "events", job, "--follow").out


def test_units_run_again_by_their_numbers(run, created):
    job = run("jobs", "create", "probe", "-p", "units=5", "--watch").out.strip()
    assert run("jobs", "retry", job, "--units", "0-2,4", "--watch").code == 0
    assert json.loads(run("jobs", "show", job, "-o", "json").out)["run"] == 2


def test_what_strangers_wrote_does_nothing_to_the_terminal(run, at_rest):
    run("sources", "create", "https://example.com/", "--title", "a\x1b[31mred\x07")
    assert run("sources", "list").out.isprintable() is False  # line feeds
    assert "\x1b" not in run("sources", "list").out


def test_each_unit_is_shown_with_its_tries(run, created):
    job = created("-p", "fail_every=2", "--watch")
    rows = json.loads(run("jobs", "units", job, "-o", "json").out)
    assert [(row["unit"], row["status"], row["attempts"]) for row in rows] == [
        (0, "failed", 1),
        (1, "succeeded", 1),
        (2, "failed", 1),
    ]
    assert len(run("jobs", "units", job, "--status", "failed", "--limit", "1", "-o", "csv").out.splitlines()) == 2
    assert '{"number": 1}' in run("jobs", "unit", job, "1").out
    assert run("jobs", "unit", job, "9").code == 1


def test_each_chunk_is_shown_and_the_units_of_one(run, created):
    job = created("-p", "fail_every=2", "--watch")
    assert run("jobs", "chunks", job, "-o", "csv").out.splitlines()[1].startswith("probe,0,done,0,2,1,2,0,1,0,")
    assert run("jobs", "chunks", job, "--status", "lost", "-o", "json").out.strip() == "[]"
    assert len(run("jobs", "units", job, "--chunk", "0", "-o", "jsonl").out.splitlines()) == 3


def test_errors_are_grouped_and_one_group_is_retried(run, created):
    job = created("-p", "fail_every=2", "--watch")
    (group,) = json.loads(run("jobs", "errors", job, "-o", "json").out)
    assert (group["count"], "as asked" in run("jobs", "errors", job).out) == (2, True)
    assert run("jobs", "retry", job, "--group", group["id"], "--watch").code == 0
    attempts = [row["attempts"] for row in json.loads(run("jobs", "units", job, "-o", "json").out)]
    assert attempts == [2, 1, 2]
    assert run("jobs", "retry", job, "--group", group["id"], "--units", "1").code == 2
    assert run("jobs", "errors", created("--watch")).err == "No unit has failed.\n"


def test_a_job_is_named_by_what_its_family_shows(run, at_rest):
    task = run("tasks", "create", "crawl", "-p", "url=http://127.0.0.1:9/", "-p", "delay=0").out.strip()
    assert json.loads(run("jobs", "show", task, "-o", "json").out)["id"] == f"tasks:{task}"
    (row,) = json.loads(run("jobs", "pause", f"task-{task}", "-o", "json").out)
    assert row == {"job_id": f"tasks:{task}", "status": "paused", "outcome": "done", "error": None}


def test_what_became_of_each_named_job_is_told_as_data(run, created, at_rest):
    job = created()
    said = run("jobs", "cancel", "jobs:none", job, "-o", "json")
    assert said.code == 1
    assert [(row["job_id"], row["outcome"]) for row in json.loads(said.out)] == [
        ("jobs:none", "refused"),
        (job, "done"),
    ]


def test_a_new_job_is_shown_whole_when_asked(run, at_rest):
    said = run("jobs", "create", "probe", "--rate", "60", "--rate-key", "shared", "-o", "json")
    assert [json.loads(said.out)[name] for name in ("kind", "rate", "rate_key")] == ["probe", 60, "shared"]


def test_a_task_token_comes_from_standard_input(run, at_rest, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("x" * 1_024 + "\n"))
    assert run("jobs", "create", "probe", "--task-token", "@-").code == 0
    (job,) = at_rest.world.jobs.values()
    assert job.callback is not None


def test_results_are_a_file_without_formulas_unless_raw(run):
    rows = '{"text": "ticket,name\\nA,=1+1\\n", "unique": "ticket"}'
    job = run("jobs", "create", "csv_import", "--params", rows, "--watch").out.strip()
    run("jobs", "review", job, "approve", "--watch")
    assert run("jobs", "results", job, "-o", "csv").out.splitlines()[0] == "stage,unit,value,error,input,attempts"
    for more in ((), ("--all",)):
        assert ",'=1+1" in run("records", "show", "records", "-o", "csv", *more).out
        assert ",=1+1" in run("records", "show", "records", "-o", "csv", "--raw", *more).out
    assert run("records", "show", "records", "--raw").code == 2


def test_everything_in_the_tenant_is_followed(run, server, monkeypatch):
    monkeypatch.setattr("fermata_client._sync.changes.follow", scripted)
    lines = run("follow").out.splitlines()
    assert [line.split()[1:3] for line in lines] == [["jobs:1", "completed"], ["system", "pause"]]
    rows = [json.loads(line) for line in run("follow", "-o", "jsonl").out.splitlines()]
    assert [(row["id"], row["type"]) for row in rows] == [("a", "ready"), ("b", "completed"), ("c", "system")]


def scripted(transport, path, after, patience, query):
    at = "2026-01-01T00:00:00Z"
    about = {"job_id": "jobs:1", "kind": "probe", "family": "jobs", "workspace": "default", "user": "ann"}
    line = {"number": 4, "type": "completed", "at": at, "status": "completed", "data": {}, **about}
    event = {"id": "1", "event_type": "pause", "at": at, "reason": "night", "workspace": "default"}
    for id_, type_, data in (("a", "ready", {"at": at}), ("b", "completed", line), ("c", "system", event)):
        yield Message(json.dumps(data), type_, id_, own_id=True)


def test_it_is_told_who_calls(run, server):
    assert json.loads(run("whoami", "-o", "json").out)["user"] == "embedded"
    assert server.url in run("whoami").out


def test_a_schedule_starts_another_job_once_it_is_changed(run):
    made = run(
        "schedules", "create", "n", "rate(1 day)", "probe", "-p", "units=2", "-p", "seconds=0.1", "--label", "a=b"
    )
    schedule = made.out.strip()

    def job():
        return json.loads(run("schedules", "show", schedule, "-o", "json").out)["job"]

    run("schedules", "change", schedule, "-p", "units=3", "--rate", "60")
    assert (job()["params"]["units"], job()["params"]["seconds"], job()["rate"], job()["labels"]) == (
        3,
        0.1,
        60,
        {"a": "b"},
    )
    run("schedules", "change", schedule, "--params", '{"units": 4}', "--label", "c=d")
    assert ("seconds" in job()["params"] and job()["params"]["seconds"] == 0.1, job()["labels"]) == (False, {"c": "d"})
    run("schedules", "change", schedule, "--kind", "crawl", "-p", "url=https://example.com/", "--name", "crawling")
    assert (job()["kind"], job()["params"]["url"]) == ("crawl", "https://example.com/")
