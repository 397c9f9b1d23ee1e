"""The stack's event bus, in EventBridge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.errors import translated
from fermata.domain.errors import Unavailable
from fermata.domain.notices import Notice

SOURCE = "fermata"
BATCH = 10
"""Entries of one call, at most."""


class EventBridgeBus:
    """Implements :class:`fermata.ports.Bus`."""

    def __init__(self, name: str, clients: Clients | None = None) -> None:
        self._name = name
        self._clients = clients or Clients()

    def put(self, notices: Sequence[Notice]) -> None:
        for start in range(0, len(notices), BATCH):
            some = notices[start : start + BATCH]
            with translated():
                answer = self._clients.events.put_events(
                    Entries=[
                        {
                            "EventBusName": self._name,
                            "Source": SOURCE,
                            "DetailType": notice.type,
                            "Detail": json.dumps(dict(notice.detail), ensure_ascii=False),
                            "Time": datetime.fromtimestamp(notice.at, UTC),
                            "Resources": [],
                        }
                        for notice in some
                    ]
                )
            if answer["FailedEntryCount"]:
                codes = sorted({entry["ErrorCode"] for entry in answer["Entries"] if "ErrorCode" in entry})
                raise Unavailable(f"{answer['FailedEntryCount']} notices were not taken: {', '.join(codes)}")
