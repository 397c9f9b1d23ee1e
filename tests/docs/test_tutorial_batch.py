import re
import shlex

from fermata.cli.errors import REVIEW
from fermata.cli.main import main
from fermata.embedded import Embedded
from fermata.local.template import project_root

PAGE = project_root() / "docs" / "tutorial-batch.md"
LINES = [
    line
    for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for line in block.splitlines()
    if line.startswith("fermata ")
]


def test_the_commands_run_in_the_order_of_the_page(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(project_root())
    monkeypatch.setenv("FERMATA_STATE_DIR", str(tmp_path))
    job, shown = "", {}
    with Embedded() as server:
        monkeypatch.setenv("FERMATA_URL", server.url)
        monkeypatch.setenv("FERMATA_API_KEY", server.api_key)
        for line in LINES:
            if "units=600" in line:
                server.works.clear()  # so that it is not over before it is paused
            if " resume JOB" in line:
                server.works.set()
            words = shlex.split(line.replace("JOB", job).replace("seconds=2", "seconds=0"))[1:]
            assert main(words) in (0, REVIEW), (line, capsys.readouterr().err)
            shown[line] = said = capsys.readouterr().out
            if re.search(r" (create|start) ", line):
                job = said.split()[0]
    assert "lunch" in shown["fermata jobs why JOB"]
    assert "ticket" in shown["fermata records show records"]
