"""Processing of a whole tenant: pause, resume, status, events."""

from fermata.api.system import routes
from fermata.api.system.family import FAMILY

__all__ = ["FAMILY", "routes"]
