"""The characters of a table's file: found out while the file is copied, and made UTF-8 with line feeds at the ends of lines."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from fermata.domain.kind import JobError, UnitError
from fermata.toolkit.extract import charset

AUTO = "auto"
SAMPLE = 64 * 1024
"""Bytes of lines beyond ASCII that a guess is made on."""

DAMAGED = "\ufffd"
"""What stands for bytes that are no characters; a row that has it is no good."""

_NO_CHARSETS = ("punycode", "rot-13", "idna", "utf-7", "unicode-escape", "raw-unicode-escape", "rot13")
"""Codecs of text that no file is written in."""

_MOSTLY = 0.75
"""Share of the lines beyond ASCII that have to be UTF-8 for the rest to count as damaged."""


def codec_of(name: str) -> str:
    """Python's name of a charset that people write in. Raises ValueError."""
    try:
        info = codecs.lookup(name.strip())
        text = info.decode(info.encode("a1,")[0])[0]
    except (LookupError, UnicodeError, TypeError, ValueError, AttributeError):
        text = None
    if text != "a1," or info.name.replace("_", "-") in _NO_CHARSETS:
        raise ValueError(f"is no known character set: {name[:40]!r}")
    return info.name


@dataclass
class Census:
    """What was seen of a file while it went by.

    Attributes:
        head: its first bytes.
        utf8: whether all of it is UTF-8.
        beyond: lines that are not ASCII, up to :data:`SAMPLE` bytes.
    """

    head: bytes = b""
    utf8: bool = True
    beyond: list[bytes] = field(default_factory=list)
    _size: int = 0

    def watched(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The same chunks."""
        self.head, self.utf8, self.beyond, self._size = b"", True, [], 0  # it may be copied once more
        decoder = codecs.getincrementaldecoder("utf-8")()
        rest = b""
        for chunk in chunks:
            if len(self.head) < SAMPLE:
                self.head += chunk[: SAMPLE - len(self.head)]
            if self.utf8:
                self.utf8 = _decodes(decoder, chunk)
            if self._size < SAMPLE:
                rest = self._look(rest + chunk)
            yield chunk
        self.utf8 = self.utf8 and _decodes(decoder, b"", final=True)
        self._keep(rest)

    def _look(self, text: bytes) -> bytes:
        """Keep the whole lines that are not ASCII; what is left of the last one."""
        *whole, rest = text.splitlines(keepends=True) or [b""]
        for line in whole:
            self._keep(line)
        return rest[:SAMPLE]

    def _keep(self, line: bytes) -> None:
        if not line.isascii() and self._size < SAMPLE:
            self.beyond.append(line[: SAMPLE - self._size])
            self._size += len(line)


@dataclass(frozen=True)
class Encoding:
    """How a file's bytes are read.

    Attributes:
        mark: bytes at the beginning that say so and are no text.
        lines: what ends a line: ``\\n`` (also after ``\\r``) or ``\\r``.
    """

    name: str
    mark: int = 0
    lines: str = "\n"

    @property
    def plain(self) -> bool:
        """Whether the file is already what :meth:`recoded` would make of it."""
        return (self.name, self.mark, self.lines) == ("utf-8", 0, "\n")

    def recoded(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """As UTF-8 with line feeds; bytes that are no characters become :data:`DAMAGED`. Raises JobError for another encoding."""
        decoder = codecs.getincrementaldecoder(self.name)("replace")
        skip, seen = self.mark, ""
        for chunk in chain(chunks, (None,)):
            text = decoder.decode((chunk or b"")[skip:], chunk is None)
            skip = max(0, skip - len(chunk or b""))
            if len(seen) < SAMPLE:
                seen += text[: SAMPLE - len(seen)]
                if len(seen) == SAMPLE or chunk is None:
                    self._check(seen)
            yield self._ended(text)

    def _ended(self, text: str) -> bytes:
        return (text.replace("\r", "\n") if self.lines == "\r" else text).encode("utf-8", "replace")

    def _check(self, text: str) -> None:
        if text.count(DAMAGED) * 10 > len(text):
            raise JobError(f"the file is not in {self.name}")


def encoding_of(census: Census, asked: str = AUTO, content_type: str = "") -> Encoding:
    """How a file is to be read: as asked, by its mark, as UTF-8, as its server says, or by a guess. Raises JobError."""
    marked = next(((name, len(mark)) for mark, name in charset.MARKS if census.head.startswith(mark)), None)
    if asked != AUTO:
        # `utf-16` without its mark is written the way that Windows does; with one, the mark tells.
        wide = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}
        name = wide.get(asked, asked)
        if marked is not None and (marked[0] == name or (asked in wide and marked[0].startswith(asked))):
            name = marked[0]
            return _ending(census, name, marked[1])
        return _ending(census, name, 0)
    if marked is not None:
        return _ending(census, *marked)
    return _ending(census, _unmarked(census, content_type), 0)


def _unmarked(census: Census, content_type: str) -> str:
    if wide := _wide(census.head):
        return wide
    if census.utf8 or not census.beyond:
        return "utf-8"
    label = charset.declared_charset(content_type)
    said = charset.codec_of(label) if label else ""
    if said and said != "utf-8" and all(_fits(line, said) for line in census.beyond):
        return said
    good = sum(_fits(line, "utf-8") for line in census.beyond)
    return "utf-8" if good >= _MOSTLY * len(census.beyond) else _guessed(b"".join(census.beyond))


def _wide(head: bytes) -> str:
    found = charset.wide(head)
    if not found and head.count(0) * 4 >= len(head) > 0:
        raise JobError("the file is no text")
    return found


def _guessed(text: bytes) -> str:
    try:
        return charset.guessed(text)
    except UnitError as error:
        raise JobError(str(error)) from None


def _ending(census: Census, name: str, mark: int) -> Encoding:
    text = census.head[mark:].decode(name, "replace")
    return Encoding(name, mark, "\r" if "\r" in text and "\n" not in text else "\n")


def _fits(data: bytes, name: str) -> bool:
    return _decodes(codecs.getincrementaldecoder(name)(), data)


def _decodes(decoder: codecs.IncrementalDecoder, data: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(data, final)
    except UnicodeError:
        return False
    return True
