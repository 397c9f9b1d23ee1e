"""How callers name a model: the same in every kind that can ask one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field, field_validator

from fermata.domain.kind import Terms, Unit
from fermata.toolkit.fetch.locations import checked_url
from fermata.toolkit.llm.model import Model, Prices
from fermata.toolkit.parameters import Parameters

ANSWER = 2_000
OPENAI = "https://api.openai.com/v1"
SECRETS = frozenset({"api_key"})
"""The names of parameters that are secrets."""


class ModelParameters(Parameters):
    """Parameters of a kind that asks a model where one is named."""

    model_name: str | None = Field(
        None, min_length=1, max_length=200, description="Model to ask; without it the embedded default works."
    )
    base_url: str = Field(OPENAI, max_length=2_000, description="OpenAI-compatible API that has the model.")
    api_key: str | None = Field(
        None,
        max_length=4_000,
        pattern=r"^[!-~]*$",
        description="Key for the model's API. Encrypted at rest, gone when the job ends, never shown.",
        json_schema_extra={"writeOnly": True},
    )
    prompt_price: float | None = Field(
        None, ge=0, le=1e6, description="What a million tokens of prompts cost, for the cost in results."
    )
    completion_price: float | None = Field(
        None, ge=0, le=1e6, description="What a million tokens of answers cost, for the cost in results."
    )

    requests_per_minute: int | None = Field(
        None,
        ge=1,
        le=100_000,
        strict=True,
        description="Units that may ask the model in a minute, in all jobs with the same endpoint and key together.",
    )
    token_budget: int | None = Field(
        None,
        ge=1,
        le=10**12,
        strict=True,
        description="Tokens that the job may take, prompts and answers together. Before a request that could take more the job "
        "is held; resuming it allows as many again.",
    )
    max_answer_tokens: int | None = Field(
        None,
        ge=1,
        le=1_000_000,
        strict=True,
        description=f"Tokens of an answer; with a budget {ANSWER:,} if nothing else is said.",
    )

    @field_validator("base_url")
    @classmethod
    def _endpoint(cls, value: str) -> str:
        if "?" in value or "#" in value:
            raise ValueError("must have no query")
        return checked_url(value)


def terms(params: Mapping[str, Any]) -> Terms:
    """What the parameters say of rate and budget, as a kind's ``terms``."""
    if not params["model_name"]:
        return Terms()
    return Terms(params.get("requests_per_minute"), f"model {params['base_url']}", params.get("token_budget"))


def model_for(unit: Unit) -> Model | None:
    """The model that a unit's parameters name, which takes its tokens of the job's budget; None without one."""
    model = model_of(unit.params, unit.secrets)
    return None if model is None else replace(model, budget=unit.params.get("token_budget"), spend=unit.spend)


def model_of(params: Mapping[str, Any], secrets: Mapping[str, str]) -> Model | None:
    """The model that the parameters name; None without one."""
    if not params["model_name"]:
        return None
    prices = Prices(params.get("prompt_price"), params.get("completion_price"))
    most = params.get("max_answer_tokens")
    if most is None and params.get("token_budget") is not None:
        most = ANSWER
    return Model(params["model_name"], params["base_url"], secrets.get("api_key") or "", prices, most)
