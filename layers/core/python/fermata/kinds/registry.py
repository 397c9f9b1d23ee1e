"""The kinds there are, by name: Fermata's own, and those that installed packages bring by an entry point.

Each is loaded when it is first asked for: who only lists jobs needs none of them. A package names its kinds in the group
``fermata.kinds``, as ``count_words = "count_words.stages:COUNT_WORDS"``; the group is read once a name is asked for that is none
of Fermata's own. A kind that can't be loaded is told in the log and is not there; the others are.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any, Protocol

from fermata.domain.kind import Kind
from fermata.domain.listing import FAMILIES

logger = logging.getLogger(__name__)

GROUP = "fermata.kinds"
NAME = re.compile(r"[a-z][a-z0-9_.]{0,63}")
OPEN_FAMILIES = frozenset({"jobs", "processes", "tasks"})
"""The families that take kinds from outside; the others are made for one kind each."""

PLACES: Mapping[str, tuple[str, str]] = {
    "ai_improvement": ("fermata.kinds.ai_improvement", "AI_IMPROVEMENT"),
    "ai_location_import": ("fermata.kinds.ai_location_import", "AI_LOCATION_IMPORT"),
    "crawl": ("fermata.kinds.crawl", "CRAWL"),
    "csv_import": ("fermata.kinds.csv_import", "CSV_IMPORT"),
    "dedup": ("fermata.kinds.dedup", "DEDUP"),
    "index": ("fermata.kinds.index", "INDEX"),
    "keyword_expand": ("fermata.kinds.keyword_expand", "KEYWORD_EXPAND"),
    "ocr": ("fermata.kinds.ocr", "OCR"),
    "probe": ("fermata.kinds.probe", "PROBE"),
    "research": ("fermata.kinds.research", "RESEARCH"),
    "search": ("fermata.kinds.search", "SEARCH"),
    "source.process": ("fermata.kinds.source_process", "SOURCE_PROCESS"),
    "tag_documents": ("fermata.kinds.tag_documents", "TAG_DOCUMENTS"),
}
"""Name → module and the name of the kind in it."""


class Entry(Protocol):
    """An entry point: what an installed package says it brings."""

    @property
    def name(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def dist(self) -> Any: ...
    def load(self) -> Any: ...


def installed() -> Iterable[Entry]:
    """What installed packages bring, in the order of the packages' names."""
    from importlib.metadata import entry_points

    return sorted(entry_points(group=GROUP), key=lambda entry: (_package(entry), entry.name))


class Registry(Mapping[str, Kind]):
    """Kinds by name; one that is not there raises KeyError."""

    def __init__(
        self, places: Mapping[str, tuple[str, str]] = PLACES, outside: Callable[[], Iterable[Entry]] = installed
    ) -> None:
        self._places, self._outside = places, outside
        self._loaded: dict[str, Kind] = {}
        self._entries: dict[str, Entry] | None = None

    def __getitem__(self, name: str) -> Kind:
        if name not in self._loaded:
            if name in self._places:
                module, attribute = self._places[name]
                self._loaded[name] = getattr(import_module(module), attribute)
            else:
                self._loaded[name] = self._brought(name)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._places
        yield from (name for name in list(self._named()) if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _named(self) -> dict[str, Entry]:
        """The entry points by name; the first of a name counts, and Fermata's own before all."""
        if self._entries is None:
            self._entries = {}
            for entry in self._outside():
                if entry.name in self._places or entry.name in self._entries:
                    _tell(entry, "there is a kind of this name already")
                else:
                    self._entries[entry.name] = entry
        return self._entries

    def _brought(self, name: str) -> Kind:
        entry = self._named()[name]
        try:
            return _checked(entry, entry.load())
        except Exception as error:  # whatever a package does, the rest works
            del self._named()[name]
            _tell(entry, f"{type(error).__name__}: {error}")
            raise KeyError(name) from None


def _checked(entry: Entry, kind: Any) -> Kind:
    if not isinstance(kind, Kind):
        raise TypeError(f"{entry.value} is no fermata.domain.kind.Kind")
    if kind.name != entry.name or not NAME.fullmatch(kind.name):
        raise ValueError(f"the kind is called {kind.name!r}; it must be the entry point's name, of a-z, 0-9, _ and .")
    if unknown := kind.families - OPEN_FAMILIES:
        known = "there is none" if unknown - set(FAMILIES) else "takes no kinds from outside"
        raise ValueError(f"families: {', '.join(sorted(unknown))}: {known}; there are: processes, tasks")
    return kind


def _tell(entry: Entry, problem: str) -> None:
    facts = {"kind": entry.name, "package": _package(entry), "entry_point": entry.value, "problem": problem[:1_000]}
    logger.error(
        "the kind %s of the package %s is left out: %s", entry.name, _package(entry), problem[:1_000], extra=facts
    )


def _package(entry: Entry) -> str:
    return str(entry.dist.name) if entry.dist is not None else "unknown"
