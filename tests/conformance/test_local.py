"""The kit over the deployed local stack."""

import pytest
from fermata.cli.seeding import seed
from fermata.local import stack as local

pytestmark = pytest.mark.local

OUT_OF_REACH = {"000 health_and_recovery_are_events", "002 a_timed_out_task_cannot_be_paused"}
"""What no request can bring about."""


def test_the_deployed_stack_does_as_the_documents_say(kit):
    with local.running() as stack:
        seed(stack)
        seen = kit(stack.api_url, "--jwt-secret", stack.jwt_secret)
    differences = {name: seen.rows[name]["detail"] for name in seen.of("FAIL")}
    assert differences == {}
    assert seen.of("skip") <= OUT_OF_REACH
