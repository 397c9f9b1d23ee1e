"""The commands that need a whole stack, run as a person would run them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fermata.local import server
from fermata.local import stack as local

pytestmark = pytest.mark.local

Command = Callable[..., subprocess.CompletedProcess[str]]


def run(state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with a state folder of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FERMATA_")} | {"COLUMNS": "160"}
    command = [sys.executable, "-m", "fermata.cli.main", *arguments, "--state-dir", str(state)]
    return subprocess.run(command, capture_output=True, text=True, env=kept, timeout=240)


def processes(state: Path) -> list[str]:
    """Command lines that name the state folder."""
    listing = subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if str(state) in line]


def test_the_demo_tags_every_document_pauses_on_the_way_and_leaves_nothing_running(tmp_path: Path) -> None:
    said = run(tmp_path, "demo", "--port", "0", "--copies", "10")
    assert said.returncode == 0, said.stderr + said.stdout
    assert "still paused" in said.stdout
    assert said.stdout.index("Resumed.") < said.stdout.index("is completed, 120 of 120 documents done")
    assert said.stdout.count("10 of 10") == 12
    assert not server.is_running(tmp_path)
    assert processes(tmp_path) == []


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The state folder of a stack that ``fermata up`` has started."""
    folder = tmp_path_factory.mktemp("state")
    started = run(folder, "up", "--port", "0")
    try:
        assert started.returncode == 0, started.stderr
        yield folder
    finally:
        run(folder, "down")


@pytest.fixture
def fermata(state: Path) -> Command:
    return lambda *arguments: run(state, *arguments)


def answer(state: Path, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    stack = local.status(state)
    assert stack is not None
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(method, stack.api_url + path, headers=named, timeout=30)


@pytest.mark.parametrize(
    ("key", "expected"), [("sk_test_123456", 404), ("sk_test_readonly", 403), ("sk_test_other", 404)]
)
def test_the_stack_knows_its_keys_and_what_they_may(state: Path, key: str, expected: int) -> None:
    assert answer(state, "/api/batch/active", x_api_key=key).status_code == 200
    assert answer(state, "/api/batch/jobs/none/pause", "POST", x_api_key=key).status_code == expected


def test_the_token_command_makes_tokens_that_the_stack_accepts(fermata: Command, state: Path) -> None:
    token = fermata("token", "--user", "ann").stdout.strip()
    assert answer(state, "/api/batch/active", authorization=f"Bearer {token}").status_code == 200


def test_a_key_is_good_until_it_is_revoked(fermata: Command, state: Path) -> None:
    created = fermata("keys", "bootstrap", "--user", "ann", "--scope", "read")
    key, key_id = created.stdout.strip(), created.stderr.partition(":")[0]
    assert answer(state, "/api/batch/active", x_api_key=key).status_code == 200
    assert [key_id, "ann", "read"] in [line.split()[:3] for line in fermata("keys", "list").stdout.splitlines()]
    assert fermata("keys", "revoke", key_id).returncode == 0
    assert answer(state, "/api/batch/active", x_api_key=key).status_code == 401


def test_a_batch_of_ones_own_files_goes_through(fermata: Command, tmp_path: Path) -> None:
    (tmp_path / "bees.txt").write_text("Honey bees live in a hive. The hive of honey bees has a queen. " * 5)
    started = fermata("batch", "start", str(tmp_path / "bees.txt"), "--watch")
    assert started.returncode == 0, started.stderr
    assert "honey bees" in fermata("batch", "results", started.stdout.strip(), "-o", "csv").stdout


def test_serve_runs_the_same_api_here(state: Path) -> None:
    from fermata.local.process import answers, free_port

    port = free_port()
    command = [sys.executable, "-m", "fermata.cli.main", "serve", "--no-reload", "--state-dir", str(state)]
    served = subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 30
        while not answers(f"{url}/health"):
            assert time.monotonic() < deadline, "it never answered"
            time.sleep(0.1)
        answered = httpx.get(f"{url}/api/batch/active", headers={"X-API-Key": "sk_test_123456"}, timeout=30)
        assert (answered.status_code, list(answered.json())) == (200, ["jobs"])
    finally:
        served.terminate()
        served.wait(30)
