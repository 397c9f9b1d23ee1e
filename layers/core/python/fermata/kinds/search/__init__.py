"""The kind ``search``: papers of open services, or of the workspace's own index, gathered in a table."""

from fermata.kinds.search.stages import SEARCH

__all__ = ["SEARCH"]
