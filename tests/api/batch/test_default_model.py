"""The stack's own model, for batches that name none."""

from __future__ import annotations

from typing import Any

import pytest
from fermata.api.app import Options
from fermata.api.context import DefaultModel

URL, KEY = "https://models.example/v1", "sk-of-the-stack"
OPENAI = "https://api.openai.com/v1"


@pytest.fixture
def asks(make_service: Any) -> Any:
    """Starts a batch with a config, on a stack with a model: model, endpoint and key that it asks with."""

    def asks(model: DefaultModel, **config: Any) -> tuple[Any, Any, Any]:
        service = make_service(options=Options(model=model))
        documents = [{"file_path": "https://example.com/a"}]
        answer = service.user().post("/api/batch/start", json={"documents": documents, "config": config})
        assert answer.status_code == 200, answer.text
        (job,) = service.world.jobs.values()
        secrets = service.engine.open_secrets(job)
        shown = service.user().get(f"/api/v1/jobs/batch:{answer.json()['job_id']}").text
        assert KEY not in shown + str(service.audit()) + repr(model)
        return job.params["model_name"], job.params["base_url"], secrets.get("api_key")

    return asks


def test_a_batch_that_names_no_model_asks_the_stacks(asks: Any) -> None:
    assert asks(DefaultModel(URL, "small", KEY)) == ("small", URL, KEY)


def test_a_model_without_an_endpoint_is_asked_at_the_stacks(asks: Any) -> None:
    assert asks(DefaultModel(URL, "small", KEY), model_name="other", api_key="mine") == ("other", URL, "mine")
    assert asks(DefaultModel(URL), model_name="other", api_key="mine") == ("other", URL, "mine")


def test_the_stacks_key_pays_for_the_stacks_model_alone(asks: Any) -> None:
    assert asks(DefaultModel(URL, "small", KEY), model_name="dear") == ("dear", URL, None)
    assert asks(DefaultModel(URL, None, KEY), model_name="any") == ("any", URL, KEY)


def test_the_stacks_key_is_sent_nowhere_else(asks: Any) -> None:
    named = {"model_name": "small", "base_url": "https://evil.example/v1"}
    assert asks(DefaultModel(URL, "small", KEY), **named) == ("small", named["base_url"], None)


def test_without_one_the_embedded_tagger_works(asks: Any) -> None:
    assert asks(DefaultModel()) == (None, OPENAI, None)
    assert asks(DefaultModel(URL)) == (None, OPENAI, None)
