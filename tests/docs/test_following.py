import re

from fermata.local.template import project_root

PAGE = project_root() / "docs" / "following.md"


def test_the_program_of_the_page_follows_a_job_to_its_end(capsys):
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(block, PAGE.name, "exec"), {})
    assert "completed" in capsys.readouterr().out
