"""Looking at documents before a batch is started."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fermata.domain.kind import Settings
from scripted_server import Reply, Scripted
from serving import served

PATH = "/api/batch/validate-paths"


@pytest.fixture(scope="module")
def server() -> Iterator[Scripted]:
    scripted = Scripted()
    with served(scripted) as url:
        scripted.url = url
        yield scripted


@pytest.fixture
def service(make_service: Any, tmp_path: Any) -> Any:
    def opened(bucket: str, key: str) -> io.BytesIO:
        if key != "there":
            raise FileNotFoundError(key)
        return io.BytesIO(b"x")

    settings = Settings(
        allowed_hosts=frozenset({"127.0.0.1", "acme/localhost"}),
        open_s3=opened,
        objects=frozenset({"arn:aws:s3:::mine/*", "acme/arn:aws:s3:::theirs/*"}),
    )
    return make_service(settings=settings)


def looked(caller: httpx.Client, *paths: Any) -> Any:
    answer = caller.post(PATH, json={"paths": [path if isinstance(path, dict) else {"path": path} for path in paths]})
    assert answer.status_code == 200, answer.text
    return answer.json()


def errors(found: Any) -> list[str | None]:
    return [result["error"] for result in found["results"]]


def test_what_can_be_read_is_told_from_what_can_not(ann: httpx.Client, server: Scripted) -> None:
    server.tell(Reply(200, (), {"content-type": "application/pdf", "content-length": "1024"}))
    found = looked(ann, {"path": f"{server.url}/a.pdf", "type": "url"}, {"path": "s3://mine/gone", "type": "s3"})
    assert found == {
        "results": [
            {
                "path": f"{server.url}/a.pdf",
                "valid": True,
                "error": None,
                "content_type": "application/pdf",
                "size": 1024,
            },
            {
                "path": "s3://mine/gone",
                "valid": False,
                "error": "there is no object s3://mine/gone",
                "content_type": None,
                "size": None,
            },
        ],
        "total": 2,
        "valid_count": 1,
        "invalid_count": 1,
    }
    assert [method for method, _, _ in server.asked] == ["HEAD"]


def test_a_server_that_knows_no_head_is_asked_otherwise(ann: httpx.Client, server: Scripted) -> None:
    server.tell(Reply(405, ()), Reply(200, (b"text",), {"content-type": "text/plain"}))
    assert looked(ann, f"{server.url}/a.txt")["valid_count"] == 1
    assert [method for method, _, _ in server.asked] == ["HEAD", "GET"]


def test_what_a_server_refuses_is_not_valid(ann: httpx.Client, server: Scripted) -> None:
    server.tell(Reply(404, ()))
    assert errors(looked(ann, f"{server.url}/a.txt?secret=1")) == [f"the server answered 404 to {server.url}/a.txt?…"]


def test_the_rules_are_those_of_the_documents_of_a_batch(ann: httpx.Client, server: Scripted) -> None:
    server.tell(Reply())
    found = looked(
        ann,
        "http://10.0.0.1/",
        server.url.replace("127.0.0.1", "localhost"),
        "s3://theirs/there",
        "s3://mine/there",
        "ftp://x/y",
        "",
    )
    assert [result["valid"] for result in found["results"]] == [False, False, False, True, False, False]
    assert "private" in found["results"][0]["error"]
    assert server.asked == []


def test_a_tenant_has_rules_of_its_own(service: Any, server: Scripted) -> None:
    server.tell(Reply())
    theirs = service.user("ann", tenant="acme")
    found = looked(theirs, server.url.replace("127.0.0.1", "localhost"), "s3://theirs/there")
    assert found["valid_count"] == 2


def test_nothing_is_learnt_of_the_servers_files(make_service: Any, tmp_path: Any) -> None:
    (tmp_path / "there").touch()
    there, gone = str(tmp_path / "there"), str(tmp_path / "gone")
    closed, open_ = make_service(), make_service(settings=Settings(allow_local_files=True))
    assert errors(looked(closed.user(), there, gone)) == ["local files are not read by this stack"] * 2
    assert errors(looked(open_.user(), there, gone, "/etc/shadow")) == [None] * 3
    assert all(errors(looked(open_.user(), "relative", "/a/../etc/passwd")))


def test_the_same_path_is_looked_at_once(ann: httpx.Client, server: Scripted) -> None:
    server.tell(Reply())
    assert looked(ann, *[f"{server.url}/a"] * 5)["valid_count"] == 5
    assert len(server.asked) == 1


def test_what_there_was_no_time_for_is_not_valid(ann: httpx.Client, server: Scripted, monkeypatch: Any) -> None:
    monkeypatch.setattr("fermata.api.batch.paths.SECONDS", 0.0)
    assert "no time" in str(errors(looked(ann, f"{server.url}/a"))[0])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"paths": []},
        {"paths": [{"path": "a"}] * 501},
        {"paths": ["a"]},
        {"paths": [{"path": 1}]},
        {"paths": [{"path": "a", "x": 1}]},
    ],
)
def test_a_wrong_request_is_a_400(ann: httpx.Client, body: Any) -> None:
    assert ann.post(PATH, json=body).status_code == 400


def test_whoever_may_only_read_makes_the_stack_ask_nobody(service: Any) -> None:
    assert service.key("sk_test_readonly").post(PATH, json={"paths": [{"path": "a"}]}).status_code == 403
