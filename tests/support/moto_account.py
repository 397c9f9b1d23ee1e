"""moto's AWS, with what it and botocore would make anew for each account made once: that takes longer than most tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

from botocore.loaders import JSONFileLoader
from moto import mock_aws
from moto.kms.utils import generate_private_key

_load = JSONFileLoader.load_file

key_pair = cache(generate_private_key)
"""moto gives one to each key; the keys here encrypt or make MACs, and never use it."""


@cache
def service_description(path: str) -> Any:
    """What botocore reads of its services, megabytes of JSON for each new session."""
    return _load(JSONFileLoader(), path)


@contextmanager
def mocked(**config: Any) -> Iterator[None]:
    """An empty account, that is gone afterwards. ``config``: moto's, by service."""
    with (
        patch("moto.kms.models.generate_private_key", key_pair),
        patch.object(JSONFileLoader, "load_file", lambda self, path: service_description(path)),
        mock_aws(config=config),  # type: ignore[call-overload]
    ):
        yield
