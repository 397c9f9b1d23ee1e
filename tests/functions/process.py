"""What ``bootstrap`` does in Lambda: hands the process to the runtime client. Started by ``runtime.py``."""

from __future__ import annotations

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

path = Path(__file__).parents[1] / "contract" / "account.py"
spec = spec_from_file_location("account", path)
assert spec and spec.loader
account = module_from_spec(spec)
sys.modules["account"] = account
spec.loader.exec_module(account)

TOKENS = {name: os.environ[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}

with account.opened() as opened:
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
