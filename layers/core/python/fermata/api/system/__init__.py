"""Processing of a whole tenant: pause, resume, status, events."""

from fermata.api.system import history, holding
from fermata.api.system.family import FAMILY

__all__ = ["FAMILY", "history", "holding"]
