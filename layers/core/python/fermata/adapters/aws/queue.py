"""Work waiting for workers, in SQS."""

from __future__ import annotations

import json
import logging
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fermata.adapters.aws.clients import Clients, SystemClock
from fermata.adapters.aws.codec import dump, load
from fermata.adapters.aws.errors import translated
from fermata.domain.errors import FermataError, InvalidInput, Unavailable
from fermata.domain.kind import DEFAULT_WORKER
from fermata.ports import EXPRESS, Clock, Message, QueueDepth

BATCH = 10
MAX_DELAY = 900
MAX_VISIBILITY = 43_200
MAX_GROUP = 128
"""Limits of SQS: messages in a request, seconds, seconds, characters."""

WAITING = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed")
IN_FLIGHT = "ApproximateNumberOfMessagesNotVisible"
"""Attributes of a queue."""

TRIES = 4
DEAD_VISIBILITY = 60
"""Seconds that a dead letter stays hidden while somebody looks into it; after a crash it shows again."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SqsDelivery:
    """Implements :class:`fermata.ports.Delivery`.

    Attributes:
        id: of the message; the same when it is delivered again.
        count: how often it has been delivered, with this time.
    """

    id: str
    message: Message
    count: int
    receipt: str
    queue: str
    clients: Clients = field(repr=False, compare=False)
    worker: str = ""

    @property
    def again(self) -> bool:
        return self.count > 1

    def extend(self, seconds: float) -> None:
        hidden = min(math.ceil(seconds), MAX_VISIBILITY)
        try:
            with translated():
                self.clients.sqs.change_message_visibility(
                    QueueUrl=self.queue, ReceiptHandle=self.receipt, VisibilityTimeout=hidden
                )
        except FermataError as error:
            # Throttled, or shown again already: then its receipt has expired, and whoever gets it finds the chunk leased.
            logger.warning("a message may be delivered again meanwhile: %s", error, extra={"message_id": self.id})


class SqsQueue:
    """Implements :class:`fermata.ports.Queue`; ``dead`` needs the URL of the dead-letter queue.

    ``express``: URL of the queue that quick work goes through; without it there is one queue for all. ``classes``: URLs of the
    queues of other classes of workers than the default one.
    """

    def __init__(
        self,
        url: str,
        dead_letters: str | None = None,
        clients: Clients | None = None,
        clock: Clock | None = None,
        express: str | None = None,
        classes: Mapping[str, str] | None = None,
    ) -> None:
        self._url = url
        self._classes = {**(classes or {}), DEFAULT_WORKER: url}
        self._express = express or url
        self._dead_letters = dead_letters
        self._clients = clients or Clients()
        self._clock = clock or SystemClock()

    def send(self, messages: Sequence[Message], delay: float = 0) -> None:
        by_queue: dict[str, list[Message]] = defaultdict(list)
        for message in messages:
            by_queue[self._queue_of(message)].append(message)
        for url, asked in by_queue.items():
            for entries in entries_of([(message.tenant, dump(message)) for message in asked], delay):
                send_entries(self._clients, self._clock, url, entries)

    def delivery(self, record: Mapping[str, Any], worker: str = "") -> SqsDelivery:
        """A record of the event that Lambda passes to a worker. Raises InvalidInput when it is none of ours."""
        count = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
        message = parse(record["body"])
        url = self._queue_of(message)
        return SqsDelivery(record["messageId"], message, count, record["receiptHandle"], url, self._clients, worker)

    def dead(self, limit: int = 100) -> Iterator[Message]:
        if self._dead_letters is None:
            return
        while limit > 0 and (letters := self._receive(self._dead_letters, min(limit, BATCH))):
            for letter in letters:
                try:
                    yield parse(letter["Body"])
                except InvalidInput:
                    logger.exception("dropped a dead letter that nobody can read: %s", letter["MessageId"])
                with translated():
                    self._clients.sqs.delete_message(QueueUrl=self._dead_letters, ReceiptHandle=letter["ReceiptHandle"])
            limit -= len(letters)

    def backlog(self, worker: str = DEFAULT_WORKER) -> int:
        return sum(self._attributes(self._classes[worker], *WAITING))

    def depths(self) -> list[QueueDepth]:
        urls = {**self._classes, **({EXPRESS: self._express} if self._express != self._url else {})}
        return [_depth(name, *self._attributes(urls[name], *WAITING, IN_FLIGHT)) for name in sorted(urls)]

    def _attributes(self, url: str, *names: str) -> list[int]:
        asked: Any = list(names)
        with translated():
            answer: Any = self._clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)
        return [int(answer["Attributes"].get(name, 0)) for name in names]

    def _queue_of(self, message: Message) -> str:
        """Raises InvalidInput for a class of workers that this stack does not have."""
        if message.express:
            return self._express
        if message.worker not in self._classes:
            raise InvalidInput("worker", f"this stack has no workers of the class {message.worker!r}")
        return self._classes[message.worker]

    def _receive(self, url: str, count: int) -> list[Any]:
        with translated():
            answer = self._clients.sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=count, VisibilityTimeout=DEAD_VISIBILITY, WaitTimeSeconds=0
            )
        return list(answer.get("Messages", []))


def parse(body: str) -> Message:
    """The message in a body. Raises InvalidInput."""
    try:
        return load(Message, body)
    except (json.JSONDecodeError, TypeError, KeyError, AttributeError) as error:
        raise InvalidInput("message", f"is none of ours: {error}") from error


def _depth(name: str, waiting: int, delayed: int, in_flight: int) -> QueueDepth:
    return QueueDepth(name, waiting + delayed, in_flight)


def entries_of(bodies: Sequence[tuple[str, str]], delay: float) -> Iterator[list[dict[str, Any]]]:
    """Batches of messages, each given as its tenant and its body."""
    seconds = min(math.ceil(delay), MAX_DELAY)
    for start in range(0, len(bodies), BATCH):
        # The group makes a standard queue fair: the backlog of one tenant does not hold up the others. It orders nothing.
        yield [
            {"Id": str(place), "MessageBody": body, "DelaySeconds": seconds, "MessageGroupId": tenant[:MAX_GROUP]}
            for place, (tenant, body) in enumerate(bodies[start : start + BATCH])
        ]


def send_entries(clients: Clients, clock: Clock, url: str, entries: list[Any]) -> None:
    """Send a batch, and what of it is not taken again. Raises InvalidInput and Unavailable."""
    for tried in range(TRIES):
        with translated():
            answer = clients.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        failed = {failure["Id"]: failure for failure in answer.get("Failed", [])}
        if not failed:
            return
        if wrong := next((failure for failure in failed.values() if failure["SenderFault"]), None):
            raise InvalidInput("message", wrong.get("Message", wrong["Code"]))
        entries = [entry for entry in entries if entry["Id"] in failed]
        clock.sleep(0.05 * 2**tried)
    raise Unavailable(f"{len(entries)} messages could not be queued")
