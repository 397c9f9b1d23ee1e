"""Webhooks: receivers that are told of what happens."""

from fermata.api.webhooks import deliveries, routes
from fermata.api.webhooks.family import FAMILY

__all__ = ["FAMILY", "deliveries", "routes"]
