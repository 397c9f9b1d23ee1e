import re

from fermata.domain.transitions import TABLE, Status


def drawn(readme):
    picture = re.search(r"```mermaid\n(.*?)```", readme, re.DOTALL)[1]
    arrows = re.findall(r"^ +(\w+) --> (\w+): (.+)$", picture, re.MULTILINE)
    return {(start, command): end for start, end, said in arrows for command in said.split(", ")}


def test_the_picture_shows_the_table_and_nothing_else(readme):
    table = {(status.value, command.value): end.value for (status, command), end in TABLE.items()}
    assert drawn(readme) == table


def test_the_picture_begins_where_jobs_begin(readme):
    assert re.findall(r"\[\*\] --> (\w+)", readme) == [Status.PENDING.value]


def test_each_status_is_explained_in_the_tables_order(readme):
    rows = re.search(r"\| status \|.*?\n((?:\|.*\n)+)", readme)[1]
    assert re.findall(r"^\| `(\w+)`", rows, re.MULTILINE) == [status.value for status in Status]
