"""The family."""

from __future__ import annotations

from fermata.api.dialects import TYPED
from fermata.api.routing import Family

FAMILY = Family(
    "search",
    "/api/v1/search",
    "Full-text search over what sources have been processed in a workspace. Words are compared without case and "
    "accents, as people type them, and by their stems in the language of each text; passages that have more of the "
    "words, rarer ones, and more often, come first (BM25), those under a heading or title with the words before others.",
    dialect=TYPED,
)
