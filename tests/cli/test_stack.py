import pytest
from fermata.cli.seeding import SEEDS
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
