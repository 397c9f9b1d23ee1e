import re

import pytest
from fermata.local.template import project_root

PAGE = project_root() / "docs" / "client.md"


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


def test_the_examples_of_the_client_run_as_they_stand(page, tmp_path, monkeypatch, capsys):
    (tmp_path / "samples").symlink_to(project_root() / "samples")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), names)
    names["test_my_program_copes_with_failures"]()
    said = capsys.readouterr().out
    assert "100% completed" in said
    assert "lunch" in said
    assert "Job not found" in said


def test_each_attribute_of_the_client_is_on_the_page(page):
    from fermata_client import Client

    with Client("http://localhost") as client:
        named = {name for name, value in vars(client).items() if not name.startswith("_")}
    assert [name for name in named if f"`client.{name}" not in page] == []


def test_each_error_is_on_the_page(page):
    from fermata_client import errors

    classes = [name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)]
    assert [name for name in classes if f"`{name}`" not in page] == []
