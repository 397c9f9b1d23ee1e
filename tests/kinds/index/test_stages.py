from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from embedding_server import EmbeddingServer
from fermata.content.model import IndexedSection, Record, WorkspaceRef
from fermata.domain.jobs import Ref
from fermata.domain.transitions import Status
from fermata.kinds.index import INDEX
from fermata.toolkit.parameters import InvalidParameters
from kind_fixtures import Jobs

HERE = WorkspaceRef("default", "default")


@pytest.fixture
def content(jobs: Any) -> Any:
    return jobs.content.workspace(*HERE)


@pytest.fixture
def stopping(settings: Any) -> Callable[..., Jobs]:
    """Jobs of which something is done once the first document is in the new index."""

    def make(do: Callable[[Jobs], None]) -> Jobs:
        first, made = INDEX.stages[0], list[Jobs]()

        def run(unit: Any) -> Any:
            result = first.run(unit)
            if made:
                do(made.pop())
            return result

        stages = (replace(first, run=run, policy=replace(first.policy, concurrency=1)), *INDEX.stages[1:])
        made.append(Jobs(settings, index=replace(INDEX, stages=stages)))
        return made[0]

    return make


def found(content: Any, question: str) -> set[str]:
    return {hit.title for hit in content.search(question)}


def documents(samples: Path, *names: str) -> list[dict[str, str]]:
    return [{"file_path": str(samples / name), "title": name} for name in names]


def test_documents_of_all_formats_are_found_with_their_places(jobs: Any, content: Any, samples: Path) -> None:
    names = ("beekeeping.docx", "cover-crops.pdf", "glacier.txt", "swifts.md", "tidal-energy.html")
    ref = jobs.run("index", documents=documents(samples, *names))
    assert jobs.job(ref).result["from"] == {"documents": 5}
    hit = content.search("cover crops legumes")[0]
    assert (hit.title, hit.page, hit.uri) == ("cover-crops.pdf", 1, str(samples / "cover-crops.pdf"))
    assert {found(content, word).pop() for word in ("queen", "glacier", "swifts")} == {names[0], names[2], names[3]}


def test_adding_keeps_what_is_there_and_rebuilding_only_the_sources(jobs: Any, content: Any, samples: Path) -> None:
    jobs.run("source.process", uri=str(samples / "swifts.md"), title="Swifts", source_id="src_1")
    jobs.run("index", documents=documents(samples, "glacier.txt"))
    ref = jobs.run("index", documents=documents(samples, "sourdough.txt"))
    assert jobs.job(ref).result["from"] == {"sources": 2, "documents": 1}
    assert all(found(content, word) for word in ("swifts", "glacier", "sourdough"))
    jobs.run("index", mode="rebuild", documents=documents(samples, "sourdough.txt"))
    assert [bool(found(content, word)) for word in ("swifts", "glacier", "sourdough")] == [True, False, True]


def test_a_document_that_is_given_again_is_there_once(jobs: Any, content: Any, samples: Path) -> None:
    for _ in range(2):
        jobs.run("index", documents=documents(samples, "glacier.txt"))
    assert len(list(content.indexed.at(content.indexed.generations(HERE).live).sources(HERE))) == 1


def test_the_records_of_a_table_are_documents(jobs: Any, content: Any) -> None:
    rows = [
        ("1", {"title": "Bees of Wales", "abstract": "Hives.", "url": "https://a.example/1"}),
        ("2", {"title": "Ice"}),
    ]
    content.add("papers", [Record(key, key, values) for key, values in rows])
    ref = jobs.run("index", table="papers")
    assert jobs.job(ref).result["from"] == {"papers": 2}
    assert [(hit.title, hit.uri) for hit in content.search("hives")] == [("Bees of Wales", "https://a.example/1")]
    content.remove_record("papers", "2", "2")
    jobs.run("index", table="papers")
    assert (found(content, "ice"), found(content, "wales")) == (set(), {"Bees of Wales"})


