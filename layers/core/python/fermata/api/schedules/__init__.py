"""Schedules: work that starts by the clock."""

from fermata.api.schedules import controlling, history, reading
from fermata.api.schedules.family import FAMILY

__all__ = ["FAMILY", "controlling", "history", "reading"]
