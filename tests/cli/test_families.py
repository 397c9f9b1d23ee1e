import json
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "samples"
DEAD = ("-p", "url=http://127.0.0.1:9/", "-p", "delay=0")


def test_a_task_is_started_paused_resumed_and_cancelled(run, at_rest):
    task = run("tasks", "create", "crawl", *DEAD, "--project", "7").out.strip()
    assert run("tasks", "pause", task, "--reason", "too fast").out == "Pause signal sent\n"
    assert "too fast" in run("tasks", "control-state", task).out
    assert run("tasks", "resume", task).out == "Resume signal sent\n"
    assert run("tasks", "cancel", f"task-{task}").out == "Task cancelled\n"
    assert json.loads(run("tasks", "list", "--project", "7", "-o", "json").out)[0]["status"] == "cancelled"
    assert json.loads(run("tasks", "show", task, "-o", "json").out)["project_id"] == 7
    assert run("tasks", "watch", task).code == 4


def test_a_process_is_reviewed(run):
    said = run("processes", "create", "csv_import", "--input", '{"text": "a\\n1\\n"}', "--workspace", "w", "--watch")
    process = said.out.strip()
    assert said.code == 5
    assert run("processes", "review", process, "approve").code == 0
    assert run("processes", "watch", process).code == 0
    assert json.loads(run("processes", "list", "--workspace", "w", "-o", "json").out)[0]["progress"] == 100
    assert "Approved" in run("processes", "events", process).out
    assert run("records", "show", "records", "--workspace", "w", "-o", "csv").out.splitlines()[0] == "key,a"


def test_a_process_is_cancelled_and_can_not_be_retried(run, at_rest):
    process = run("processes", "create", "csv_import", "-p", "text=a").out.strip()
    assert run("processes", "cancel", process).out == f"process {process} is cancelled.\n"
    assert run("processes", "retry", process).code == 1
    assert "cancelled" in run("processes", "show", process).out


@pytest.mark.parametrize("command", ["show", "events", "watch", "follow", "retry", "cancel", "review"])
def test_a_process_of_another_workspace_is_none_to_any_command(run, command):
    process = run("processes", "create", "csv_import", "-p", "text=a", "--workspace", "w").out.strip()
    more = ["approve"] if command == "review" else []
    assert run("processes", command, process, *more, "--workspace", "other").code == 1
    assert run("processes", "show", process, "--workspace", "w").code == 0


def test_a_source_is_found_once_it_is_processed(run):
    said = run("sources", "create", str(SAMPLES / "swifts.md"), "--title", "Swifts", "--watch")
    assert said.code == 0, said.err
    assert "Geolocators" in run("search", "light-level", "geolocators").out
    assert json.loads(run("search", "geolocators", "-o", "json").out)[0]["source_id"] == said.out.strip()
    assert run("search", "xylophone").err == "Nothing was found.\n"


def test_sources_are_paused_resumed_and_deleted(run, at_rest):
    one, two = (run("sources", "create", f"https://example.com/{name}").out.strip() for name in "ab")
    assert run("sources", "pause", one, "--reason", "check", "--until", "1d").out == f"{one} is paused.\n"
    assert "check" in run("sources", "show", one).out
    assert run("sources", "pause", one, two, "nobody").out == "2 of 3 are paused.\n"
    assert run("sources", "resume", one).out == f"{one} is resumed.\n"
    assert run("sources", "resume", one, two).out == "2 of 2 are resumed.\n"
    assert run("sources", "delete", one).out == f"{one} is deleted.\n"
    assert [row["source_id"] for row in json.loads(run("sources", "list", "-o", "json").out)] == [two]


@pytest.mark.parametrize("place", ["no-such-file.md", str(SAMPLES / "lighthouses.pdf")])
def test_a_file_that_can_not_be_given_is_told(run, place):
    said = run("sources", "create", place)
    assert (said.code in (1, 2), len(said.err.splitlines())) == (True, 1)


def test_the_system_is_paused_and_resumed(run):
    assert run("system", "pause", "--reason", "maintenance", "--until", "90s").out == "All processing is paused.\n"
    assert "maintenance" in run("system", "status").out
    assert run("system", "resume").out == "All processing is resumed.\n"
    assert run("system", "events", "--type", "pause").out.count("maintenance") == 1
    assert run("system", "clear-events").out == "2 events are removed.\n"
    assert run("system", "health").out.split() == ["status", "ok", "version", "0.1.0"]


def test_the_audit_log_is_listed_exported_and_verified(run, at_rest):
    job = run("jobs", "create", "probe").out.strip()
    assert "jobs.create" in run("audit", "list", "--target", job, "--from", "1h").out
    assert json.loads(run("audit", "export", "--action", "jobs.create").out)["target"] == job
    found = run("audit", "verify", "-o", "json")
    assert (found.code, json.loads(found.out)["intact"]) == (0, True)


def test_an_audit_log_that_was_changed_is_told_by_the_exit_code(run, at_rest):
    for _ in range(2):
        run("jobs", "create", "probe")
    del at_rest.world.audit["default"][0]
    assert run("audit", "verify").code == 1


def test_kinds_say_what_they_ask_for(run):
    assert "csv_import" in run("kinds", "list").out
    assert "How many units" in run("kinds", "show", "probe").out
    assert json.loads(run("kinds", "show", "probe", "-o", "json").out)["schema"]["properties"]["units"]


def test_the_dashboards_address_is_printed(run, server):
    assert run("open").out == f"{server.url}/\n"


@pytest.mark.parametrize(
    ("command", "member"),
    [
        (("tasks", "create", "crawl", *DEAD), "id"),
        (("processes", "create", "csv_import", "-p", "text=a"), "id"),
        (("sources", "create", "https://example.com/"), "source_id"),
        (("batch", "start", "https://example.com/a.html"), "job_id"),
        (("jobs", "create", "probe"), "id"),
        (("schedules", "create", "n", "rate(1 day)", "probe"), "id"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value[:2]),
)
def test_what_is_new_is_shown_whole_when_asked(run, at_rest, command, member):
    assert json.loads(run(*command, "-o", "json").out)[member]
    assert run(*command, "-o", "csv").out.count("\n") == 2
    assert run(*command, "-o", "table").out.count("\n") > 2
    assert run(*command).out.count("\n") == 1
