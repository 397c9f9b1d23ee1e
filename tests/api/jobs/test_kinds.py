from __future__ import annotations

from fermata.kinds.registry import PLACES

KINDS = "/api/v1/kinds"


def test_kinds_are_listed_by_name_with_what_they_ask_for(ann):
    kinds = ann.get(KINDS).json()["kinds"]
    assert [kind["name"] for kind in kinds] == ["draft", "sealed", "work"]
    draft, sealed, _ = kinds
    assert draft["stages"] == [
        {"name": "do", "review": False, "worker": "default"},
        {"name": "apply", "review": True, "worker": "default"},
    ]
    assert sealed["secrets"] == ["api_key"]
    assert draft["schema"]["properties"]["units"]["maximum"] == 1000


def test_a_kind_is_read_by_name(ann):
    kind = ann.get(f"{KINDS}/work").json()
    assert list(kind) == ["name", "title", "stages", "families", "secrets", "schema"]
    assert ann.get(f"{KINDS}/nope").status_code == 404


def test_every_registered_kind_can_be_shown(make_service):
    from fermata.kinds.registry import Registry

    service = make_service(kinds=Registry())
    kinds = service.user().get(KINDS).json()["kinds"]
    assert [kind["name"] for kind in kinds] == sorted(PLACES)
    assert all(kind["schema"]["type"] == "object" for kind in kinds)


def test_a_kind_says_which_families_start_its_jobs(make_service):
    from fermata.kinds.registry import Registry

    kinds = make_service(kinds=Registry()).user().get(KINDS).json()["kinds"]
    families = {kind["name"]: kind["families"] for kind in kinds}
    assert families["probe"] == ["jobs"]
    assert (
        families["csv_import"] == families["ai_location_import"] == families["ai_improvement"] == ["jobs", "processes"]
    )
    assert families["search"] == families["dedup"] == families["crawl"] == ["jobs", "tasks"]
    assert families["source.process"] == ["jobs", "sources"] and families["tag_documents"] == ["batch", "jobs"]


def test_a_stage_says_which_class_of_workers_runs_it(make_service):
    from fermata.kinds.registry import Registry

    kinds = make_service(kinds=Registry()).user().get(KINDS).json()["kinds"]
    workers = {kind["name"]: {stage["name"]: stage["worker"] for stage in kind["stages"]} for kind in kinds}
    assert workers["source.process"] == {"extract": "default", "ocr": "ocr", "index": "default"}
    assert set(workers["ocr"].values()) == {"ocr"} and set(workers["crawl"].values()) == {"default"}
