"""``pytest --costs 20``: the dearest files of a run, in seconds of processor time and of waiting."""

from __future__ import annotations

import resource
from collections import defaultdict
from collections.abc import Generator
from typing import Any

import pytest

SPENT = pytest.StashKey[float]()


def spent() -> float:
    """Seconds of processor time of this process, and of the programs that it has started and seen end."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--costs", type=int, default=0, metavar="N", help="tell what the N dearest files took")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[SPENT] = spent()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    report.processor, item.stash[SPENT] = spent() - item.stash[SPENT], spent()
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    files: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for reports in terminalreporter.stats.values():
        for report in reports:
            if hasattr(report, "processor"):
                took = files[report.nodeid.partition("::")[0]]
                took[0] += report.processor
                took[1] += report.duration
    if most := config.getoption("costs"):
        terminalreporter.section(f"the {most} dearest files: processor seconds, seconds")
        for name, (processor, seconds) in sorted(files.items(), key=lambda entry: -max(entry[1]))[:most]:
            terminalreporter.line(f"{processor:8.1f} {seconds:8.1f}  {name}")
