"""Scholarly papers, and the open services that know of them: their real requests, paging, limits and formats."""

from fermata.toolkit.papers.paper import Paper, normal_doi, plain
from fermata.toolkit.papers.services import SERVICES, Found, Service, ask
from fermata.toolkit.papers.terms import Ask

__all__ = ["SERVICES", "Ask", "Found", "Paper", "Service", "ask", "normal_doi", "plain"]
