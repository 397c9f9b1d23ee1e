"""huey at the no-op: ``python -m bench.peer_huey <storage> consume|produce``."""

from __future__ import annotations

import json
import sys
import time

from huey import RedisHuey, SqliteHuey
from huey.consumer import Consumer

UNITS = 10_000
WORKERS = 2

storage, role = sys.argv[1:]
options = {"results": True}
queue = (
    RedisHuey("bench", url=storage, **options)
    if storage.startswith("unix:")
    else SqliteHuey("bench", filename=storage, **options)
)


@queue.task()
def unit(number: int) -> dict[str, int]:
    return {"number": number}


def produce() -> None:
    """Queue all units, wait until each has its result, and say how long that took."""
    began, used = time.perf_counter(), time.process_time()
    for number in range(UNITS):
        unit(number)
    while queue.storage.result_store_size() < UNITS:
        time.sleep(0.05)
    print(json.dumps([UNITS, time.perf_counter() - began, time.process_time() - used]))


if __name__ == "__main__":
    if role == "produce":
        produce()
    else:
        Consumer(queue, workers=WORKERS, worker_type="process", periodic=False).run()
