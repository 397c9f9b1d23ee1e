"""The audit log: read it, export it, prove it."""

from fermata.api.audit import routes
from fermata.api.audit.family import FAMILY

__all__ = ["FAMILY", "routes"]
