"""Sources: give, list, read, delete, pause and resume them."""

from fermata.api.sources import giving, holding
from fermata.api.sources.family import FAMILY

__all__ = ["FAMILY", "giving", "holding"]
