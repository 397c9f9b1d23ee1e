"""Sources: give, list, read, delete, pause and resume them."""

from fermata.api.sources import routes
from fermata.api.sources.family import FAMILY

__all__ = ["FAMILY", "routes"]
