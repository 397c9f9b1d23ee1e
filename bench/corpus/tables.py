"""What came of reading, as figures: quality, refusals, time and memory of each reader."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.corpus.csv_readers import rows_of, text_of
from bench.corpus.files import AnnotatedTable, GoldPage
from bench.corpus.process import Reading, read_all
from bench.corpus.quality import Frames, Page, Share, agreement, plain, snippets
from bench.corpus.readers import OWN, READERS
from bench.figure import Check, Figure, Table

WANTED, UNWANTED, BOILERPLATE = 97.0, 10.0, 5.0
"""Percent: at least, at most, and less than."""

TAGS, PAGES = 8, 3
OTHERS = ("trafilatura", "readability-lxml")
"""Readers whose texts say what belongs to a page."""

CHARACTERS = 4_000 * PAGES
"""What tags are taken from: so much of a page's text."""


def html(pages: Sequence[GoldPage], peers: str) -> Iterator[Figure]:
    """Main text by the snippets that people have marked, and tags of that text."""
    readings = _readings("html", [page.path for page in pages], peers)
    rows = []
    shares: dict[str, tuple[Share, Share]] = {}
    for reader, reading in readings.items():
        wanted = unwanted = Share()
        for page, text in zip(pages, reading.texts, strict=True):
            wanted += snippets(text, page.wanted)
            unwanted += snippets(text, page.unwanted)
        shares[reader] = wanted, unwanted
        rows.append((reader, f"{wanted.percent:.1f} %", f"{unwanted.percent:.1f} %", *_costs(reading)))
    wanted, unwanted = shares[OWN]
    yield Figure(
        "Main text of pages",
        (
            Check(
                "wanted snippets that are read",
                f"{wanted.percent:.2f} %",
                f"≥ {WANTED:.0f} %",
                wanted.percent >= WANTED,
            ),
            Check(
                "unwanted snippets that are read",
                f"{unwanted.percent:.2f} %",
                f"≤ {UNWANTED:.0f} %",
                unwanted.percent <= UNWANTED,
            ),
        ),
        (Table("Gold snippets", ("reader", "wanted", "unwanted", "time", "memory"), tuple(rows)),),
        (
            f"{len(pages)} pages of trafilatura's evaluation set, with {wanted.whole:.0f} snippets that are wanted and "
            f"{unwanted.whole:.0f} that are not; compared without signs that nobody sees.",
        ),
    )
    yield _tags(pages, readings)


def _tags(pages: Sequence[GoldPage], readings: dict[str, Reading]) -> Figure:
    frames = Frames((urlsplit(page.url).hostname or "", page.wanted, page.unwanted) for page in pages)
    known = [
        Page(
            _title(page.path),
            page.wanted,
            page.unwanted,
            [plain(readings[name].texts[at] or "") for name in OTHERS if name in readings],
        )
        for at, page in enumerate(pages)
    ]
    shares = {name: _boilerplate(known, readings[name], frames) for name in readings}
    share = shares[OWN]
    rows = tuple((reader, f"{found.whole:.0f}", f"{found.percent:.1f} %") for reader, found in shares.items())
    return Figure(
        "Tags of pages",
        (
            Check(
                "tags that are boilerplate",
                f"{share.percent:.1f} %",
                f"< {BOILERPLATE:.0f} %",
                share.percent < BOILERPLATE,
            ),
        ),
        (Table("Tags of the embedded tagger, eight a page", ("text of", "tags", "boilerplate"), rows),),
        (
            "Boilerplate: a tag that stands in a snippet which is unwanted on its page, or all of whose words stand in unwanted "
            "snippets of three sites at least, and of three times as many as in wanted ones, or that neither trafilatura nor "
            "readability-lxml has in the main text; and that stands neither in the title nor in a wanted snippet.",
        ),
    )


def _boilerplate(pages: Sequence[Page], reading: Reading, frames: Frames) -> Share:
    with ProcessPoolExecutor() as pool:
        found = pool.map(_tags_of, [(text or "")[:CHARACTERS] for text in reading.texts], chunksize=30)
    told = [frames.has(tag, page) for page, tags in zip(pages, found, strict=True) for tag in tags]
    return Share(sum(told), len(told))


def _tags_of(text: str) -> tuple[str, ...]:
    from fermata.toolkit.text.keywords import keywords

    return tuple(keywords(text, TAGS).words)


def _title(path: Path) -> str:
    from fermata.toolkit.extract.texts import read_text_file

    return read_text_file(path.read_bytes(), "text/html", 1).title


def compared(name: str, paths: Sequence[Path], peers: str) -> Figure:
    """A format's readers, by the words that they agree on."""
    readings = _readings(name, paths, peers)
    agreed = {reader: (Share(), Share()) for reader in readings}
    for texts in zip(*(reading.texts for reading in readings.values()), strict=True):
        for reader, (found, alone) in agreement(dict(zip(readings, texts, strict=True))).items():
            agreed[reader] = agreed[reader][0] + found, agreed[reader][1] + alone
    rows = []
    for reader, reading in readings.items():
        read = sum(bool(text and text.strip()) for text in reading.texts)
        refused = sum(text is None for text in reading.texts)
        found, alone = agreed[reader]
        rows.append(
            (reader, str(read), str(refused), f"{found.percent:.1f} %", f"{alone.percent:.1f} %", *_costs(reading))
        )
    header = ("reader", "read", "refused", "of what the others agree on", "words nobody else has", "time", "memory")
    return Figure(
        f"{len(paths)} files of {name}",
        (),
        (Table("By words", header, tuple(rows)),),
        (
            "Files without a word in them are neither read nor refused, except by Fermata, which refuses them with a reason.",
        ),
    )


