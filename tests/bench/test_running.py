import subprocess
import sys

import pytest

from bench import __main__ as bench
from bench.figure import Figure
from bench.figures import COUNTED, FIGURES


def test_figures_are_shown_in_the_order_asked_for_whichever_are_made_side_by_side(monkeypatch, capsys):
    monkeypatch.setattr(bench, "_apart", Figure)
    asked = ["kill", "start", "pause", "cost"]
    assert [figure.title for figure in bench._measured(asked)] == asked
    assert [line for line in capsys.readouterr().out.splitlines() if line] == [f"## {name}" for name in asked]


@pytest.mark.parametrize("name", sorted(COUNTED))
def test_what_is_made_side_by_side_is_a_figure(name):
    assert name in FIGURES


def test_a_figure_that_takes_too_long_can_stop_what_it_has_started(tmp_path):
    program = f"""
import pathlib, time
try:
    print("up", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    pathlib.Path({str(tmp_path)!r}, "stopped").touch()
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "up\n"
        bench._end(process)
    assert (tmp_path / "stopped").exists()
