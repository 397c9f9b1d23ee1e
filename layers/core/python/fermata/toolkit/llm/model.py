"""Which model is asked, what it answered, and what that took."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Self

CHARACTERS = 4
"""Of a token, about; used where an endpoint does not count."""


@dataclass(frozen=True)
class Prices:
    """What a million tokens cost, in the currency of whoever asks; None where nobody said."""

    prompt: float | None = None
    completion: float | None = None


@dataclass(frozen=True)
class Model:
    """Which model to ask, and where.

    Attributes:
        api_key: sent as a bearer token unless it is empty.
        max_tokens: of an answer; None: as many as the endpoint lets.
        budget: tokens that all requests of the job may take, and that each resume allows more; None: any number.
        spend: takes tokens of it; see :class:`fermata.domain.kind.Unit`.
    """

    name: str
    base_url: str
    api_key: str = field(default="", repr=False)
    prices: Prices = Prices()
    max_tokens: int | None = None
    budget: int | None = None
    spend: Callable[..., bool] = field(default=lambda amount, used=False: True, repr=False, compare=False)


@dataclass(frozen=True)
class Usage:
    """What requests took.

    Attributes:
        requests: those that were answered.
        cost: as the endpoint says, or else by the prices given; None when neither is known.
        estimated: some tokens were not counted by the endpoint, but guessed by the length of the text.
    """

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    estimated: bool = False

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        costs = [usage.cost for usage in (self, other) if usage.cost is not None]
        return Usage(
            self.requests + other.requests,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            sum(costs) if costs else None,
            self.estimated or other.estimated,
        )

    def shown(self) -> dict[str, Any]:
        """As it stands in results."""
        return {
            "requests": self.requests,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "cost": None if self.cost is None else round(self.cost, 6),
            "estimated": self.estimated,
        }

    @classmethod
    def of(cls, shown: Any) -> Self:
        """The inverse of :meth:`shown`; nothing for None."""
        return cls(**shown) if shown else cls()


def total_usage(shown: Iterable[Any]) -> dict[str, Any]:
    """The sum of what units' results show as their usage, to be shown in the job's."""
    return sum(map(Usage.of, shown), Usage()).shown()


@dataclass(frozen=True)
class Answer:
    """What the model answered.

    Attributes:
        cut: it reached the limit of tokens before its end.
    """

    text: str
    usage: Usage
    cut: bool = False
