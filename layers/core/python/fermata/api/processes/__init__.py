"""Processes: long-running background work that a person may have to review."""

from fermata.api.processes import routes, stream
from fermata.api.processes.family import FAMILY

__all__ = ["FAMILY", "routes", "stream"]
