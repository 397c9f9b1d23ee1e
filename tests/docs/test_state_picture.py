import re

import pytest
from fermata.domain.transitions import TABLE, Status
from fermata.local.template import project_root


@pytest.fixture
def engine(pages):
    return pages[project_root() / "docs" / "engine.md"]


def drawn(engine):
    picture = re.search(r"```mermaid\n(.*?)```", engine, re.DOTALL)[1]
    arrows = re.findall(r"^ +(\w+) --> (\w+): (.+)$", picture, re.MULTILINE)
    return {(start, command): end for start, end, said in arrows for command in said.split(", ")}


def test_the_picture_shows_the_table_and_nothing_else(engine):
    table = {(status.value, command.value): end.value for (status, command), end in TABLE.items()}
    assert drawn(engine) == table


def test_the_picture_begins_where_jobs_begin(engine):
    assert re.findall(r"\[\*\] --> (\w+)", engine) == [Status.PENDING.value]


def test_each_status_is_explained_in_the_tables_order(engine):
    rows = re.search(r"\| status \|.*?\n((?:\|.*\n)+)", engine)[1]
    assert re.findall(r"^\| `(\w+)`", rows, re.MULTILINE) == [status.value for status in Status]
