"""What the dashboard loads and how quick it is, in Chromium: ``make budget`` with a local stack running, or another ``--url``.

Of the first view, with nothing in the browser's cache: what is transferred, and when its rows stand there. Of 10,000 jobs, in
memory: how long the page keeps the browser from answering while they are read, searched, sorted and scrolled through.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time

import chromium
import crowd
from fermata.embedded import Embedded
from playwright.sync_api import Browser, Page

LOADS = 5
JOBS = 10_000
WATCH = """window.long = [];
const take = (list) => window.long.push(...list.getEntries().map((one) => one.duration));
new PerformanceObserver(take).observe({ type: "longtask", buffered: true });"""
TYPE = """const q = document.getElementById("q");
q.value = %s;
q.dispatchEvent(new Event("input", { bubbles: true }));"""
SORT = """const order = document.querySelector("[aria-label=Order]");
order.value = "failed";
order.dispatchEvent(new Event("change", { bubbles: true }));"""
SCROLL = """let n = 0;
const step = () => {
  window.scrollTo(0, ++n / 200 * document.body.scrollHeight);
  if (n < 200) requestAnimationFrame(step); else window.over = true;
};
step();"""
TOLD = "document.querySelector('.head .sub').innerText === '%s'"
SHOWN = "document.querySelector('.jobs[aria-busy=false]') !== null"


def first_view(browser: Browser, url: str, key: str) -> tuple[float, float, float]:
    """KB transferred, seconds to the first paint and to the list of jobs."""
    context = browser.new_context(base_url=url, viewport={"width": 1280, "height": 900}, bypass_csp=True)
    context.request.post("/api/v1/session", data={"api_key": key})
    page = context.new_page()
    sizes: list[float] = []
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    client.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto("/dashboard/", wait_until="commit")
    page.wait_for_function(SHOWN)
    shown = page.evaluate("performance.now()") / 1000
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0") / 1000
    context.close()
    return sum(sizes) / 1000, painted, shown


def took(page: Page, what: str, act: str, until: str) -> str:
    """One line: how long until something was there, and the tasks of over 50 ms meanwhile."""
    page.evaluate("window.long.length = 0")
    began = time.perf_counter()
    page.evaluate(act)
    page.wait_for_function(until, timeout=120_000)
    seconds = time.perf_counter() - began
    page.wait_for_timeout(200)
    long = page.evaluate("window.long")
    rows = page.locator(".jobs .rows .row").count()
    longest = max(long, default=0)
    return f"{what}: {seconds:.2f} s, {len(long)} tasks over 50 ms, the longest {longest:.0f} ms; {rows} rows drawn"


def many_jobs(browser: Browser) -> list[str]:
    with Embedded(recovery=60.0) as server:
        crowd.fill(server.world, "default", JOBS)
        context = browser.new_context(base_url=server.url, viewport={"width": 1280, "height": 900}, bypass_csp=True)
        context.request.post("/api/v1/session", data={"api_key": server.api_key})
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto("/dashboard/jobs")
        page.wait_for_function(SHOWN)
        everything = TOLD % f"{JOBS:,} jobs"
        lines = [
            took(page, "read them all to sort them", SORT, everything),
            took(page, "search one of them", TYPE % "'number 4711'", TOLD % "1 job"),
            took(page, "show all again", TYPE % "''", everything),
            took(page, "scroll from end to end in 200 steps", SCROLL, "window.over === true"),
        ]
        context.close()
    return lines


def main() -> None:
    options = argparse.ArgumentParser(description="Measure the dashboard.")
    options.add_argument("--url", default="http://127.0.0.1:8000")
    options.add_argument("--key", default="sk_test_123456")
    asked = options.parse_args()
    with chromium.browser() as browser:
        loads = [first_view(browser, asked.url, asked.key) for _ in range(LOADS + 1)][1:]
        size, painted, shown = (statistics.median(values) for values in zip(*loads, strict=True))
        sys.stdout.write(
            f"first view: {size:.0f} KB transferred (at most 200), first paint after {painted:.2f} s, jobs after {shown:.2f} s "
            f"(at most 1), the median of {LOADS} loads with an empty cache\n"
        )
        for line in many_jobs(browser):
            sys.stdout.write(f"{JOBS:,} jobs, {line}\n")


if __name__ == "__main__":
    main()
