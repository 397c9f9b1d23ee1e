"""Texts: their language, their words, their keywords."""

from fermata.toolkit.text.keywords import embedded_tags

__all__ = ["embedded_tags"]
