"""Records that mean the same, together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from fermata.domain.kind import Json

MAX_GROUP = 50
"""Records of a group; more are a mistake of the comparison rather than one work."""


def grouped(matches: Iterable[Mapping[str, Json]]) -> Iterator[list[str]]:
    """The keys of records that matches join, directly or by way of others, in order."""
    leader: dict[str, str] = {}

    def of(key: str) -> str:
        while leader.setdefault(key, key) != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    for match in matches:
        one, other = sorted((of(match["a"]), of(match["b"])))
        leader[other] = one
    groups: dict[str, list[str]] = {}
    for key in sorted(leader):
        groups.setdefault(of(key), []).append(key)
    return iter(groups.values())
