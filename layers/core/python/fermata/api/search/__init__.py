"""Searching the passages of a workspace's sources."""

from fermata.api.search import routes
from fermata.api.search.family import FAMILY

__all__ = ["FAMILY", "routes"]
