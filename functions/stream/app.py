"""The HTTP API where responses can stream: the same app as the api function's, under a server of its own."""

from __future__ import annotations

import os

from fermata.bootstrap import app_from
from fermata.environment import ApiEnvironment
from fermata.observability.metrics import Telemetry

app = app_from(ApiEnvironment.read(os.environ), watcher=Telemetry("stream"))
