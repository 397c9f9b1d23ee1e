from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from fermata.domain.transitions import Status
from fermata.kinds.ocr import OCR
from fermata.toolkit.parameters import InvalidParameters
from image_fixtures import drawn, encoded, scanned_pdf


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(**files: bytes) -> list[dict[str, str]]:
        for name, data in files.items():
            (tmp_path / name).write_bytes(data)
        return [{"file_path": str(tmp_path / name), "title": name} for name in files]

    return write


def texts(jobs: Any, ref: Any) -> list[tuple[str, int, str]]:
    return sorted((value["title"], value["page"], value["text"]) for value in jobs.values(ref, 1))


def test_images_and_the_pages_of_a_scan_are_units(jobs: Any, write: Any) -> None:
    ref = jobs.run("ocr", documents=write(a=encoded(drawn("One image.")), b=scanned_pdf("First page.", "Second page.")))
    assert texts(jobs, ref) == [("a", 1, "One image."), ("b", 1, "First page."), ("b", 2, "Second page.")]
    assert jobs.job(ref).result == {"documents": 2, "pages": 3, "characters": 33, "failed": 0}


def test_all_units_run_where_the_engine_is(jobs: Any, write: Any) -> None:
    jobs.run("ocr", documents=write(a=encoded(drawn("One image."))))
    assert {message.worker for message, _ in jobs.driver.stops if message.task == "chunk"} == {"ocr"}


def test_a_pdf_with_text_is_read_only_when_all_of_it_is_wanted(jobs: Any, samples: Path) -> None:
    document = [{"file_path": str(samples / "lighthouses.pdf")}]
    assert jobs.job(jobs.run("ocr", documents=document)).result["pages"] == 0
    ref = jobs.run("ocr", documents=document, pages="all", boxes=False)
    assert jobs.job(ref).result["pages"] == 3 and "lighthouse" in jobs.values(ref, 1)[0]["text"].lower()
    assert jobs.values(ref, 1)[0]["lines"] == []


def test_what_is_no_image_fails_alone_and_can_come_later(jobs: Any, write: Any, tmp_path: Path) -> None:
    ref = jobs.run("ocr", documents=write(a=b"", b=b"text", c=encoded(drawn("Sound."))))
    assert jobs.counts(ref) == (2, 2, 0) and texts(jobs, ref) == [("c", 1, "Sound.")]
    (tmp_path / "a").write_bytes(encoded(drawn("Mended.")))
    jobs.retry(ref)
    assert texts(jobs, ref) == [("a", 1, "Mended."), ("c", 1, "Sound.")]


def test_a_paused_job_goes_on_and_a_cancelled_one_ends(jobs: Any, write: Any) -> None:
    documents = write(a=encoded(drawn("One.")))
    ref = jobs.start("ocr", documents=documents)
    jobs.pause(ref)
    jobs.driver.run()
    assert jobs.job(ref).status is Status.PAUSED
    jobs.resume(ref)
    assert texts(jobs, ref) == [("a", 1, "One.")]
    other = jobs.start("ocr", documents=documents)
    jobs.cancel(other)
    jobs.driver.run()
    assert jobs.job(other).status is Status.CANCELLED and jobs.results(other) == []


def test_a_page_whose_worker_died_is_read_again(killing: Any, write: Any) -> None:
    jobs = killing("ocr", 1)
    ref = jobs.start("ocr", documents=write(a=scanned_pdf("First page.", "Second page.")))
    jobs.outlive()
    assert texts(jobs, ref) == [("a", 1, "First page."), ("a", 2, "Second page.")]


@pytest.mark.parametrize(
    "params", [{}, {"documents": []}, {"documents": [{}]}, {"documents": [{"file_path": "x"}], "languages": ["../eng"]}]
)
def test_parameters_have_limits(params: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameters):
        OCR.parse(params)


# A model that sees. ------------------------------------------------------------------------------------------------------


@pytest.fixture
def model(web: Any) -> Any:
    """Answers with this text, in the form that OpenAI has."""

    def answer(content: str, status: int = 200, reason: str = "stop") -> dict[str, Any]:
        body = {
            "choices": [{"message": {"role": "assistant", "content": content}, "finish_reason": reason}],
            "usage": {"prompt_tokens": 900, "completion_tokens": 12},
        }
        web.answer("/v1/chat/completions", json.dumps(body).encode(), status)
        return {"model_name": "seer", "base_url": web.url("/v1"), "api_key": "sk-1"}

    return answer


def test_a_model_sees_the_page_and_tells_its_text(jobs: Any, write: Any, model: Any, web: Any) -> None:
    ref = jobs.run("ocr", documents=write(a=scanned_pdf("Seen.")), **model("```\nSeen by\na model.\n```"))
    (page,) = jobs.values(ref, 1)
    assert (page["text"], page["engine"], page["confidence"]) == ("Seen by\na model.", "seer", None)
    assert page["lines"][0] == {"text": "Seen by", "confidence": None, "box": None}
    assert jobs.job(ref).result["usage"]["prompt_tokens"] == 900
    part = json.loads(web.requests[0][3])["messages"][1]["content"][0]
    assert part["type"] == "image_url"
    assert base64.b64decode(part["image_url"]["url"].removeprefix("data:image/jpeg;base64,"))[:2] == b"\xff\xd8"


@pytest.mark.parametrize(
    ("content", "status", "reason", "error"),
    [("half a pa", 200, "length", "cut off"), ("", 401, "stop", "refused the API key"), ("", 404, "stop", "404")],
)
def test_a_model_that_does_not_answer_fails_the_page(
    jobs: Any, write: Any, model: Any, content: str, status: int, reason: str, error: str
) -> None:
    ref = jobs.run("ocr", documents=write(a=encoded(drawn("x"))), **model(content, status, reason))
    assert error in jobs.results(ref, 1)[0].error and "sk-1" not in jobs.results(ref, 1)[0].error


def test_an_empty_page_is_empty_to_a_model(jobs: Any, write: Any, model: Any) -> None:
    ref = jobs.run("ocr", documents=write(a=encoded(drawn(""))), **model("[empty]"))
    assert (jobs.values(ref, 1)[0]["text"], jobs.values(ref, 1)[0]["lines"]) == ("", [])
