"""Signing in and out of browsers, and what streams are opened with that can send no headers."""

from fermata.api.session import oidc, routes
from fermata.api.session.family import FAMILY

__all__ = ["FAMILY", "oidc", "routes"]
