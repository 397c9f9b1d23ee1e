"""What kinds share: parameters described by a pydantic model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from fermata.domain.kind import Json


class InvalidParameters(ValueError):
    """The caller's parameters don't fit the kind.

    Pydantic's own error repeats the values it was given, secrets too; this one holds places and reasons only.
    """

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__("; ".join(f"{_name(problem)}: {problem['msg']}" for problem in problems))
        self._problems = problems

    def errors(self) -> list[dict[str, Any]]:
        """``loc`` (a tuple) and ``msg`` of each problem, as pydantic's error has them."""
        return self._problems


class Parameters(BaseModel):
    """Base of the models of kinds' parameters: unknown names are refused, errors hide the values."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)


def parser(model: type[Parameters]) -> Callable[[Mapping[str, Json]], dict[str, Json]]:
    """The model as a kind's ``parse``: JSON-able values with defaults filled in; raises :class:`InvalidParameters`."""

    def parse(params: Mapping[str, Json]) -> dict[str, Json]:
        try:
            return model.model_validate(dict(params)).model_dump(mode="json")
        except ValidationError as error:
            raise InvalidParameters(_problems(error)) from None

    return parse


def schema(model: type[Parameters]) -> Callable[[], dict[str, Any]]:
    """The model as a kind's ``schema``."""
    return model.model_json_schema


def _problems(error: ValidationError) -> list[dict[str, Any]]:
    details = error.errors(include_url=False, include_input=False, include_context=False)
    return [{"loc": detail["loc"], "msg": detail["msg"].removeprefix("Value error, ")} for detail in details]


def _name(problem: dict[str, Any]) -> str:
    return ".".join(map(str, problem["loc"])) or "parameters"