def test_a_document_that_fails_leaves_the_old_index(jobs: Any, content: Any, samples: Path, tmp_path: Path) -> None:
    jobs.run("index", documents=documents(samples, "glacier.txt"))
    late = tmp_path / "late.txt"
    ref = jobs.run("index", mode="rebuild", documents=[{"file_path": str(late)}, *documents(samples, "swifts.md")])
    assert jobs.job(ref).status is Status.FAILED
    assert jobs.job(ref).error.startswith(
        "1 of the documents could not be indexed, so the index stays as it was. Unit 0"
    )
    assert (bool(found(content, "glacier")), found(content, "swifts")) == (True, set())
    late.write_text("Wasps came late.")
    jobs.retry(ref)
    assert jobs.job(ref).status is Status.COMPLETED
    assert (found(content, "glacier"), found(content, "wasps"), found(content, "swifts")) == (
        set(),
        {"late.txt"},
        {"swifts.md"},
    )


def test_what_may_be_missing_can_come_later(jobs: Any, content: Any, samples: Path, tmp_path: Path) -> None:
    late = tmp_path / "late.txt"
    listed = [{"file_path": str(late)}, *documents(samples, "swifts.md")]
    ref = jobs.run("index", documents=listed, skip_failures=True)
    assert jobs.job(ref).result["failed"] == 1 and found(content, "swifts")
    late.write_text("Wasps came late.")
    jobs.retry(ref)
    assert found(content, "wasps") == {"late.txt"} and jobs.job(ref).result["documents"] == 2


def test_what_was_built_and_removed_meanwhile_is_not_published(jobs: Any, content: Any, tmp_path: Path) -> None:
    late = tmp_path / "late.txt"
    failed = jobs.run("index", documents=[{"file_path": str(late)}])
    jobs.run("index")
    late.write_text("Wasps came late.")
    jobs.retry(failed)
    assert jobs.job(failed).status is Status.FAILED and "start anew" in jobs.job(failed).error
    assert found(content, "wasps") == set()


def test_a_cancelled_job_leaves_the_old_index_and_the_next_one_builds(stopping: Any, samples: Path) -> None:
    jobs = stopping(lambda jobs: jobs.cancel(Ref("default", "jobs:1")))
    content = jobs.content.workspace(*HERE)
    content.index([IndexedSection("src_1", 0, "Old", ("Penguins.",))])
    ref = jobs.run("index", mode="rebuild", documents=documents(samples, "glacier.txt", "swifts.md"))
    assert jobs.job(ref).status is Status.CANCELLED
    assert (found(content, "penguins"), found(content, "glacier")) == ({"Old"}, set())
    jobs.run("index", documents=documents(samples, "swifts.md"))
    known = content.indexed.generations(HERE)
    assert found(content, "swifts") and (known.building, known.spent, known.doomed) == (None, (), ())


def test_a_paused_job_goes_on_where_it_was(stopping: Any, samples: Path) -> None:
    jobs = stopping(lambda jobs: jobs.pause(Ref("default", "jobs:1")))
    content = jobs.content.workspace(*HERE)
    ref = jobs.run("index", documents=documents(samples, "glacier.txt", "swifts.md"))
    assert (jobs.job(ref).status, jobs.counts(ref), found(content, "glacier")) == (Status.PAUSED, (1, 0, 1), set())
    jobs.run("source.process", uri=str(samples / "sourdough.txt"), title="Bread", source_id="src_1")
    other = jobs.run("index")
    assert jobs.job(other).error.startswith(f"the job {ref.id} is building this workspace's index")
    jobs.resume(ref)
    assert jobs.job(ref).status is Status.COMPLETED
    assert [found(content, word) for word in ("glacier", "sourdough")] == [{"glacier.txt"}, {"Bread"}]


