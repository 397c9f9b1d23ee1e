import pytest
from fermata.cli.readme import PARTS, current


@pytest.mark.parametrize("name", PARTS)
def test_each_part_has_its_place(readme, name):
    assert readme.count(f"<!-- {name} -->\n") == readme.count(f"<!-- /{name} -->\n") == 1


def test_what_the_program_writes_is_up_to_date(readme):
    assert current(readme) == readme, "run: python -m fermata.cli.readme"


def test_a_stale_part_is_brought_up_to_date(readme):
    stale = readme.replace("`POST /api/batch/start`", "`POST /api/batch/begin`")
    assert stale != readme
    assert current(stale) == current(readme)


def test_what_a_person_wrote_stays():
    assert current("before\n<!-- kinds -->\nold\n<!-- /kinds -->\nafter").startswith("before\n<!-- kinds -->\n| kind")
