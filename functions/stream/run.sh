#!/bin/sh
# Started by the Lambda Web Adapter in the place of Lambda's own runtime, which would have put the layers on the path. The adapter
# hands each invocation to this port and streams the answer back.
export PYTHONPATH="${FERMATA_LAYERS:-/opt}/python:${LAMBDA_TASK_ROOT:-.}${PYTHONPATH:+:$PYTHONPATH}"
exec python -m uvicorn app:app --host 127.0.0.1 --port "${AWS_LWA_PORT:-8080}" --log-level warning --no-server-header --lifespan off
