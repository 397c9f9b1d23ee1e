"""What AWS charges, by what is used: public prices (us-east-1, on demand, arm64), without any free tier.

What is used is a counter of the names in :data:`PRICES`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

MILLION = 1_000_000

PRICES: Mapping[str, float] = {
    "DynamoDB write units": 0.625 / MILLION,
    "DynamoDB read units": 0.125 / MILLION,
    "SQS requests": 0.40 / MILLION,
    "Step Functions transitions": 25.0 / MILLION,
    "Lambda requests": 0.20 / MILLION,
    "Lambda GB-seconds": 13.3334 / MILLION,
    "S3 writes": 5.0 / MILLION,
    "S3 reads": 0.40 / MILLION,
    "KMS requests": 3.0 / MILLION,
    "HTTP API requests": 1.0 / MILLION,
    "Log GB": 0.50,
    "Log GB-months": 0.03,
    "DynamoDB GB-months": 0.25,
    "Backup GB-months": 0.20,
    "S3 GB-months": 0.023,
    "Schedule calls": 1.0 / MILLION,
    "Alarms": 0.10,
    "Dashboards": 3.0,
    "Custom metrics": 0.30,
    "KMS keys": 1.0,
}
"""Dollars for one of each; alarms, dashboards, metrics and keys for a month. Backups: a table's point-in-time recovery."""

Usage = Counter[str]


def dollars(usage: Mapping[str, float]) -> float:
    return sum(amount * PRICES[name] for name, amount in usage.items())
