import pytest
from fermata.cli.pages import PARTS, current, index, pages
from fermata.local.template import project_root


@pytest.mark.parametrize("name", PARTS)
def test_each_part_has_its_place(all_text, name):
    assert all_text.count(f"<!-- {name} -->\n") == all_text.count(f"<!-- /{name} -->\n") == 1


@pytest.mark.parametrize("path", pages(project_root()), ids=lambda path: path.name)
def test_what_the_program_writes_is_up_to_date(path):
    page = path.read_text(encoding="utf-8")
    assert current(page) == page, "run: make docs"


def test_a_stale_part_is_brought_up_to_date(pages):
    page = pages[project_root() / "docs" / "api.md"]
    stale = page.replace("`POST /api/batch/start`", "`POST /api/batch/begin`")
    assert stale != page
    assert current(stale) == current(page)


def test_what_a_person_wrote_stays():
    assert current("before\n<!-- kinds -->\nold\n<!-- /kinds -->\nafter").startswith("before\n<!-- kinds -->\n| kind")


def test_the_list_for_programs_that_read_is_up_to_date():
    assert (project_root() / "docs" / "llms.txt").read_text(encoding="utf-8") == index(project_root()), "run: make docs"
