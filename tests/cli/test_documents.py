import json

import pytest
from fermata.cli.documents import documents_of
from fermata.cli.errors import WrongUse


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("a.pdf", "b.md", "notes.xyz", "deep/c.txt"):
        (tmp_path / name).write_text("x")
    return tmp_path


def paths(*arguments):
    return [row["file_path"] for row in documents_of([str(argument) for argument in arguments])]


@pytest.mark.parametrize(
    ("url", "kind"), [("https://example.com/a", "url"), ("HTTP://example.com/a", "url"), ("s3://bucket/a", "s3")]
)
def test_an_address_is_taken_as_it_is(url, kind):
    assert documents_of([url]) == [{"file_path": url, "file_source_type": kind}]


def test_a_file_is_named_by_its_absolute_path(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert documents_of(["a.pdf"]) == [{"file_path": str(folder / "a.pdf"), "file_source_type": "local"}]


def test_a_named_file_may_be_called_anything(folder):
    assert paths(folder / "notes.xyz") == [str(folder / "notes.xyz")]


def test_of_a_folder_the_documents_are_taken_deep_ones_too(folder):
    assert paths(folder) == [str(folder / name) for name in ("a.pdf", "b.md", "deep/c.txt")]


def test_a_pattern_names_files(folder):
    assert paths(folder / "**" / "*.*") == [str(folder / n) for n in ("a.pdf", "b.md", "deep/c.txt", "notes.xyz")]


def test_paths_in_a_list_are_relative_to_it_and_other_columns_stay(folder):
    (folder / "list.csv").write_text("title,file_path,shelf\nOne,deep/c.txt,7\nTwo,https://example.com/2,8\n")
    assert documents_of([str(folder / "list.csv")]) == [
        {"title": "One", "file_path": str(folder / "deep/c.txt"), "shelf": "7"},
        {"title": "Two", "file_path": "https://example.com/2", "shelf": "8"},
    ]


def test_a_list_may_call_its_columns_as_it_likes(folder):
    (folder / "list.csv").write_text("Name,Where\nOne,a.pdf\n")
    assert documents_of([str(folder / "list.csv")], {"Where": "file_path"})[0]["Where"] == str(folder / "a.pdf")


def test_a_list_may_be_json_lines(folder):
    (folder / "list.jsonl").write_text(json.dumps({"file_path": "a.pdf", "n": 1}) + "\n\n")
    assert documents_of([str(folder / "list.jsonl")]) == [{"file_path": str(folder / "a.pdf"), "n": 1}]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("list.jsonl", b'{"file_path": "a"}\n{"file', "line 2"),
        ("list.jsonl", b"[1, 2]\n", "line 1"),
        ("list.csv", b'file_path\nb\n"a', "line 2"),
        ("list.csv", b"file_path\n\xff\xfe\xff", "not UTF-8"),
        ("list.csv", b"file_path\n", "there is no document"),
        ("list.csv", b"file_path\n\0\n", "is no path"),
        ("list.csv", b"file_path\ncircle\n", "is no path"),
    ],
)
def test_a_list_that_can_not_be_read_is_refused(folder, name, content, reason):
    (folder / name).write_bytes(content)
    (folder / "circle").symlink_to("circle")
    with pytest.raises(WrongUse, match=reason):
        documents_of([str(folder / name)])


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(WrongUse, match="there is no document"):
        documents_of([str(tmp_path)])
