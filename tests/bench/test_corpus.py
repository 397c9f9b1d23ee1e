"""What `make corpus` measures by, on files of a few lines."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from fermata.local.template import project_root

from bench.corpus.files import by_format, gold_pages, of_charsets
from bench.corpus.process import read_all
from bench.corpus.quality import Frames, Page, agreement, snippets
from bench.corpus.readers import OWN


def test_snippets_are_found_across_blanks_and_hidden_signs() -> None:
    found = snippets("The light\u00adhouse\n  stands.", ["lighthouse stands", "falls"])
    assert (found.part, found.whole, found.percent) == (1, 2, 50.0)


def test_a_reader_is_held_to_what_two_others_agree_on() -> None:
    texts = {"a": "one two odd", "b": "one two three", "c": "one two three", "d": None}
    found, alone = agreement(texts)["a"]
    assert (found.part, found.whole, alone.part, alone.whole) == (2, 3, 1, 3)


def test_a_tag_is_boilerplate_where_it_stands_around_texts_and_never_in_a_title() -> None:
    sites = [(f"{name}.example", ["A keeper of lights"], ["Subscribe now"]) for name in "abc"]
    frames = Frames(sites)
    text = ["Partners of the keeper subscribe to lights."]
    assert frames.has("subscribe", Page("Lights", [], [], text))
    assert frames.has("partners", Page("Lights", [], ["Our partners"], text))
    assert frames.has("menu", Page("Lights", [], [], text))
    assert not frames.has("subscribe", Page("Subscribe!", [], [], text))
    assert not frames.has("keeper", Page("Lights", ["The keeper"], ["The keeper of the site"], text))


def test_files_are_found_once_each_and_gold_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# One")
    (tmp_path / "b.md").write_text("# One")
    (tmp_path / "koi8-r").mkdir()
    (tmp_path / "koi8-r" / "text.txt").write_bytes("привет".encode("koi8-r"))
    (tmp_path / "gold" / "eval").mkdir(parents=True)
    (tmp_path / "gold" / "eval" / "page.html").write_text("<p>text")
    entry = {"file": "page.html", "with": ["text"], "without": ["menu"]}
    (tmp_path / "gold" / "evaldata.json").write_text(json.dumps({"https://a.example/": entry}))
    assert [path.name for path in by_format([tmp_path])["markdown"]] == ["a.md"]
    assert [(path.name, charset) for path, charset in of_charsets([tmp_path])] == [("text.txt", "koi8-r")]
    assert [(page.path.name, page.wanted) for page in gold_pages([tmp_path])] == [("page.html", ("text",))]


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory):
    broken = tmp_path_factory.mktemp("files") / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 and nothing else")
    return read_all(
        sys.executable,
        "pdf",
        OWN,
        [broken, *(project_root() / "samples" / f"{name}.pdf" for name in ("cover-crops", "lighthouses"))],
    )


def test_a_reader_reads_in_a_process_of_its_own_and_goes_on_after_a_refusal(reading) -> None:
    assert reading.texts[0] is None and all(reading.texts[1:])
    assert reading.memory > 0


def test_a_reader_that_is_not_installed_is_named() -> None:
    with pytest.raises(RuntimeError, match="pdfminer"):
        read_all(sys.executable, "pdf", "pdfminer.six", [project_root() / "README.md"])
