import io

import pytest
from fermata.cli import watching
from fermata.cli.top import Screen
from fermata.cli.watching import Lines, Subject, display, follow
from fermata_client import Client
from rich.console import Console


@pytest.fixture
def client(server):
    with Client(server.url, api_key=server.api_key) as made:
        yield made


@pytest.fixture
def job(client, at_rest):
    return client.jobs.create("probe", {"units": 3})


def subject(job):
    return Subject(job.id, job.id, "job", f"fermata jobs watch {job.id}")


def followed(client, job, shown, server, monkeypatch, looks=3):
    """Looks so often before units run."""
    left = [None] * looks

    def sleep(seconds):
        if left:
            left.pop()
        else:
            server.works.set()

    monkeypatch.setattr(watching.time, "sleep", sleep)
    return follow(client, subject(job), shown, lambda job: job.status == "paused" and not left)


def test_lines_say_why_a_paused_job_stands_still(client, job, server, monkeypatch, capsys):
    job.pause(reason="lunch")
    followed(client, job, Lines(subject(job)), server, monkeypatch)
    (line,) = capsys.readouterr().err.splitlines()
    assert "is paused, 0 of 0 units done" in line
    assert "lunch" in line


def test_lines_come_every_few_seconds_though_nothing_changes(job, capsys, monkeypatch):
    lines, now = Lines(subject(job)), [100.0]
    monkeypatch.setattr(watching.time, "monotonic", lambda: now[0])
    for _ in range(12):
        lines.show(job, "")
        now[0] += 1.0
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_a_job_that_stands_still_for_a_while_is_asked_why(client, job, server, monkeypatch, capsys):
    monkeypatch.setattr(watching, "STILL", 0.0)
    monkeypatch.setattr(watching, "LINE", 0.0)
    job.refresh()
    shown = Lines(subject(job))
    left = [None] * 2

    def sleep(seconds):
        left.pop() if left else job.cancel()

    monkeypatch.setattr(watching.time, "sleep", sleep)
    follow(client, subject(job), shown, lambda job: job.over)
    assert "waits for a worker to begin it" in capsys.readouterr().err


def test_a_terminal_has_a_bar(client, job, server, monkeypatch):
    console = Console(file=io.StringIO(), force_terminal=True, width=160)
    job.pause(reason="lunch")
    with display(console, subject(job)) as shown:
        followed(client, job, shown, server, monkeypatch)
    assert "lunch" in console.file.getvalue()


def screen(client, server, only_open=True, width=160):
    console = Console(file=io.StringIO(), width=width)
    console.print(Screen(client, {}, only_open).look(width, 40))
    return console.file.getvalue()


def test_top_shows_who_holds_what(client, job, server):
    job.pause(reason="lunch")
    client.system.pause(reason="night")
    said = screen(client, server)
    assert all(text in said for text in (job.id[:12], "1 paused", "lunch", "All processing is paused: night"))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_top_shows_whole_ids_on_a_narrow_screen(client, job, server, width):
    said = screen(client, server, width=width)
    assert f"{job.id} " in said
    assert "running" in said or "pending" in said
    assert max(map(len, said.splitlines()[1:])) <= width


def test_top_leaves_out_what_is_over_unless_told_otherwise(client, job, server):
    job.cancel()
    assert "no jobs" in screen(client, server)
    assert "1 cancelled" in screen(client, server, only_open=False)


def test_top_tells_how_fast_a_job_is(client, server, monkeypatch):
    now, watched = [0.0], Screen(client, {}, True)
    monkeypatch.setattr("fermata.cli.top.time.monotonic", lambda: now[0])
    job = {"id": "jobs:1", "counts": {"succeeded": 0, "failed": 0, "remaining": 100, "total": 100}}
    assert watched._speed(job, 0.0) is None
    job["counts"] = {**job["counts"], "succeeded": 20}
    assert watched._speed(job, 4.0) == 5.0


def test_top_outlives_a_server_that_is_away(server, client):
    server.busy = 100
    console = Console(file=io.StringIO(), width=160)
    console.print(Screen(client, {}, True).look(160, 40))
    assert "trying again" in console.file.getvalue()


def test_top_is_printed_once_where_there_is_no_terminal(run, job):
    assert job.id[:12] in run("top").out
