"""How callers name a model: the same in every kind that can ask one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from fermata.toolkit.fetch.locations import checked_url
from fermata.toolkit.llm.model import Model, Prices
from fermata.toolkit.parameters import Parameters

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

    @field_validator("base_url")
    @classmethod
    def _endpoint(cls, value: str) -> str:
        if "?" in value or "#" in value:
            raise ValueError("must have no query")
        return checked_url(value)


def model_of(params: Mapping[str, Any], secrets: Mapping[str, str]) -> Model | None:
    """The model that the parameters name; None without one."""
    if not params["model_name"]:
        return None
    prices = Prices(params.get("prompt_price"), params.get("completion_price"))
    return Model(params["model_name"], params["base_url"], secrets.get("api_key") or "", prices)