@pytest.mark.parametrize(("stage", "nth"), [(0, 1), (0, 2), (1, 1), (2, 1)])
def test_a_worker_that_dies_leaves_nothing_half_done(killing: Any, samples: Path, stage: int, nth: int) -> None:
    jobs = killing("index", stage, nth)
    content = jobs.content.workspace(*HERE)
    content.index([IndexedSection("src_1", 0, "Swifts", ("Swifts fly.",))])
    jobs.start("index", documents=documents(samples, "glacier.txt"))
    jobs.outlive()
    assert (found(content, "swifts"), found(content, "glacier")) == ({"Swifts"}, {"glacier.txt"})
    assert content.indexed.generations(HERE).doomed == ()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("empty.txt", b"", "the file is empty"),
        ("broken.pdf", b"%PDF-1.7 and nothing", "damaged"),
        ("noise.bin", bytes(range(256)) * 40, "can't be read|no text|binary|unknown"),
    ],
)
def test_files_that_are_none_fail_with_a_reason(jobs: Any, tmp_path: Path, name: str, data: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(data)
    ref = jobs.run("index", documents=[{"file_path": str(tmp_path / name)}])
    assert re.search(words, jobs.results(ref)[0].error)


@pytest.mark.parametrize(
    "params", [{"mode": "replace"}, {"documents": [{}]}, {"table": "a/b"}, {"documents": [{"file_path": "x"}] * 501}]
)
def test_parameters_have_limits(params: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameters):
        INDEX.parse(params)


# Embeddings. -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def server(web: Any) -> EmbeddingServer:
    return EmbeddingServer(web)


@pytest.fixture
def embedding(server: EmbeddingServer) -> dict[str, str]:
    return {"model_name": "small", "base_url": server.base_url, "api_key": "sk-1"}


@pytest.fixture
def texts(tmp_path: Path) -> list[dict[str, str]]:
    written = {"bees.txt": "Bees make honey in hives.", "ice.txt": "A glacier is ice.", "light.txt": "Lamps at sea."}
    for name, text in written.items():
        (tmp_path / name).write_text(text)
    return [{"file_path": str(tmp_path / name)} for name in written]


def test_what_means_the_same_is_found_by_other_words(
    jobs: Any, content: Any, server: EmbeddingServer, embedding: dict[str, str], texts: Any
) -> None:
    ref = jobs.run("index", documents=texts, **embedding)
    result = jobs.job(ref).result
    assert (result["model"], result["usage"]["requests"], content.model) == ("small", 3, "small")
    hybrid = jobs.run("search", query="frozen snow", embedding_url=server.base_url, embedding_key="sk-2")
    assert jobs.values(hybrid)[0]["papers"][0]["title"] == "ice.txt"
    assert server.web.requests[-1][2]["Authorization"] == "Bearer sk-2"
    plain = jobs.run("search", query="frozen snow", table="other")
    assert jobs.values(plain)[0]["papers"] == []


def test_words_and_meaning_are_ranked_together_and_unwanted_words_stay_out(
    jobs: Any, server: EmbeddingServer, embedding: dict[str, str], texts: Any
) -> None:
    jobs.run("index", documents=texts, **embedding)
    both = jobs.run("search", query="lamps bee", embedding_url=server.base_url)
    assert {paper["title"] for paper in jobs.values(both)[0]["papers"][:2]} == {"bees.txt", "light.txt"}
    without = jobs.run("search", query="ice -glacier", table="other", embedding_url=server.base_url)
    assert "ice.txt" not in {paper["title"] for paper in jobs.values(without)[0]["papers"]}


def test_vectors_that_are_there_are_not_asked_for_again(
    jobs: Any, server: EmbeddingServer, embedding: dict[str, str], texts: Any
) -> None:
    jobs.run("index", documents=texts[:2], **embedding)
    ref = jobs.run("index", documents=texts[2:], **embedding)
    assert jobs.job(ref).result["usage"]["requests"] == 1


def test_an_endpoint_that_refuses_leaves_the_old_index(
    jobs: Any, content: Any, server: EmbeddingServer, embedding: dict[str, str], texts: Any
) -> None:
    jobs.run("index", documents=texts[:1])
    server.web.answer("/v1/embeddings", b'{"error": {"message": "bad key"}}', 401)
    ref = jobs.run("index", documents=texts, **embedding)
    assert jobs.job(ref).status is Status.FAILED and "sk-1" not in jobs.job(ref).error
    assert found(content, "bees") == {"bees.txt"} and found(content, "glacier") == set()
