"""The kind ``crawl``: the pages of a site, followed link by link to a depth."""

from fermata.kinds.crawl.stages import CRAWL

__all__ = ["CRAWL"]
