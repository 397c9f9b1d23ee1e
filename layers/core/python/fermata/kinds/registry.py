"""The kinds there are, by name. Each is loaded when it is first asked for: who only lists jobs needs none of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from fermata.domain.kind import Kind

PLACES: Mapping[str, tuple[str, str]] = {
    "ai_improvement": ("fermata.kinds.ai_improvement", "AI_IMPROVEMENT"),
    "ai_location_import": ("fermata.kinds.ai_location_import", "AI_LOCATION_IMPORT"),
    "crawl": ("fermata.kinds.crawl", "CRAWL"),
    "csv_import": ("fermata.kinds.csv_import", "CSV_IMPORT"),
    "dedup": ("fermata.kinds.dedup", "DEDUP"),
    "index": ("fermata.kinds.index", "INDEX"),
    "keyword_expand": ("fermata.kinds.keyword_expand", "KEYWORD_EXPAND"),
    "probe": ("fermata.kinds.probe", "PROBE"),
    "search": ("fermata.kinds.search", "SEARCH"),
    "source.process": ("fermata.kinds.source_process", "SOURCE_PROCESS"),
    "tag_documents": ("fermata.kinds.tag_documents", "TAG_DOCUMENTS"),
}
"""Name → module and the name of the kind in it."""


class Registry(Mapping[str, Kind]):
    """Kinds by name."""

    def __init__(self, places: Mapping[str, tuple[str, str]] = PLACES) -> None:
        self._places = places
        self._loaded: dict[str, Kind] = {}

    def __getitem__(self, name: str) -> Kind:
        if name not in self._loaded:
            module, attribute = self._places[name]
            self._loaded[name] = getattr(import_module(module), attribute)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
