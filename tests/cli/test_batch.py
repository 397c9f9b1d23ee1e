import csv
import io
import json

import pytest

URL = "https://example.com/a.html"


def test_start_prints_the_id_alone(batch, server):
    said = batch("start", URL)
    assert server.job(said.out.removesuffix("\n")).expected == 1


def test_options_reach_the_job(batch, server):
    options = ("--num-tags", "3", "--num-pages", "2", "--exclude", "one", "--exclude", "two", "--job-id", "mine")
    assert batch("start", URL, *options).out == "mine\n"
    params = server.job("mine").params
    assert (params["num_tags"], params["num_pages"], params["exclusion_words"]) == (3, 2, ["one", "two"])


def test_the_models_key_comes_from_the_environment_and_is_sealed(batch, server, monkeypatch):
    monkeypatch.setenv("FERMATA_MODEL_KEY", "sk-secret")
    server.works.clear()
    job = server.job(batch("start", URL, "--model", "some/model", "--base-url", "https://example.com/v1").out.strip())
    assert server.engine.open_secrets(job) == {"api_key": "sk-secret"}


def test_columns_are_mapped(batch, server, tmp_path):
    (tmp_path / "list.csv").write_text("Name,Where\nFirst,https://example.com/1\n")
    said = batch("start", str(tmp_path / "list.csv"), "--map", "Name=title", "--map", "Where=file_path", "--watch")
    assert said.code == 0, said.err
    assert server.job(said.out.strip()).params["column_mapping"] == {"Name": "title", "Where": "file_path"}


def test_documents_that_can_not_be_read_are_known_before_a_batch(batch, tmp_path):
    (tmp_path / "notes.txt").write_text("Swifts sleep on the wing.")
    said = batch("check", str(tmp_path), "http://10.0.0.1/a.html", "-o", "json")
    assert (said.code, [one["valid"] for one in json.loads(said.out)]) == (1, [True, False])
    assert batch("check", str(tmp_path)).code == 0


def test_watch_ends_with_the_batch(batch):
    said = batch("start", URL, "--watch")
    assert said.code == 0
    assert "completed, 1 of 1 documents done" in said.err


def test_watching_a_batch_that_fails_is_told_by_the_exit_code(batch):
    said = batch("start", "https://example.com/bad.html", "--watch")
    assert said.code == 4
    assert "the batch is failed" in said.err


def test_ctrl_c_leaves_the_batch_running_and_says_how_to_go_on(batch, server, started, monkeypatch):
    def interrupt(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr("fermata.cli.watching.time.sleep", interrupt)
    said = batch("status", started, "--watch")
    assert said.code == 130
    assert f"fermata batch status {started} --watch" in said.err
    assert not server.job(started).status.final


def test_status_counts(batch, server, started):
    assert "is pending, 0 of 4" in batch("status", started).out
    server.driver.run()
    assert batch("status", started).out == f"{started} is completed, 4 of 4 documents done, 1 of them failed\n"


def test_status_as_the_api_says_it(batch, started):
    assert json.loads(batch("status", started, "-o", "json").out)["total_documents"] == 4


def test_status_without_an_id_lists_what_is_under_way(batch, server, started):
    job, *stands, age = batch("status").out.splitlines()[1].split()
    assert [job, *stands] == [started, "pending", "0/4"]
    assert age.endswith("s")
    assert [row["job_id"] for row in json.loads(batch("list", "-o", "json").out)] == [started]
    server.driver.run()
    assert batch("status").err == "No batch is under way.\n"


def test_a_paused_batch_goes_on_when_it_is_resumed(batch, server, started):
    assert batch("pause", started).out == "Batch processing paused\n"
    server.driver.run()
    assert "paused, 0 of 4" in batch("status", started).out
    assert batch("resume", started).code == 0
    server.driver.run()
    assert "completed, 4 of 4" in batch("status", started).out


def test_cancel_is_for_good(batch, started):
    assert batch("cancel", started).code == 0
    said = batch("resume", started)
    assert (said.code, "409" in said.err) == (1, True)


def test_results_are_a_table(batch, server, started):
    server.driver.run()
    said = batch("results", started)
    assert "one, two" in said.out
    assert "this one is bad" in said.out


def test_results_as_json_lines(batch, server, started):
    server.driver.run()
    lines = [json.loads(line) for line in batch("results", started, "-o", "jsonl").out.splitlines()]
    assert [(row["row"], row["tags"]) for row in lines[:2]] == [(1, ["one", "two"]), (2, ["one", "two"])]
    assert lines[2]["error"] == "this one is bad"


def test_results_as_csv(batch, server, started):
    server.driver.run()
    rows = list(csv.DictReader(io.StringIO(batch("results", started, "-o", "csv").out)))
    assert [row["tags"] for row in rows] == ["one; two", "one; two", "", "one; two"]


def test_results_of_a_batch_that_runs_end_with_what_there_is(batch, server, started):
    for _ in range(10):
        settled = json.loads(batch("status", started, "-o", "json").out)["processed_count"]
        if settled:
            break
        server.run_some(1)
    assert 0 < settled < 4
    said = batch("results", started, "-o", "jsonl")
    assert (said.code, len(said.out.splitlines()) >= settled) == (0, True)


@pytest.mark.parametrize(("format_", "expected"), [((), 4), (("-o", "jsonl"), 4), (("-o", "csv"), 5)])
def test_following_results_waits_for_the_last(batch, server, started, format_, expected, monkeypatch):
    monkeypatch.setattr("fermata_client._sync.batches.sleep", lambda seconds: server.works.set())
    said = batch("results", started, "--follow", *format_)
    assert (said.code, len(said.out.splitlines())) == (0, expected)


@pytest.mark.parametrize("verb", ["status", "pause", "resume", "cancel", "results"])
def test_an_unknown_batch_is_told_in_the_servers_words(batch, verb):
    said = batch(verb, "nobody's/batch")
    assert (said.code, said.out) == (1, "")
    assert "ot found" in said.err


def test_a_key_that_may_only_read_can_not_pause(batch, started):
    said = batch("pause", started, key="sk_test_readonly")
    assert (said.code, said.err) == (1, "fermata: this needs the scope control (HTTP 403)\n")


def test_another_tenants_batch_is_not_there(batch, started):
    assert "HTTP 404" in batch("status", started, key="sk_test_other").err


def test_what_the_server_refuses_is_told(batch):
    said = batch("start", URL, "--num-pages", "11")
    assert said.code == 1
    assert "config.num_pages" in said.err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "name the documents"),
        ((URL, "--list-url", URL), "not both"),
        (("no-such-file.pdf",), "no such file"),
        (("no-such-*.pdf",), "there is no document"),
        ((URL, "--map", "title"), "COLUMN=FIELD"),
    ],
)
def test_arguments_that_make_no_sense_start_nothing(batch, server, arguments, reason):
    said = batch("start", *arguments)
    assert (said.code, reason in said.err) == (2, True)
    assert not server.world.jobs


def test_a_busy_server_is_asked_again(batch, server, started):
    server.busy = 3
    assert batch("status", started).code == 0


def test_a_server_that_stays_busy_is_given_up(batch, server, started):
    server.busy = 100
    assert "HTTP 503" in batch("status", started).err
