"""API keys of the tenant: create, list and revoke them."""

from fermata.api.keys import routes
from fermata.api.keys.family import FAMILY

__all__ = ["FAMILY", "routes"]
