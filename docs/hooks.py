"""Called by mkdocs while it builds the site."""

from __future__ import annotations

import re
from typing import Any

SHIM = "https://unpkg.com/iframe-worker/shim"
OURS = "vendor/iframe-worker.js"
"""What lets a page that was opened as a file search; the theme would load it from elsewhere."""


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """A page without links to files of the project that are not in the site: their names stay."""
    depth = page.file.src_uri.count("/") + 1
    return re.sub(rf"\[([^\]]+)\]\((?:\.\./){{{depth}}}[^)]*\)", r"\1", markdown)


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """A page that asks nothing of other hosts."""
    return output.replace(SHIM, "../" * page.url.count("/") + OURS)


def on_post_template(output_content: str, template_name: str, **_: Any) -> str:
    """The same for what is no page, which may be answered at any address."""
    return output_content.replace(SHIM, f"/{OURS}")
