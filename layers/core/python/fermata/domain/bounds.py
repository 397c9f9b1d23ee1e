"""What may be asked of a job, through whichever door: the one place of these limits."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from fermata.domain.errors import InvalidInput
from fermata.domain.jobs import MOST_PRIORITY

WORKSPACE = r"[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*"
LABEL_NAME = r"[A-Za-z0-9][A-Za-z0-9._/-]{0,62}"
"""Regular expressions of whole names."""

MAX_WORKSPACE = 64
MAX_LABELS, MAX_LABEL = 20, 255
MAX_RATE_KEY = 128
"""Characters, but for the number of labels."""

MAX_LIMIT = 1000
MAX_RATE = 1_000_000
MAX_TIMEOUT = 31_536_000
"""Chunks at a time, units a minute, and seconds: a year, as long as an execution may take."""


def check_workspace(name: str) -> None:
    if len(name) > MAX_WORKSPACE or not re.fullmatch(WORKSPACE, name):
        raise InvalidInput("workspace", f"must be 1 to {MAX_WORKSPACE} of A-Z a-z 0-9 . _ -, and not dots alone")


def check_labels(labels: Mapping[Any, Any], own: int = 0) -> None:
    """``own``: how many more there may be, which the engine gives itself."""
    if len(labels) > MAX_LABELS + own:
        raise InvalidInput("labels", f"are more than {MAX_LABELS}")
    for name, value in labels.items():
        if not isinstance(name, str) or not re.fullmatch(LABEL_NAME, name):
            raise InvalidInput("labels", "have names of 1 to 63 of A-Z a-z 0-9 . _ / -")
        if not isinstance(value, str) or len(value) > MAX_LABEL:
            raise InvalidInput("labels", f"have values of at most {MAX_LABEL} characters")


def check_rate(rate: float | None, key: str | None) -> None:
    _check_number("rate", rate, 1, MAX_RATE)
    if key is not None and rate is None:
        raise InvalidInput("rate_key", "needs a rate beside it")
    if key is not None and not 1 <= len(key) <= MAX_RATE_KEY:
        raise InvalidInput("rate_key", f"must have 1 to {MAX_RATE_KEY} characters")


def check_terms(limit: int | None, timeout: float | None, max_failed_share: float | None, priority: int) -> None:
    _check_number("limit", limit, 1, MAX_LIMIT)
    _check_number("max_failed_share", max_failed_share, 0, 1)
    _check_number("priority", priority, 0, MOST_PRIORITY)
    if timeout is not None and not 0 < timeout <= MAX_TIMEOUT:
        raise InvalidInput("timeout", f"must be above 0 and at most {MAX_TIMEOUT} seconds")


def _check_number(name: str, value: float | None, least: float, most: float) -> None:
    if value is not None and not (math.isfinite(value) and least <= value <= most):
        raise InvalidInput(name, f"must be from {least} to {most}")
