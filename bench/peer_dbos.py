"""DBOS at the no-op: ``python -m bench.peer_dbos <database>``."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from dbos import DBOS, DBOSConfig

UNITS = 1_000
CHUNK = 125
WIDTH = 8


@DBOS.step()
def unit(number: int) -> dict[str, int]:
    return {"number": number}


@DBOS.workflow()
def chunk(first: int) -> int:
    return len([unit(number) for number in range(first, first + CHUNK)])


def main(database: str) -> None:
    config: Any = DBOSConfig(name="bench", system_database_url=f"sqlite:///{database}", log_level="ERROR")
    DBOS(config=config)
    DBOS.launch()
    DBOS.register_queue("bench", worker_concurrency=WIDTH, polling_interval_sec=0.05)
    began, used = time.perf_counter(), time.process_time()
    handles = [DBOS.enqueue_workflow("bench", chunk, first) for first in range(0, UNITS, CHUNK)]
    done = sum(handle.get_result() for handle in handles)
    took, processor = time.perf_counter() - began, time.process_time() - used
    DBOS.destroy()
    print(json.dumps([done, took, processor]))


if __name__ == "__main__":
    main(sys.argv[1])
