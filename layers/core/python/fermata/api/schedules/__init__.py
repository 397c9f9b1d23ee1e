"""Schedules: work that starts by the clock."""

from fermata.api.schedules import routes
from fermata.api.schedules.family import FAMILY

__all__ = ["FAMILY", "routes"]
