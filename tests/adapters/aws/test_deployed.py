import json

import boto3
import pytest
from fermata.adapters.aws import deployed
from fermata.domain.errors import NotFound, Refused
from fermata.local import template
from moto_account import mocked

TEMPLATE = {
    "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "work"}}},
    "Outputs": {"QueueName": {"Value": {"Fn::GetAtt": ["Queue", "QueueName"]}}},
}


@pytest.fixture
def account(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mocked():
        boto3.client("cloudformation").create_stack(StackName="fermata", TemplateBody=json.dumps(TEMPLATE))
        yield


def test_the_outputs_of_a_stack_are_found(account):
    assert deployed.outputs("fermata") == {"QueueName": "work"}


def test_a_stack_that_is_not_there_is_not_found(account):
    with pytest.raises(NotFound, match="stack not found: nobodys"):
        deployed.outputs("nobodys")


def test_what_aws_refuses_is_told(account):
    with pytest.raises(Refused, match="AWS: "):
        deployed.variables("no-such-function")


def test_without_a_region_it_is_said(monkeypatch):
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(Refused, match="region"):
        deployed.outputs("fermata")


class Lambda:
    """As much of the service as a survey asks; moto knows no limits of accounts."""

    def __init__(self, **changed):
        self.changed = changed

    def get_account_settings(self):
        return {"AccountLimit": {"ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 8}}

    def list_event_source_mappings(self, FunctionName):  # noqa: N803
        assert FunctionName == "Worker-1:live"
        return {"EventSourceMappings": [{"ScalingConfig": {"MaximumConcurrency": 5}}]}

    def get_function_configuration(self, FunctionName, Qualifier="$LATEST"):  # noqa: N803
        variables = {"FERMATA_JWT_JWKS_URL": "https://example.com/keys"}
        settings = {"CodeSha256": "one", "Environment": {"Variables": variables}, "MemorySize": 512}
        return settings | (self.changed.get(FunctionName, {}) if Qualifier == "live" else {})


def surveyed(monkeypatch, **changed):
    names = {f"{name}FunctionName": f"{name}-1" for name in ("Api", "Worker", "Workflow", "Recovery")}
    monkeypatch.setattr(deployed, "outputs", lambda stack: names)
    client = deployed._client
    monkeypatch.setattr(deployed, "_client", lambda name: Lambda(**changed) if name == "lambda" else client(name))
    return deployed.survey("fermata")


def test_a_survey_tells_what_the_account_and_the_stack_allow(account, monkeypatch):
    found = surveyed(monkeypatch)
    assert (found.account, found.unreserved, found.workers) == (10, 8, 5)
    assert (found.reads_tokens, found.alarms_reach, found.behind) == (True, False, ())


def test_a_function_whose_alias_has_other_settings_is_behind(account, monkeypatch):
    changed = {"Api-1": {"Environment": {"Variables": {}}}, "Worker-1": {"CodeSha256": "zero"}}
    assert surveyed(monkeypatch, **changed).behind == ("Api-1", "Worker-1")


def test_the_alias_is_the_templates():
    assert template.load()["Globals"]["Function"]["AutoPublishAlias"] == deployed.ALIAS
