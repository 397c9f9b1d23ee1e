"""Reading the tables that imports have filled."""

from fermata.api.records import reading
from fermata.api.records.family import FAMILY

__all__ = ["FAMILY", "reading"]
