"""What Lambda's runtime gives a function for as long as it lives, given to a test for as long as that lasts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def event_loop() -> Iterator[None]:
    """The loop that the adapter of the api takes from its thread."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        asyncio.set_event_loop(None)
        loop.close()


@contextmanager
def logging_of_its_own() -> Iterator[None]:
    """A handler sets levels and streams of the whole process; tests that come later have theirs."""
    loggers = [logging.getLogger(name) for name in (None, "fermata")]
    before = [(logger, logger.level, logger.handlers, logger.propagate) for logger in loggers]
    try:
        yield
    finally:
        for logger, level, handlers, propagate in before:
            logger.setLevel(level)
            logger.handlers, logger.propagate = handlers, propagate
