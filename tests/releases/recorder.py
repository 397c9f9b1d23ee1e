"""Records what a release writes and sends: the table, the bucket, the queue, the events of its functions, and what it answers.

Only HTTP and AWS's own API are used here, so that the same scenario can be played with any release.
"""

from __future__ import annotations

import json
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KEY = "sk_test_123456"
DOCUMENTS = "documents"
PATIENCE = 30.0
ROWS = "ticket,name,age\n" + "".join(f"T{n},Visitor {n},{20 + n}\n" for n in range(12)) + "T3,Again,30\nT90,Wrong,old\n"
TEXT = "# Swifts\n\nSwifts sleep on the wing. A geolocator weighs half a gram.\n\n# Lighthouses\n\nA lens turns once a minute.\n"
SECRET = "sk-provider-0123456789"


@dataclass
class Recorder:
    """Plays the scenario on a stack (see ``tests/stack/conftest.py``) that has just been made.

    Attributes:
        events: the first few events that each function got, by function and what it was asked to do.
    """

    stack: Any
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._invoke: Callable[[str, Any], Any] = self.stack.invoke
        self.stack.invoke = self._noted

    def record(self, folder: Path) -> None:
        """Writes what there is at the end of the scenario, while a worker is in the middle of a chunk."""
        self._play()
        worker = threading.Thread(target=self._work_on, args=("leased",))
        worker.start()
        self._await(self._has_a_lease_and_results)
        snapshot = self._snapshot()
        worker.join()
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in (snapshot | {"events": self.events}).items():
            text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
            (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")

    def _play(self) -> None:
        self._finished()
        self._reviewed()
        self._content()
        for event in ({}, {"maintenance": "pause"}, {"maintenance": "resume"}):
            self.stack.invoke("recovery", event)
            self.stack.pump()
        self._held()
        self._under_way()

    def _finished(self) -> None:
        """Jobs that are over, each in another way."""
        self._documents()
        self._probe("completed", units=7)
        self._probe("partly", units=7, fail_every=3)
        self._probe("failed", units=2, fail_every=1)
        self._probe("large", units=3, result_bytes=450_000)
        self._probe("cancelled", units=3)
        self._post(f"/api/v1/jobs/{self.ids['cancelled']}/cancel", {"reason": "no need"}, status=200)
        self.ids["task"] = self._task({"url": "http://127.0.0.1:9/", "delay": 0})
        self.stack.pump()
        self._post(f"/api/v1/jobs/{self.ids['partly']}/retry", {}, status=200)
        self.stack.pump()

    def _documents(self) -> None:
        keep_documents(self.stack.client("s3"))
        documents = [{"title": "Swifts", "file_path": f"s3://{DOCUMENTS}/{name}", "file_source_type": "s3", "shelf": 7}
                     for name in ("swifts.md", "there-is-none.md")]  # fmt: skip
        self._post(
            "/api/batch/start", {"job_id": "tagged", "documents": documents, "config": {"num_tags": 3}}, status=200
        )

    def _reviewed(self) -> None:
        for name in ("approved", "draft"):
            body = {"type": "csv_import", "input": {"text": ROWS, "unique": "ticket", "table": name}}
            self.ids[name] = str(self._post("/processes", body)["id"])
        self.stack.pump()
        self._post(f"/processes/{self.ids['approved']}/review", {"decision": "approve"}, status=200)
        self.stack.pump()

    def _content(self) -> None:
        for name in ("indexed", "waiting"):
            if name == "waiting":
                self._post("/api/v1/system/processing/pause", {"reason": "maintenance"}, status=200)
            answer = self._post("/api/v1/sources", {"title": name.title(), "text": TEXT})
            self.ids[name] = str(answer.get("source_id") or answer["id"])
            self.stack.pump()
        self._post(f"/api/v1/sources/{self.ids['waiting']}/pause", {"reason": "wrong document"}, status=200)
        self._post("/api/v1/system/processing/resume", {}, status=200)
        self.stack.pump()

    def _held(self) -> None:
        """Jobs that wait: before their first unit, with a sealed secret, and between two units."""
        documents = [{"title": "Swifts", "file_path": f"s3://{DOCUMENTS}/swifts.md", "file_source_type": "s3"}]
        config = {"api_key": SECRET, "num_tags": 3}
        self._post("/api/batch/start", {"job_id": "sealed", "documents": documents, "config": config}, status=200)
        self._post("/api/batch/jobs/sealed/pause", {}, status=200)
        self._probe("paused", units=60, seconds=0.15)
        self._settle()
        self._work_on("paused", seconds=31)
        hold = {"reason": "a look", "until": "2999-01-01T00:00:00Z"}
        self._post(f"/api/v1/jobs/{self.ids['paused']}/pause", hold, status=200)
        self.stack.pump()

    def _under_way(self) -> None:
        """Jobs that nobody has paused: queued, and with a worker at it."""
        self._probe("queued", units=12)
        self._probe("leased", units=40, seconds=0.2)
        self._settle()

    # How -----------------------------------------------------------------------------------------------------------------

    def _noted(self, name: str, event: Any) -> Any:
        shape = event.get("step") or event.get("maintenance") or event.get("rawPath") or "event"
        if "Records" in event:
            shape = json.loads(event["Records"][0]["body"])["task"]
        if name != "api" or event["requestContext"]["http"]["method"] != "GET":
            self.events.setdefault(name, {}).setdefault(shape, event)
        return self._invoke(name, event)

    def _post(self, path: str, body: Any, status: int = 201) -> Any:
        answer = self.stack.http("POST", path, body=body, headers={"x-api-key": KEY})
        assert answer.status == status, (path, answer.body)
        return answer.json()

    def _probe(self, name: str, **params: Any) -> None:
        self.ids[name] = str(self._post("/api/v1/jobs", {"kind": "probe", "params": params})["id"])

    def _task(self, params: Any) -> str:
        body = {"project_id": 1, "task_type": "crawl", "params": params}
        return str(self._post("/api/v1/tasks", body)["data"]["id"])

    def _settle(self) -> None:
        """Until executions wait and only workers are needed."""
        machines = self.stack._running
        self._await(lambda: all(waits(execution) for execution in machines()))

    def _work_on(self, job: str, seconds: float = 900) -> None:
        """One message of this job, to a worker that has so long; others go back to the queue."""
        queue, sqs = self.stack.outputs["QueueUrl"], self.stack.client("sqs")
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, AttributeNames=["All"])["Messages"]
        mine = next(message for message in found if self.ids[job] in message["Body"])
        for message in found:
            if message is not mine:
                sqs.change_message_visibility(
                    QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                )
        timeout = self.stack.configuration("worker")["Timeout"]
        self._noted("worker", {"Records": [as_record(mine, queue)]}) if seconds >= timeout else self._briefly(
            mine, seconds
        )
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=mine["ReceiptHandle"])

    def _briefly(self, message: Any, seconds: float) -> None:
        configuration = self.stack.configuration
        self.stack.configuration = lambda name: configuration(name) | {"Timeout": seconds}
        try:
            self._noted("worker", {"Records": [as_record(message, self.stack.outputs["QueueUrl"])]})
        finally:
            self.stack.configuration = configuration

    def _await(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, "the scenario does not get on"
            time.sleep(0.005)

    def _items(self) -> list[Any]:
        return list(self.stack.client("dynamodb").scan(TableName=self.stack.outputs["TableName"])["Items"])

    def _has_a_lease_and_results(self) -> bool:
        mine = [item for item in self._items() if item["pk"]["S"].endswith(f"|{self.ids['leased']}")]
        return any(item["sk"]["S"].startswith("segment#") for item in mine)

    # What is kept --------------------------------------------------------------------------------------------------------

    def _snapshot(self) -> dict[str, Any]:
        return {
            "table": [plain(item) for item in sorted(self._items(), key=lambda i: (i["pk"]["S"], i["sk"]["S"]))],
            "bucket": self._objects(),
            "queue": self._queued(),
            "key": self._key(),
            "scenario": {"ids": self.ids, "recorded_at": time.time()},
        }

    def _objects(self) -> dict[str, str]:
        s3, bucket = self.stack.client("s3"), self.stack.outputs["BucketName"]
        found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        return {
            each["Key"]: b64encode(s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()).decode()
            for each in found
        }

    def _queued(self) -> list[str]:
        sqs, queue = self.stack.client("sqs"), self.stack.outputs["QueueUrl"]
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
        return sorted(message["Body"] for message in found)

    def _key(self) -> dict[str, str]:
        """moto's own key, which opens what was sealed; it has never been anybody's."""
        key = keys()[self.stack.outputs["KeyId"]]
        return {"id": key.id, "material": b64encode(key.key_material).decode()}


def keep_documents(s3: Any) -> None:
    """The bucket that jobs read from; it is nobody's record."""
    s3.create_bucket(Bucket=DOCUMENTS)
    s3.put_object(Bucket=DOCUMENTS, Key="swifts.md", Body=TEXT.encode() * 4)


def plain(item: Any) -> Any:
    """An item whose binary values are text."""
    return {name: {kind: b64encode(v).decode() if kind == "B" else v} for name, value in item.items()
            for kind, v in value.items()}  # fmt: skip


def as_stored(item: Any) -> Any:
    """The item again that :func:`plain` was given."""
    return {name: {kind: b64decode(v) if kind == "B" else v} for name, value in item.items()
            for kind, v in value.items()}  # fmt: skip


def restore_key(recorded: dict[str, str], current: str) -> None:
    """Has the account's key be the recorded one: what is sealed names its key."""
    key = keys()[current]
    key.id, key.key_material = recorded["id"], b64decode(recorded["material"])
    keys()[recorded["id"]] = key


def keys() -> Any:
    from moto.kms.models import kms_backends

    return kms_backends["123456789012"]["us-east-1"].keys


def as_record(message: Any, queue: str) -> dict[str, Any]:
    """A message as the worker's event brings it."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{queue.rsplit('/', 1)[1]}",
        "awsRegion": "us-east-1",
    }


def waits(execution: Any) -> bool:
    """Whether an execution has handed out a token and nobody has called back with it yet."""
    worker = execution.exec_worker
    if worker is None or worker.env is None:
        return False
    events = execution.to_history_output()["events"]
    tokens = list(worker.env.callback_pool_manager._pool.values())
    return bool(events and events[-1]["type"] == "TaskSubmitted" and tokens and tokens[-1].get_outcome() is None)
