"""What ``bootstrap`` does in Lambda: hands the process to the runtime client. Started by ``runtime.py``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import aws_account

TOKENS = {name: os.environ[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}

with aws_account.opened() as opened:
    os.environ.update(TOKENS)
    os.environ.update(
        FERMATA_TABLE=opened.table,
        FERMATA_QUEUE_URL=opened.queue,
        FERMATA_OCR_QUEUE_URL=opened.queue,
        FERMATA_DEAD_LETTER_QUEUE_URL=opened.dead_letters,
        FERMATA_BUCKET=opened.bucket,
        FERMATA_STATE_MACHINE_ARN=opened.state_machine,
        FERMATA_KEY_ID=opened.key,
        FERMATA_MAC_KEY_ID=opened.mac_key,
        FERMATA_AUDIT_BUCKET=opened.audit_bucket,
    )
    from awslambdaric.__main__ import main

    main(sys.argv)
