import http.client
import json
import os
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fermata.local import stack as local
from fermata.local.errors import StackError

pytestmark = pytest.mark.local


def request(stack, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection(urlsplit(stack.api_url).netloc, timeout=30)
    connection.request(method, path, body=body, headers=headers or {})
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


def eventually(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)
    return result


def deliveries(stack, job):
    table = stack.outputs["TableName"]
    values = {":j": {"S": job}}
    return stack.client("dynamodb").query(
        TableName=table, KeyConditionExpression="pk = :j", ExpressionAttributeValues=values
    )["Items"]


def send(stack, **job):
    stack.client("sqs").send_message(QueueUrl=stack.outputs["QueueUrl"], MessageBody=json.dumps(job))


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_request_reaches_the_function_as_it_was_sent(own_stack):
    _, content = request(
        own_stack, "POST", "/a%20b/health?x=1&x=%2B", body='{"é": 1}'.encode(), headers={"X-API-Key": "k"}
    )
    event = json.loads(content)
    assert (event["requestContext"]["http"]["method"], event["rawPath"]) == ("POST", "/a b/health")
    assert (event["rawQueryString"], event["headers"]["x-api-key"]) == ("x=1&x=%2B", "k")
    assert own_stack.api_url.endswith(event["headers"]["host"].removeprefix("localhost"))


@pytest.mark.parametrize("path", ["/health", "/", "/_ministack/health", "/api/v1/jobs"])
def test_every_path_belongs_to_the_api(own_stack, path):
    assert json.loads(request(own_stack, "GET", path)[1])["rawPath"] == path


def test_an_answer_comes_back_byte_for_byte(own_stack):
    response, content = request(own_stack, "GET", "/bytes")
    assert (response.status, response.headers["content-type"], content) == (201, "x/y", bytes(range(256)))


def test_functions_run_the_code_that_was_deployed(own_stack):
    response, _ = request(own_stack, "HEAD", "/")
    assert response.headers["x-core"].startswith(own_stack.folder)


def test_a_running_stack_is_found_again(own_stack, project):
    assert local.status(Path(own_stack.folder)) == own_stack
    assert local.up(port=0, state_dir=Path(own_stack.folder), root=project).pid == own_stack.pid


def test_another_port_is_refused_while_the_stack_runs(own_stack):
    with pytest.raises(StackError, match="is running at"):
        local.up(port=1, state_dir=Path(own_stack.folder))


def test_a_message_reaches_a_worker(own_stack):
    send(own_stack, id="plain")
    assert eventually(lambda: deliveries(own_stack, "plain"))


def test_the_message_of_a_killed_worker_comes_back(own_stack):
    send(own_stack, id="killed", hang=True)
    first = eventually(lambda: deliveries(own_stack, "killed"))[0]
    os.kill(int(first["pid"]["S"]), signal.SIGKILL)
    assert eventually(lambda: len(deliveries(own_stack, "killed")) == 2)


def test_the_secret_is_for_its_owner_alone(own_stack):
    assert (Path(own_stack.folder) / "jwt-secret").stat().st_mode & 0o077 == 0


def test_a_taken_port_is_named(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StackError, match=f"Port {port} is taken"):
            local.up(port=port, state_dir=tmp_path)


def test_a_resource_that_cannot_be_created_is_named(project, tmp_path):
    broken = tmp_path / "project"
    broken.mkdir()
    for name in ("functions", "layers", "statemachines"):
        (broken / name).symlink_to(project / name)
    text = (project / "template.yaml").read_text()
    (broken / "template.yaml").write_text(text.replace("MetricName: 5xx", 'MetricName: ""'))
    with pytest.raises(StackError, match=r"ServerErrors \(AWS::CloudWatch::Alarm\)"):
        local.up(port=0, state_dir=tmp_path / "state", root=broken)
    assert local.status(tmp_path / "state") is None


def test_state_outlives_the_stack_and_processes_do_not(project, tmp_path):
    with local.running(root=project, state_dir=tmp_path) as first:
        first.client("s3").put_object(Bucket=first.outputs["BucketName"], Key="k", Body=b"kept")
        send(first, id="hanging", hang=True)
        eventually(lambda: deliveries(first, "hanging"))
        processes = [first.pid, *first.workers()]
    assert [pid for pid in processes if is_alive(pid)] == []
    with local.running(root=project, state_dir=tmp_path) as second:
        assert second.client("s3").get_object(Bucket=second.outputs["BucketName"], Key="k")["Body"].read() == b"kept"
        assert eventually(lambda: len(deliveries(second, "hanging")) == 2)
        assert (second.outputs["TableName"], second.jwt_secret) == (first.outputs["TableName"], first.jwt_secret)
