"""Texts: their language, their words and stems, their keywords."""
