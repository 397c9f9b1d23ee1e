from __future__ import annotations

from typing import Any

import pytest
from fermata.content.model import IndexedSection, WorkspaceRef

URL = "/api/v1/search"


@pytest.fixture
def shelf(service: Any) -> Any:
    """Puts a passage into an index."""

    def put(text: str, source: str = "s1", tenant: str = "default", workspace: str = "default", **fields: Any) -> None:
        part = IndexedSection(source, fields.pop("number", 0), fields.pop("title", "Guide"), (text,), **fields)
        service.content.index.add(WorkspaceRef(tenant, workspace), [part])

    return put


def ids(response: Any) -> list[str]:
    assert response.status_code == 200, response.text
    return [found["source_id"] for found in response.json()["results"]]


def test_a_passage_is_found_with_where_it_is(ann: Any, shelf: Any) -> None:
    shelf("The hive has one queen.", uri="https://a.example/x", path=("Bees", "Queens"), page=3, number=2)
    answer = ann.get(URL, params={"q": "QUEEN"}).json()
    assert answer["results"][0].pop("score") > 0
    assert answer == {
        "query": "QUEEN",
        "workspace": "default",
        "results": [
            {
                "source_id": "s1",
                "title": "Guide",
                "uri": "https://a.example/x",
                "section": ["Bees", "Queens"],
                "page": 3,
                "part": 2,
                "passage": 0,
                "snippet": "The hive has one queen.",
            }
        ],
    }


def test_the_best_passages_come_first_up_to_the_limit(ann: Any, shelf: Any) -> None:
    for number in range(12):
        shelf("bee " * (number + 1) + "x " * (20 - number), source=f"s{number:02}")
    assert ids(ann.get(URL, params={"q": "bee"}))[:2] == ["s11", "s10"]
    assert len(ids(ann.get(URL, params={"q": "bee"}))) == 10
    assert ids(ann.get(URL, params={"q": "bee", "limit": 1})) == ["s11"]


def test_what_nobody_wrote_is_not_found(ann: Any, shelf: Any) -> None:
    shelf("bees")
    assert ids(ann.get(URL, params={"q": "wasps"})) == []
    assert ids(ann.get(URL, params={"q": "bees", "workspace": "nowhere"})) == []


def test_a_workspace_is_sealed(ann: Any, shelf: Any) -> None:
    shelf("bees", source="mine", workspace="second")
    assert ids(ann.get(URL, params={"q": "bees"})) == []
    assert ids(ann.get(URL, params={"q": "bees", "workspace": "second"})) == ["mine"]


def test_a_tenant_is_sealed(service: Any, shelf: Any) -> None:
    shelf("bees", source="theirs", tenant="other")
    assert ids(service.key().get(URL, params={"q": "bees"})) == []
    assert ids(service.key("sk_test_other").get(URL, params={"q": "bees"})) == ["theirs"]


def test_searching_needs_the_scope_read(service: Any) -> None:
    assert service.key("sk_test_readonly").get(URL, params={"q": "a"}).status_code == 200
    assert service.user(scope="control").get(URL, params={"q": "a"}).status_code == 403
    assert service.client().get(URL, params={"q": "a"}).status_code == 401


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"q": ""},
        {"q": "… — !"},
        {"q": "x" * 501},
        {"q": "a", "limit": "0"},
        {"q": "a", "limit": "-1"},
        {"q": "a", "limit": "101"},
        {"q": "a", "limit": "ten"},
        {"q": "a", "workspace": ""},
        {"q": "a", "workspace": "a b"},
        {"q": "a", "workspace": "w" * 65},
        {"q": "a", "cursor": "x"},
    ],
)
def test_a_bad_question_is_refused(ann: Any, params: dict[str, str]) -> None:
    response = ann.get(URL, params=params)
    assert response.status_code == 422
    assert response.json()["code"] == "invalid"


@pytest.mark.parametrize("params", [{"q": "x" * 500}, {"q": "a", "limit": "100"}, {"q": "a", "workspace": "w" * 64}])
def test_a_question_at_the_limits_is_answered(ann: Any, params: dict[str, str]) -> None:
    assert ann.get(URL, params=params).status_code == 200


def test_a_part_that_is_gone_by_then_is_left_out(ann: Any, service: Any, shelf: Any, monkeypatch: Any) -> None:
    shelf("bees", source="s1")
    shelf("bees", source="s2")
    blocks = service.content.index.blocks
    monkeypatch.setattr(
        service.content.index, "blocks", lambda place, wanted: {("s2", 0): blocks(place, wanted)["s2", 0]}
    )
    assert ids(ann.get(URL, params={"q": "bees"})) == ["s2"]
