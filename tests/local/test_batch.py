"""Batches on the deployed local stack: workers are killed, the computer is switched off, and each document is settled once."""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fermata_client
import jwt
import pytest
from fermata.local import stack as local
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

pytestmark = pytest.mark.local

PATIENCE = 150.0


@dataclass
class Client:
    """Ann, who has documents to tag."""

    stack: local.Stack

    def __post_init__(self) -> None:
        claims = {"sub": "ann", "aud": "fermata", "exp": time.time() + 3600}
        self.token = jwt.encode(claims, self.stack.jwt_secret, "HS256")
        self.api = fermata_client.Client(self.stack.api_url, token=self.token, timeout=60)

    def start(self, documents: list[dict[str, str]]) -> str:
        return self.api.batches.start(documents, config={"num_tags": 3}).id

    def status(self, job_id: str) -> dict[str, Any]:
        return self.api.batches.get(job_id).data.model_dump(mode="json")

    def order(self, job_id: str, verb: str) -> None:
        getattr(self.api.batches, verb)(job_id)

    def rows(self, job_id: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in b"".join(self.api.batches.download(job_id, "jsonl")).splitlines()]

    def wait(self, job_id: str, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while not until(status := self.status(job_id)):
            assert time.monotonic() < deadline, status
            time.sleep(0.1)
        return status


def is_over(status: dict[str, Any]) -> bool:
    return status["status"] in ("completed", "failed", "cancelled")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[local.Stack]:
    with local.running(state_dir=tmp_path_factory.mktemp("state")) as running:
        yield running


@pytest.fixture
def ann(stack: local.Stack) -> Iterator[Client]:
    client = Client(stack)
    yield client
    client.api.close()


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    folder = tmp_path_factory.mktemp("documents")
    found = []
    for number in range(2000):
        path = folder / f"{number}.txt"
        path.write_text(
            f"Bees of hive {number} gather nectar. The keeper of hive {number} counts frames of honey in spring."
        )
        found.append({"title": str(number), "file_path": str(path), "file_source_type": "local"})
    return found


def test_killing_workers_in_the_middle_settles_each_document_exactly_once(
    stack: local.Stack, ann: Client, documents: list[dict[str, str]]
) -> None:
    job_id = ann.start(documents)
    for share in (0.1, 0.3, 0.5):
        ann.wait(job_id, lambda status, share=share: is_over(status) or status["progress"] >= share)
        for pid in stack.workers("Worker")[:2]:
            os.kill(pid, signal.SIGKILL)
    status = ann.wait(job_id, is_over)
    assert (status["status"], status["processed_count"], status["failed_count"]) == ("completed", 2000, 0)
    rows = ann.rows(job_id)
    assert Counter(row["title"] for row in rows) == Counter(str(number) for number in range(2000))
    assert all(row["tags"] and row["error"] is None for row in rows)


def test_a_batch_is_observed_at_the_address_of_the_api(
    stack: local.Stack, ann: Client, documents: list[dict[str, str]]
) -> None:
    job_id = ann.start(documents[:20])
    address = f"ws{stack.api_url.removeprefix('http')}/api/batch/ws/{job_id}"
    settled: set[int] = set()
    with connect(f"{address}?token={ann.token}", proxy=None) as socket:
        while (message := json.loads(socket.recv(PATIENCE)))["type"] != "completed":
            rows = message["results"] if message["type"] == "catchup" else [message]
            settled |= {row["row_number"] for row in rows if row.get("status") in ("success", "failed")}
    assert (settled, message["processed_count"]) == (set(range(1, 21)), 20)
    with connect(address, proxy=None) as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(PATIENCE)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


def test_a_paused_batch_stays_paused_and_resumes_where_it_stopped(ann: Client, documents: list[dict[str, str]]) -> None:
    job_id = ann.start(documents[:400])
    ann.wait(job_id, lambda status: status["processed_count"] > 20)
    ann.order(job_id, "pause")
    paused = ann.wait(job_id, lambda status: status["status"] == "paused")
    assert ann.status(job_id) == paused
    ann.order(job_id, "resume")
    assert ann.wait(job_id, is_over)["processed_count"] == 400
    assert len(ann.rows(job_id)) == 400


def test_a_paused_batch_survives_the_computer_being_switched_off(
    documents: list[dict[str, str]], tmp_path: Path
) -> None:
    with local.running(state_dir=tmp_path) as first:
        ann = Client(first)
        job_id = ann.start(documents[:200])
        ann.wait(job_id, lambda status: status["processed_count"] > 5)
        ann.order(job_id, "pause")
        before = ann.wait(job_id, lambda status: status["status"] == "paused")
        ann.api.close()
    with local.running(state_dir=tmp_path) as second:
        ann = Client(second)
        assert ann.status(job_id) == before
        ann.order(job_id, "resume")
        assert ann.wait(job_id, is_over)["processed_count"] == 200
        ann.api.close()
