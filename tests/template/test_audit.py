"""The audit trail is added to, and changed by nobody."""

import pytest

WRITERS = ("ApiRole", "WorkerRole", "OcrRole", "WorkflowRole", "RecoveryRole")


def statements(resources, role, effect):
    policies = [policy for policy in resources[role]["Policies"] if "PolicyDocument" in policy]
    return [s for policy in policies for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == effect]


@pytest.mark.parametrize("role", WRITERS)
def test_no_role_changes_or_deletes_what_was_recorded(resources, role):
    denied = [s for s in statements(resources, role, "Deny") if s["Resource"] == {"Fn::GetAtt": ["Table", "Arn"]}]
    (kept,) = denied
    assert set(kept["Action"]) == {"dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:UpdateItem"}
    assert kept["Condition"] == {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["audit#*"]}}


@pytest.mark.parametrize("role", WRITERS)
def test_a_role_adds_heads_and_removes_none(resources, role):
    bucket = "${AuditBucket.Arn}/*"
    found = [s["Action"] for s in statements(resources, role, "Allow") if s["Resource"] == {"Fn::Sub": bucket}]
    actions = {action for each in found for action in ([each] if isinstance(each, str) else each)}
    assert actions == {"s3:PutObject", "s3:GetObject"} if role == "ApiRole" else {"s3:PutObject"}


def test_heads_are_written_once(resources):
    policy = resources["AuditBucketPolicy"]["PolicyDocument"]["Statement"]
    (once,) = (s for s in policy if s["Sid"] == "WrittenOnce")
    assert (once["Effect"], once["Principal"], once["Action"]) == ("Deny", "*", "s3:PutObject")
    assert once["Condition"] == {"Null": {"s3:if-none-match": "true"}}


def test_the_trail_has_a_partition_of_its_own():
    from fermata.adapters.aws import table_keys

    for refused in (False, True):
        assert table_keys.audit("acme", 1, refused=refused).pk.startswith("audit#")
    assert table_keys.audit("refused#x", 1).pk != table_keys.audit("x", 1, refused=True).pk
