"""What docs/following.md shows for pages, run in a page."""

import re
import time
from pathlib import Path

import pytest
from fermata_client.local import signed

PAGE = Path(__file__).parents[2] / "docs" / "following.md"
STREAM, SOCKET = re.findall(r"```js\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def token(jwt_secret):
    now = int(time.time())
    claims = {"sub": "ann", "tenant": "default", "scope": "read", "aud": "fermata", "iat": now, "exp": now + 60}
    return signed(claims, jwt_secret)


def test_a_stream_is_read_with_headers(scene, page, token):
    job = scene.start(units=1)
    page.goto("/dashboard/jobs")
    said = page.evaluate(
        f"""async ({{ api, id, token }}) => {{
            {STREAM}
            let said = "";
            for (;;) {{
                const {{ value, done }} = await reader.read();
                if (done || said.includes("event: done")) return said;
                said += value;
            }}
        }}""",
        {"api": scene.server.url, "id": job.id, "token": token},
    )
    assert "event: done" in said


def test_a_batch_is_observed_over_a_websocket(scene, page, samples, token):
    batch = scene.client.batches.start([{"file_path": f"{samples}/swifts.md", "file_source_type": "local"}])
    page.goto("/dashboard/jobs")
    types = page.evaluate(
        f"""({{ id, ticket }}) => new Promise((resolve) => {{
            const types = [];
            const show = (told) => {{ types.push(told.type); if (told.type === "completed") resolve(types); }};
            {SOCKET.replace("localhost:8000", scene.server.url.removeprefix("http://"))}
        }})""",
        {"id": batch.id, "ticket": token},
    )
    assert types[0] == "catchup"
