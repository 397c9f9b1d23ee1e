#!/bin/sh
# Started by the Lambda Web Adapter, which hands each invocation to this port and streams the answer back.
exec python -m uvicorn app:app --host 127.0.0.1 --port "${AWS_LWA_PORT:-8080}" --log-level warning --no-server-header
