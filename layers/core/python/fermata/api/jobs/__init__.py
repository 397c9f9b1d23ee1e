"""Jobs of every family, with all there is to know of them; other families are projections of this."""

from fermata.api.jobs import routes
from fermata.api.jobs.family import FAMILY

__all__ = ["FAMILY", "routes"]
