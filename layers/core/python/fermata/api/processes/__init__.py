"""Processes: long-running background work that a person may have to review."""

from fermata.api.processes import controlling, following, reading
from fermata.api.processes.family import FAMILY

__all__ = ["FAMILY", "controlling", "following", "reading"]
