"""The way of a newcomer through the dashboard, as README.md says: signs in, pauses and resumes a job, reviews another."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

README = Path(__file__).parents[2] / "README.md"


@dataclass(frozen=True)
class Trial:
    """The jobs that README.md gives a newcomer to try.

    Attributes:
        probe: parameters of the one to pause.
        file: what the one to review imports, as it is named in the project's folder.
        unique: its column that names a row.
    """

    probe: Mapping[str, str]
    file: str
    unique: str


def lines_of(readme: str) -> list[str]:
    """What its chapter about the first steps has a newcomer type, without the comments."""
    chapter = readme.partition("## Two commands")[2].partition("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", chapter, re.DOTALL)
    return [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


def trial_of(readme: str) -> Trial:
    probe, imported = (shlex.split(line) for line in lines_of(readme) if line.startswith("fermata jobs create"))
    return Trial(_params(probe), imported[imported.index("--file") + 1].partition("=")[2], _params(imported)["unique"])


def walk(page: Page, address: str, key: str, trial: Trial, file: Path, done: Callable[[str], None]) -> str:
    """Everything in the dashboard, by hand; what was downloaded at the end.

    Args:
        done: told of each step once it is done.
    """
    page.goto(address)
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    done("signed in")
    _begin(page, "Probe")
    for name, value in trial.probe.items():
        page.get_by_label(name.capitalize(), exact=True).fill(value)
    page.get_by_role("button", name="Start", exact=True).click()
    expect(_progress(page)).to_contain_text("Running")
    expect(_progress(page)).to_contain_text(re.compile(r"Succeeded\s*[1-9]"))  # it moves by itself
    done("started a job and watched it")
    page.get_by_role("button", name="Pause").click()
    page.get_by_label("Reason").fill("lunch")
    page.get_by_role("dialog").get_by_role("button", name="Pause").click()
    expect(_progress(page)).to_contain_text("Paused")
    why = page.get_by_role("region", name="Why it waits")
    expect(why).to_contain_text("lunch")
    expect(why).to_contain_text("It stands between two units")
    expect(why.get_by_role("listitem").filter(has_text="At rest")).not_to_contain_text("not yet")
    done("paused it, and read why it waits")
    page.get_by_role("button", name="Resume").click()
    expect(_progress(page)).to_contain_text("Running")
    done("resumed it")
    _begin(page, "Import a CSV file")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_label("Unique", exact=True).fill(trial.unique)
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("link", name="Review it").click()
    page.get_by_label("Approve row 2", exact=True).uncheck()
    done("started an import, and opened its draft")
    page.get_by_role("button", name=re.compile(r"Approve \d+ of")).click()
    page.get_by_label("Reason").fill("looked at it")
    page.get_by_role("button", name="Approve these").click()
    expect(_progress(page)).to_contain_text("Completed")
    done("approved some of its rows")
    page.get_by_role("link", name="Records").click()
    expect(page.get_by_role("table")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    done("saw what was imported, and downloaded it")
    return download.value.path().read_text(encoding="utf-8")


def _begin(page: Page, kind: str) -> None:
    page.get_by_role("link", name="Start", exact=True).click()
    page.get_by_role("link", name=kind).click()


def _progress(page: Page) -> Locator:
    return page.get_by_role("region", name="Progress")


def _params(words: list[str]) -> dict[str, str]:
    pairs = (word.partition("=") for flag, word in itertools.pairwise(words) if flag == "-p")
    return {name: value for name, _, value in pairs}
