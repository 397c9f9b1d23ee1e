"""The one route."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from fermata.api.context import Caller
from fermata.api.request_fields import DEFAULT_WORKSPACE, MAX_WORKSPACE, WORKSPACE
from fermata.api.search import presenter
from fermata.api.search.family import FAMILY
from fermata.api.search.schemas import SearchResults
from fermata.content.model import WorkspaceRef
from fermata.content.search import MAX_HITS, MAX_QUESTION, search


@FAMILY.query("", response_model=SearchResults, summary="Search a workspace")
def search_passages(
    call: Caller,
    q: Annotated[
        str,
        Query(
            min_length=1,
            max_length=MAX_QUESTION,
            description='Words, the first 16 count; `"a phrase"`, `-unwanted`, `title:word` for titles and headings only',
        ),
    ],
    workspace: Annotated[str, Query(pattern=WORKSPACE, max_length=MAX_WORKSPACE)] = DEFAULT_WORKSPACE,
    limit: Annotated[int, Query(ge=1, le=MAX_HITS, description="Passages, at most")] = 10,
) -> SearchResults:
    """The passages of the workspace that answer best; there is no second page, since rank tells little beyond the first hundred.

    A passage need not have all the words, but every phrase and every word after `title:`, and nothing after a minus. A title,
    and a heading without text, are found as the beginning of what is below them. Of the passages with all of a phrase's words,
    the best 300 are read for the phrase. Passages are of about 200 words and overlap by a sentence. What a source that is being
    processed has ready is found at once, what is deleted is not found any more; an unknown workspace has nothing to find. A
    question without a letter or digit is a 422. Of a word that more than 5,000 stretches of sources have, each of some 20
    pages, the first 5,000 count.
    """
    hits = search(call.content.index, WorkspaceRef(call.tenant, workspace), q, limit)
    return SearchResults(query=q, workspace=workspace, results=[presenter.passage(hit) for hit in hits])
