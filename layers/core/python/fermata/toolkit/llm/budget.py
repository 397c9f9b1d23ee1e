"""A job's budget of tokens: taken before a request is sent, since afterwards it is too late."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from fermata.domain.kind import UnitHold
from fermata.toolkit.llm.model import Model

T = TypeVar("T")

LEAST_CHARACTERS = 3
"""Bytes of a token at least, as a rule: what a request may take has to be known before it is sent."""


def paid(model: Model, sent: int, ask: Callable[[Callable[[], object]], T], tokens: Callable[[T], int]) -> T:
    """What ``ask`` answers, its tokens taken of the budget: first the most that it can take, then what it took.

    ``sent``: bytes of the request. ``ask`` is given what to call when the endpoint refuses, and so takes none. Where nobody says
    what was taken (the connection broke off, the worker died) the most stays taken. Raises UnitHold where not so much is left.
    """
    if model.budget is None:
        return ask(lambda: None)
    most = sent // LEAST_CHARACTERS + (model.max_tokens or 0)
    if not model.spend(most):
        grant = max(model.budget, most)
        raise UnitHold(
            f"the token budget is used up: the next request may take {most:,} tokens; resuming allows {grant:,} more",
            grant,
        )
    answer = ask(lambda: model.spend(-most))
    model.spend(tokens(answer) - most, True)
    return answer