def dialects(annotated: Sequence[AnnotatedTable], peers: str) -> Iterator[Figure]:
    """Tables whose dialect somebody has named, by the rows that come out, and the types of their columns."""
    paths = [table.path for table in annotated]
    known = [_rows(table) for table in annotated]
    readings = _readings("dialect", paths, peers)
    rows = []
    for reader, reading in readings.items():
        told = [json.loads(text) if text else {"delimiter": None, "rows": None} for text in reading.texts]
        first = sum(_begins_alike(one["rows"], right) for one, right in zip(told, known, strict=True))
        whole = sum(one["rows"] == right for one, right in zip(told, known, strict=True))
        refused = sum(text is None for text in reading.texts)
        rows.append((reader, str(first), str(whole), str(refused), *_costs(reading)))
    header = ("reader", "delimiter right", "dialect right", "refused", "time", "memory")
    yield Figure(
        f"Dialects of {len(paths)} tables",
        (),
        (Table("By the first 300 rows", header, tuple(rows)),),
        (
            "Delimiter right: the first column is as under the annotated dialect. Dialect right: all columns are. All readers "
            "are given the same characters.",
        ),
    )
    yield _types(paths, _readings("types", paths, peers))


def _types(paths: Sequence[Path], readings: dict[str, Reading]) -> Figure:
    rows = []
    for reader, reading in readings.items():
        told = [json.loads(text) for text in reading.texts if text]
        columns, cells, changed = (sum(numbers[at] for numbers in told) for at in range(3))
        lost = f"{changed:,} ({Share(changed, cells).percent:.1f} %)"
        rows.append((reader, str(len(told)), f"{columns:,}", f"{cells:,}", lost, *_costs(reading)))
    header = ("reader", "tables", "columns with a type", "their cells", "written back otherwise", "time", "memory")
    return Figure(
        f"Types of columns of {len(paths)} tables",
        (),
        (Table("Whether a cell keeps its characters", header, tuple(rows)),),
        (
            "Written back otherwise: `007` as `7`, `1.50` as `1.5`, `1e3` as `1000.0`, dates in another order, and the like.",
        ),
    )


def _rows(table: AnnotatedTable) -> list[list[str]]:
    """What comes out under the annotated dialect."""
    quoted: dict[str, Any] = {"quotechar": table.quote} if table.quote else {"quoting": csv.QUOTE_NONE}
    if table.escape not in ("", table.quote):
        quoted |= {"doublequote": False, "escapechar": table.escape}
    with suppress(csv.Error):
        return rows_of(text_of(table.path), delimiter=table.delimiter or "\0", **quoted)
    return []


def _begins_alike(rows: list[list[str]] | None, right: list[list[str]]) -> bool:
    return rows is not None and [row[0] for row in rows] == [row[0] for row in right]


def charsets(texts: Sequence[tuple[Path, str]], peers: str) -> Figure:
    """Texts whose charset their folder names, by how many come out to the same characters."""
    known = [(path, found) for path, charset in texts if (found := _decoded(path, charset))]
    readings = _readings("charset", [path for path, _ in known], peers)
    rows = []
    for reader, reading in readings.items():
        right = sum(plain(found or "") in texts_ for found, (_, texts_) in zip(reading.texts, known, strict=True))
        rows.append((reader, f"{100 * right / len(known):.0f} %", *_costs(reading)))
    kinds = Counter(charset for _, charset in texts)
    return Figure(
        f"{len(known)} texts in {len(kinds)} charsets",
        (),
        (Table("Decoded to the same characters", ("reader", "right", "time", "memory"), tuple(rows)),),
        (
            "The folder of a text is named after its charset, or after one that browsers take it for (Shift_JIS: Windows-31J); "
            "each reader may go by what the text declares of itself.",
        ),
    )


def _decoded(path: Path, charset: str) -> frozenset[str]:
    """What a text may be: by the charset of that name, and by the one that browsers take it for."""
    from fermata.toolkit.extract.charset import codec_of

    found = set()
    for name in filter(None, (charset, codec_of(charset))):
        with suppress(ValueError):
            found.add(plain(path.read_bytes().decode(name)))
    return frozenset(found)


def _readings(name: str, paths: Sequence[Path], peers: str) -> dict[str, Reading]:
    """Of each reader that is installed. As many read at once as there are processors; told is each one's own time."""

    def read(reader: str) -> Reading | None:
        print(f"… {name} by {reader}", file=sys.stderr, flush=True)
        try:
            return read_all(sys.executable if reader == OWN else peers, name, reader, paths)
        except RuntimeError as error:
            if reader == OWN:
                raise
            print(f"{reader} is left out: {error}", file=sys.stderr)
            return None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(READERS[name], pool.map(read, READERS[name]), strict=True))
    return {reader: reading for reader, reading in found.items() if reading is not None}


def _costs(reading: Reading) -> tuple[str, str]:
    return f"{reading.seconds:.1f} s", f"{reading.memory / 1e6:.0f} MB"
