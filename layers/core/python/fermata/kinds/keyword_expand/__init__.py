"""The kind ``keyword_expand``: what else to look for, beside a keyword, and who says so."""

from fermata.kinds.keyword_expand.stages import KEYWORD_EXPAND

__all__ = ["KEYWORD_EXPAND"]
