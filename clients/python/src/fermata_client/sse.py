"""Server-sent events, decoded from the bytes of a response as the HTML standard says."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Message:
    """One event of a stream.

    Attributes:
        type: ``message`` where the stream names none.
        id: of the last event that had one, up to and including this.
        own_id: whether this one had it.
    """

    data: str
    type: str = "message"
    id: str = ""
    own_id: bool = False


@dataclass
class Decoder:
    """Takes bytes as they come, and gives events as they are complete.

    Attributes:
        last_id: what a new connection has to name as ``Last-Event-ID``.
        retry: seconds to wait before that, if the stream says so.
    """

    last_id: str = ""
    retry: float | None = None
    _text: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8-sig")("replace")
    )
    _rest: str = ""
    _data: list[str] = field(default_factory=list)
    _type: str = ""
    _id: str | None = None

    def feed(self, chunk: bytes) -> Iterator[Message]:
        """The events that this chunk completes."""
        text = self._rest + self._text.decode(chunk)
        held = "\r" if text.endswith("\r") else ""  # a line feed may follow
        lines = text.removesuffix(held).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._rest = lines.pop() + held
        for line in lines:
            if message := self._line(line):
                yield message

    def _line(self, line: str) -> Message | None:
        if not line:
            return self._complete()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._type = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value) / 1000
        return None

    def _complete(self) -> Message | None:
        data, type_, own = self._data, self._type, self._id
        self._data, self._type, self._id = [], "", None
        self.last_id = self.last_id if own is None else own  # only now: what breaks off before this was not told
        if not data:
            return None
        return Message("\n".join(data), type_ or "message", self.last_id, own is not None)
