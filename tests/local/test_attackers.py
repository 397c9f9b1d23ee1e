"""What a web page, or another program of this computer, can try at the ports of a local stack."""

import http.client
import json
import socket
import stat
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

pytestmark = pytest.mark.local


def answer(url, method="GET", path="/", headers=None, body=None):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.request(method, path, body=body, headers=headers or {})
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, content


def signed_with(secret, service, stack):
    session = boto3.Session("000000000000", secret, region_name="us-east-1")
    return session.client(service, endpoint_url=stack.endpoint)


def test_a_page_cannot_create_a_function(own_stack):
    body = json.dumps({"FunctionName": "evil", "Runtime": "python3.13"})
    headers = {"Origin": "https://evil.example", "Content-Type": "text/plain"}
    assert answer(own_stack.endpoint, "POST", "/2015-03-31/functions", headers, body)[0] == 403


@pytest.mark.parametrize("path", ["/", "/_ministack/health", "/_ministack/reset", "/fermata-code", "/health"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "DELETE"])
def test_the_endpoint_answers_nothing_without_credentials(own_stack, method, path):
    assert answer(own_stack.endpoint, method, path)[0] == 403


def test_credentials_of_somebody_else_are_refused(own_stack):
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        signed_with("local", "sqs", own_stack).list_queues()
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        signed_with("local", "s3", own_stack).list_buckets()


def test_the_stacks_own_credentials_are_good(own_stack):
    assert own_stack.client("sqs").list_queues()["QueueUrls"]
    assert own_stack.client("lambda").list_functions()["Functions"]


def test_a_signed_request_says_what_was_signed(own_stack):
    """A body, a path or a query that was changed on the way no longer fits the signature."""
    client = own_stack.client("lambda")
    client.meta.events.register("before-send.lambda.*", _changed)
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        client.invoke(FunctionName=own_stack.outputs["ApiFunctionName"], Payload=b"{}")


def _changed(request, **_):
    request.body = b'{"other": 1}'
    request.headers["Content-Length"] = str(len(request.body))


@pytest.mark.parametrize("host", ["evil.example", "s3.localhost", "bucket.s3.amazonaws.com", "localhost"])
def test_both_ports_are_called_by_their_own_names_only(own_stack, host):
    for url in (own_stack.endpoint, own_stack.api_url):
        assert answer(url, headers={"Host": host})[0] == 421
        if host != "localhost":
            assert answer(url, headers={"Host": f"{host}:{urlsplit(url).port}"})[0] == 421


def test_the_api_port_is_no_way_to_aws(own_stack):
    for header in (
        {"X-Amz-Target": "AmazonSQS.ListQueues"},
        {"Authorization": "AWS4-HMAC-SHA256 Credential=0/a/b/sqs/x"},
    ):
        status, content = answer(own_stack.api_url, "POST", "/", header, "{}")
        assert (status, json.loads(content)["rawPath"]) == (200, "/")


def test_a_body_that_no_gateway_takes_is_refused_before_it_is_kept(own_stack):
    """It need not come: what it is said to be is enough."""
    place = urlsplit(own_stack.api_url)
    with socket.create_connection(("127.0.0.1", place.port), timeout=30) as caller:
        head = f"POST / HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: 300000000\r\n\r\n"
        caller.sendall(head.encode() + b" " * 1000)
        assert b" 413 " in caller.recv(64)


def test_a_page_is_not_told_that_it_may_send_credentials(own_stack):
    """A browser asks first, since the published keys of a local stack would be a header that needs leave."""
    connection = http.client.HTTPConnection(urlsplit(own_stack.api_url).netloc, timeout=30)
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    connection.request("OPTIONS", "/api/batch/start", headers=asked | {"Access-Control-Request-Headers": "x-api-key"})
    response = connection.getresponse()
    response.read()
    connection.close()
    assert response.headers["Access-Control-Allow-Origin"] is None


def test_a_link_is_good_in_a_browser_for_its_object_alone(own_stack):
    config, bucket = Config(signature_version="s3v4"), own_stack.outputs["BucketName"]
    s3 = own_stack.session().client("s3", endpoint_url=own_stack.endpoint, config=config)
    for key in ("mine", "other"):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    link = urlsplit(s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "mine"}, ExpiresIn=60))
    page = {"Origin": "http://localhost:3000", "Sec-Fetch-Mode": "cors"}
    path = f"{link.path}?{link.query}"
    assert answer(own_stack.endpoint, path=path, headers=page) == (200, b"mine")
    assert answer(own_stack.endpoint, path=path.replace("mine", "other"), headers=page)[0] == 403
    assert answer(own_stack.endpoint, path=path.replace("Expires=60", "Expires=6000"), headers=page)[0] == 403
    assert answer(own_stack.endpoint, "DELETE", path, page)[0] == 403


def test_what_a_stack_keeps_is_for_its_owner_alone(own_stack):
    folder = Path(own_stack.folder)
    found = [folder, *folder.rglob("*")]
    assert {path.name for path in found} >= {"aws-secret", "jwt-secret", "stack.json", "server.log"}
    assert [path for path in found if stat.S_IMODE(path.lstat().st_mode) & 0o077 and not path.is_symlink()] == []
