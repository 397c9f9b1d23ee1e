"""How a kind is run in a test, in a few lines: an engine in memory, a clock that is moved by hand, a web server on loopback.

    from fermata.testing import Workbench

    bench = Workbench(COUNT_WORDS)
    job = bench.run("count_words", texts=["to be or not to be"])
    assert (job.status, job.result) == ("completed", {"words": 6})

What is here is public: it changes as the API does, with a note in the changelog.
"""

from fermata.testing.driver import Driver, InlineSlots, ManualClock, MemoryDelivery
from fermata.testing.examination import Finding, examine
from fermata.testing.loopback import LoopbackServer
from fermata.testing.workbench import Killed, TestJob, Workbench

__all__ = [
    "Driver",
    "Finding",
    "InlineSlots",
    "Killed",
    "LoopbackServer",
    "ManualClock",
    "MemoryDelivery",
    "TestJob",
    "Workbench",
    "examine",
]
