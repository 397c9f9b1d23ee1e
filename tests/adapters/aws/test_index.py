from __future__ import annotations

from typing import Any

import pytest
from fermata.adapters.aws.index import DynamoIndex
from fermata.content.model import IndexedSection, WorkspaceRef
from fermata.domain.errors import Unavailable

PLACE = WorkspaceRef("acme", "default")
BUSY = ', "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}]'
"""The sums of a workspace are written by whoever adds or removes anything of it."""


@pytest.fixture
def index(account: Any) -> DynamoIndex:
    """Of a workspace with a document of one block."""
    index = DynamoIndex(account.table, account.clients)
    index.add(PLACE, [IndexedSection("doc", 0, "Bees", ("Bees live in hives.",))])
    return index


def test_a_block_is_removed_although_others_change_the_workspace_just_then(index: DynamoIndex, refused: Any) -> None:
    refused("dynamodb", "TransactWriteItems", "TransactionCanceledException", 2, BUSY)
    assert index.remove(PLACE, "doc") == 1
    assert list(index.of_source(PLACE, "doc")) == list(index.sources(PLACE)) == []


def test_a_block_that_others_keep_from_being_removed_is_not_called_removed(index: DynamoIndex, refused: Any) -> None:
    refused("dynamodb", "TransactWriteItems", "TransactionCanceledException", more=BUSY)
    with pytest.raises(Unavailable):
        index.remove(PLACE, "doc")
    assert list(index.sources(PLACE)) == ["doc"]
