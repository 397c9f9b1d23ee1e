"""Fixtures of kinds and of what they are made of."""

from kind_fixtures import (  # noqa: F401
    _no_readers_left,
    files,
    jobs,
    killing,
    make_planning,
    make_unit,
    samples,
    settings,
    web,
)
