from __future__ import annotations

from typing import Any

import pytest
from fermata.toolkit.documents import Document, document_of, normal_mapping


def test_known_columns_are_fields_and_others_are_kept() -> None:
    row = {"title": " One ", "file_path": "https://a/1", "file_source_type": "URL", "shelf": 3}
    assert document_of(row) == Document("One", "https://a/1", "url", {"shelf": 3})


def test_mapped_columns_win_and_fields_serve_where_they_are_missing() -> None:
    mapping = {"Name": "title", "Link": "file_path"}
    document = document_of({"Name": "One", "title": "kept", "file_path": "/1"}, mapping)
    assert (document.title, document.file_path, document.columns) == ("One", "/1", {"title": "kept"})


@pytest.mark.parametrize(
    ("path", "source_type", "title"),
    [
        ("https://a/b/My%20file.pdf?x=1", "url", "My file.pdf"),
        ("s3://bucket/a/b.txt", "s3", "b.txt"),
        ("/home/a.md", "local", "a.md"),
        ("http://a", "url", "http://a"),
    ],
)
def test_title_and_source_type_follow_from_the_path(path: str, source_type: str, title: str) -> None:
    document = document_of({"file_path": path, "title": None, "file_source_type": ""})
    assert (document.file_source_type, document.title) == (source_type, title)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ([], "must be an object"),
        (None, "must be an object"),
        ({}, "file_path is missing"),
        ({"file_path": "  "}, "file_path is missing"),
        ({"file_path": 3}, "file_path must be a string"),
        ({"file_path": "/a", "title": ["x"]}, "title must be a string"),
        ({"file_path": "/a", "file_source_type": "ftp"}, "one of url, s3, local, not 'ftp'"),
        ({"file_path": "/" * 8_193}, "longer than 8192"),
        ({"file_path": "/a", "title": "x" * 1_001}, "longer than 1000"),
    ],
)
def test_a_malformed_document_says_what_is_wrong(row: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        document_of(row)


@pytest.mark.parametrize(
    ("mapping", "normal"),
    [
        ({}, {}),
        ({"Name": "title"}, {"Name": "title"}),
        ({"title": "Name", "file_path": "Link"}, {"Name": "title", "Link": "file_path"}),
        ({"title": "file_path", "file_path": "title"}, {"title": "file_path", "file_path": "title"}),
        ({"title": "file_path"}, {"title": "file_path"}),
    ],
)
def test_a_mapping_is_understood_both_ways_where_it_is_clear(mapping: dict[str, str], normal: dict[str, str]) -> None:
    assert normal_mapping(mapping) == normal
    assert normal_mapping(normal) == normal


@pytest.mark.parametrize(
    "mapping",
    [
        {"Name": "label"},
        {"Name": "title", "title": "Name"},
        {"A": "title", "B": "title"},
        {"title": "A", "file_path": "A"},
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(mapping: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="map"):
        normal_mapping(mapping)
