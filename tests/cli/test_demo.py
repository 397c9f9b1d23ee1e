import io
import socket
import time
from pathlib import Path

import pytest
from fermata.cli import demo
from fermata.cli.errors import CommandError
from fermata.local.stack import Stack
from fermata_client import Client
from rich.console import Console

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=160)


@pytest.fixture
def show(server, console, monkeypatch):
    monkeypatch.setattr(demo, "REST", 0.05)
    step = server.driver.step
    monkeypatch.setattr(server.driver, "step", lambda **how: time.sleep(0.005) or step(**how))
    with Client(server.url, api_key="sk_test_123456") as client:
        yield demo.Demo(client, console)


def test_the_batch_is_paused_on_the_way_and_ends_with_tags(show, server, console):
    job = show.run(demo.samples(SAMPLES, 10))
    types = [event.type.value for event in server.engine.log.events(server.job(demo.subject_id(job)).ref)]
    assert (job.status, job.counts.settled) == ("completed", 120)
    assert types.index("paused") < types.index("resumed") < types.index("completed")
    assert console.file.getvalue().count("10 of 10") == 12


def test_a_batch_that_does_not_stay_paused_is_told(show, server, monkeypatch):
    def somebody_resumes(seconds):
        (batch,) = show.client.batches.active()
        show.client.batches.resume(batch.job_id)

    monkeypatch.setattr(demo, "sleep", somebody_resumes)
    with pytest.raises(CommandError, match="should not have happened"):
        show.run(demo.samples(SAMPLES, 10))


def test_a_batch_too_quick_to_be_paused_ends_all_the_same(show, console):
    job = show.run([{"file_path": "https://example.com/a", "file_source_type": "url"}])
    assert job.status == "completed"


def test_each_sample_is_there_and_of_all_formats():
    rows = demo.samples(SAMPLES, 2)
    assert len(rows) == 24
    assert {Path(row["file_path"]).suffix for row in rows} == {".pdf", ".html", ".docx", ".txt", ".md"}
    assert all(Path(row["file_path"]).is_file() for row in rows)


@pytest.fixture
def stacks(monkeypatch, tmp_path):
    """What was started and stopped, by port; nothing really is."""
    done = []
    stack = Stack("http://localhost:1", "http://127.0.0.1:1", {"TableName": "t"}, 0, str(tmp_path), "log")
    monkeypatch.setattr("fermata.local.stack.status", lambda state_dir=None: None)
    monkeypatch.setattr("fermata.local.stack.up", lambda port, state_dir: done.append(f"up {port}") or stack)
    monkeypatch.setattr("fermata.local.stack.down", lambda folder: done.append("down"))
    monkeypatch.setattr("fermata.cli.seeding.seed", lambda stack: None)
    return done


def test_what_was_started_is_stopped(stacks, console):
    with demo.stack_for_now(0, None, console) as (_, started):
        assert started
    assert stacks == ["up 0", "down"]


def test_what_was_started_is_stopped_after_an_error_too(stacks, console):
    with pytest.raises(KeyboardInterrupt), demo.stack_for_now(0, None, console):
        raise KeyboardInterrupt
    assert stacks == ["up 0", "down"]


def test_a_port_that_is_taken_is_left_alone(stacks, console):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with demo.stack_for_now(port, None, console):
            pass
    assert stacks == ["up 0", "down"]
    assert f"Port {port} is taken" in console.file.getvalue()


def test_a_stack_that_runs_already_is_used_and_left_running(stacks, console, monkeypatch, tmp_path):
    stack = Stack("http://localhost:1", "http://127.0.0.1:1", {"TableName": "t"}, 0, str(tmp_path), "log")
    monkeypatch.setattr("fermata.local.stack.status", lambda state_dir=None: stack)
    with demo.stack_for_now(8000, None, console) as (found, started):
        assert (found, started) == (stack, False)
    assert stacks == []
