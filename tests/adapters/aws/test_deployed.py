import json

import boto3
import pytest
from fermata.adapters.aws import deployed
from fermata.domain.errors import NotFound, Refused
from moto import mock_aws

TEMPLATE = {
    "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "work"}}},
    "Outputs": {"QueueName": {"Value": {"Fn::GetAtt": ["Queue", "QueueName"]}}},
}


@pytest.fixture
def account(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
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
