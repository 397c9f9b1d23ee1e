import json
from dataclasses import asdict
from types import SimpleNamespace

import pytest
from fermata.cli.seeding import SEEDS
from fermata.local import stack as local
from fermata.local.errors import StackError
from fermata.local.stack import Stack


@pytest.fixture
def stack(monkeypatch, tmp_path):
    """A local stack that starts at once, since it is none; which were seeded, and where each was started."""
    found = Stack("http://localhost:8000", "http://127.0.0.1:1", {"TableName": "t"}, 0, str(tmp_path), "log")
    monkeypatch.setattr("fermata.local.stack.up", lambda port, state_dir, parameters: found)
    return found


def test_up_seeds_the_keys_and_says_how_to_go_on(fermata, stack, monkeypatch):
    seeded = []
    monkeypatch.setattr("fermata.cli.seeding.seed", seeded.append)
    said = fermata("up")
    assert (said.code, seeded) == (0, [stack])
    assert all(text in said.out for text in (stack.api_url, "fermata down", *(key for key, _, _ in SEEDS)))


def test_a_port_that_is_taken_is_told(fermata, monkeypatch):
    def refuse(port, state_dir, parameters):
        raise StackError(f"Port {port} is taken by another program. Stop it, or choose another port.")

    monkeypatch.setattr("fermata.local.stack.up", refuse)
    said = fermata("up", "--port", "8123")
    assert (said.code, said.err) == (
        1,
        "fermata: Port 8123 is taken by another program. Stop it, or choose another port.\n",
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("CorsOrigin=http://localhost:3000", "has no parameter CorsOrigin; it has"),
        ("LogLevel=CHATTY", "LogLevel is one of"),
        ("LogLevel", "a parameter is NAME=VALUE, not LogLevel"),
    ],
)
def test_a_parameter_that_the_template_does_not_know_starts_nothing(fermata, tmp_path, given, said):
    answer = fermata("up", "--set", given, "--state-dir", str(tmp_path / "state"))
    assert answer.code != 0
    assert said in answer.err
    assert not (tmp_path / "state").exists()


def test_a_disk_that_is_nearly_full_starts_nothing(fermata, monkeypatch, tmp_path):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=3 * 1024**2))
    said = fermata("up", "--port", "0", "--state-dir", str(tmp_path / "state"))
    assert (said.code, len(said.err.splitlines())) == (1, 1)
    assert "There are 3 MB left" in said.err
    assert not (tmp_path / "state" / "server.log").exists()


def test_a_secret_that_could_not_be_written_whole_is_none(monkeypatch, tmp_path):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.link", full)
    with pytest.raises(OSError, match="No space"):
        local._secret(tmp_path, "jwt-secret")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("command", ["status", "up", "down"])
@pytest.mark.parametrize("record", ["", "{}", "[]", '{"api_url": 1'])
def test_a_record_that_can_not_be_read_is_a_line(fermata, monkeypatch, tmp_path, record, command):
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "state" / "stack.json").write_text(record)
    monkeypatch.setattr("fermata.local.server.is_running", lambda folder: True)
    said = fermata(command)
    assert (said.code, len(said.err.splitlines()), "damaged" in said.err) == (1, 1, True)


def test_the_record_of_a_newer_version_is_read(fermata, monkeypatch, stack, tmp_path):
    monkeypatch.undo()
    monkeypatch.setattr("fermata.local.server.is_running", lambda folder: True)
    (tmp_path / "stack.json").write_text(json.dumps({**asdict(stack), "newer": 1}))
    assert local.status(tmp_path) == stack


@pytest.mark.parametrize(("ran", "said"), [(True, "Stopped."), (False, "was not running")])
def test_down_says_whether_there_was_anything_to_stop(fermata, monkeypatch, ran, said):
    monkeypatch.setattr("fermata.local.stack.down", lambda state_dir: ran)
    assert said in fermata("down").out


def test_status_says_where_it_is_and_by_the_exit_code_whether_it_runs(fermata, stack, monkeypatch):
    monkeypatch.setattr("fermata.local.stack.status", lambda state_dir=None: None)
    assert fermata("status").code == 3
    monkeypatch.setattr("fermata.local.stack.status", lambda state_dir=None: stack)
    said = fermata("stack", "status", "-o", "json")
    assert (said.code, '"dashboard": "http://localhost:8000/"' in said.out) == (0, True)
