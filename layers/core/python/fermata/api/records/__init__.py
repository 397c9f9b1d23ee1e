"""Reading the tables that imports have filled."""

from fermata.api.records import routes
from fermata.api.records.family import FAMILY

__all__ = ["FAMILY", "routes"]
