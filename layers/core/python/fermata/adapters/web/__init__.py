"""The ports whose other side is the web."""
