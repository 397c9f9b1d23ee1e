"""The functions' log lines: JSON, of the level that the stack asks for, and never what libraries write of the wire.

Lambda sets the root logger to the level of its own filter before a handler is loaded, and Powertools prefers that level to
its own. At DEBUG, botocore would then write every request and response: session tokens, secrets that KMS has just opened,
bodies. So the level of Fermata's own lines is taken from ``POWERTOOLS_LOG_LEVEL`` alone, and everybody else's is pinned.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from aws_lambda_powertools.logging import Logger

LEVEL = "POWERTOOLS_LOG_LEVEL"
PINNED = ("boto3", "botocore", "httpcore", "httpx", "s3transfer", "urllib3")
"""Libraries that write of requests and responses below WARNING."""


def service_logger(service: str, variables: Mapping[str, str]) -> Logger:
    """The logger of a function, and with it the levels of all others."""
    logger = Logger(service=service)
    level = _level(variables.get(LEVEL, ""))
    logging.getLogger(service).setLevel(level)
    package = logging.getLogger("fermata")
    package.handlers, package.propagate = list(logger.handlers), False
    package.setLevel(level)
    for name in (None, *PINNED):
        logging.getLogger(name).setLevel(logging.WARNING)
    return logger


def _level(name: str) -> int:
    return logging.getLevelNamesMapping().get(name.upper(), logging.INFO)
