"""The kinds of work that there are."""

from fermata.api.kinds import routes
from fermata.api.kinds.family import FAMILY

__all__ = ["FAMILY", "routes"]
