import json
import re
from pathlib import Path

import pytest
from fermata.adapters.aws.stream import TOLD
from fermata.api import cross_origin
from fermata.local import template

FUNCTIONS = ("ApiFunction", "WorkerFunction", "OcrFunction", "WorkflowFunction", "RecoveryFunction", "WebhookFunction")
COMMON = {
    "FERMATA_SERVICE",
    "FERMATA_TABLE",
    "FERMATA_QUEUE_URL",
    "FERMATA_BUCKET",
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_LOG_LEVEL",
    "POWERTOOLS_SERVICE_NAME",
    "FERMATA_KEY_ID",
    "FERMATA_MAC_KEY_ID",
    "FERMATA_AUDIT_BUCKET",
    "FERMATA_STATE_MACHINE_ARN",
    "FERMATA_EXPRESS_QUEUE_URL",
    "FERMATA_OCR_QUEUE_URL",
    "FERMATA_LANES",
}
WORK = COMMON | {
    "FERMATA_ALLOW_LOCAL_FILES",
    "FERMATA_ALLOWED_HOSTS",
    "FERMATA_DOCUMENT_OBJECTS",
    "FERMATA_DOCUMENT_OWNERS",
}
ENVIRONMENTS = {
    "ApiFunction": WORK
    | {
        "FERMATA_ANONYMOUS",
        "FERMATA_ORIGINS",
        "FERMATA_JWT_SECRET",
        "FERMATA_JWT_JWKS_URL",
        "FERMATA_JWT_ISSUER",
        "FERMATA_JWT_AUDIENCE",
        "FERMATA_OIDC_CLIENT_ID",
        "FERMATA_OIDC_CLIENT_SECRET",
        "FERMATA_MODEL_URL",
        "FERMATA_MODEL_NAME",
        "FERMATA_MODEL_KEY",
        "FERMATA_MAX_OPEN_JOBS",
        "FERMATA_MAX_UNITS",
        "FERMATA_MAX_SCHEDULES",
        "FERMATA_MAX_WEBHOOKS",
        "FERMATA_WEBHOOK_QUEUE_URL",
        "FERMATA_CALLBACKS",
        "FERMATA_SCHEDULE_GROUP",
        "FERMATA_SCHEDULE_TARGET",
        "FERMATA_SCHEDULE_ROLE",
        "FERMATA_REQUESTS_PER_MINUTE",
        "FERMATA_WORKER_MEMORY",
        "FERMATA_OCR_MEMORY",
    },
    "WorkerFunction": WORK | {"FERMATA_MAX_UNITS"},
    "OcrFunction": WORK | {"FERMATA_MAX_UNITS", "FERMATA_WORKER"},
    "WorkflowFunction": COMMON,
    "RecoveryFunction": COMMON
    | {"FERMATA_DEAD_LETTER_QUEUE_URL", "FERMATA_MAINTENANCE_TENANTS", "FERMATA_BUS"}
    | {"FERMATA_MAX_OPEN_JOBS", "FERMATA_MAX_UNITS", "FERMATA_WEBHOOK_QUEUE_URL", "FERMATA_ALLOWED_HOSTS"}
    | {f"FERMATA_INTAKE_{name}" for name in ("KIND", "PARAMS", "TENANT", "WORKSPACE")},
    "WebhookFunction": COMMON | {"FERMATA_WEBHOOK_QUEUE_URL", "FERMATA_ALLOWED_HOSTS"},
}
SOCKET_ROUTES = {"$connect", "$disconnect", "$default"}
INDEXES = {
    "by_family": ("family_key", "created_key"),
    "by_workspace": ("workspace_key", "created_key"),
    "by_family_status": ("family_status_key", "created_key"),
    "by_workspace_status": ("workspace_status_key", "created_key"),
    "active_by_user": ("active_key", "created_key"),
    "open": ("open", "open_order"),
    "feed": ("feed", "feed_at"),
    "due": ("due", "due_at"),
}


def statements_of(resources, role, *conditions):
    """What a role may do; policies that only hold under a condition where that one is met."""
    policies = []
    for policy in resources[role]["Policies"]:
        condition, policy, _ = policy.get("Fn::If", (None, policy, None))
        policies += [policy] if condition in (None, *conditions) else []
    return [s for policy in policies for s in policy["PolicyDocument"]["Statement"]]


def actions(resources, role, *conditions):
    statements = statements_of(resources, role, *conditions)
    return {action for s in statements for action in ([s["Action"]] if isinstance(s["Action"], str) else s["Action"])}


def test_a_message_stays_hidden_for_as_long_as_a_worker_may_run(resources):
    for queue, function in (
        ("WorkQueue", "Worker"),
        ("ExpressQueue", "Worker"),
        ("OcrQueue", "Ocr"),
        ("WebhookQueue", "Webhook"),
    ):
        assert resources[queue]["VisibilityTimeout"] >= resources[f"{function}Function"]["Timeout"]


@pytest.mark.parametrize("source", ["WorkSource", "ExpressSource", "OcrSource"])
def test_a_worker_gets_one_chunk_and_reports_its_failure(resources, source):
    source = resources[source]
    assert (source["BatchSize"], source["FunctionResponseTypes"]) == (1, ["ReportBatchItemFailures"])


def test_the_api_answers_before_the_gateway_gives_up(resources):
    assert resources["ApiFunction"]["Timeout"] * 1000 < resources["HttpIntegration"]["TimeoutInMillis"] <= 30_000


def test_chunks_that_fail_five_times_go_to_the_dead_letters_and_nothing_else_does(resources):
    sources = resources["DeadLetterQueue"]["RedriveAllowPolicy"]["sourceQueueArns"]
    queues = ("WorkQueue", "ExpressQueue", "OcrQueue")
    for queue, source in zip(queues, sources, strict=True):
        redrive = resources[queue]["RedrivePolicy"]
        assert redrive == {"deadLetterTargetArn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}, "maxReceiveCount": 5}
        assert source["Fn::Sub"].endswith(f":{resources[queue]['QueueName']['Fn::Sub']}")


def test_each_function_has_a_role_of_its_own(resources):
    roles = [json.dumps(resources[name]["Role"]) for name in FUNCTIONS]
    assert len(set(roles)) == len(FUNCTIONS)


@pytest.mark.parametrize(
    "role", [f"{name}Role" for name in ("Api", "Worker", "Ocr", "Workflow", "Recovery", "Schedule", "Webhook")]
)
def test_a_role_names_what_it_may_touch(resources, role):
    statements = statements_of(resources, role)
    assert [s for s in statements if s["Resource"] == "*" or any(a.endswith("*") for a in s["Action"])] == []


def test_whoever_may_end_a_job_may_stop_and_replace_its_execution(resources):
    for role in ("ApiRole", "WorkerRole", "OcrRole", "WorkflowRole", "RecoveryRole"):
        assert {"states:StartExecution", "states:StopExecution", "states:DescribeExecution"} <= set(
            actions(resources, role)
        )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_told_what_it_needs_and_no_more(resources, function):
    assert set(resources[function]["Environment"]["Variables"]) == ENVIRONMENTS[function]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_only_kinds_need_is_loaded_only_where_they_run(resources, function):
    has = any("WorkerLayer" in json.dumps(layer) for layer in resources[function]["Layers"])
    assert has == (function in ("WorkerFunction", "OcrFunction"))


def test_what_reads_images_weighs_on_its_own_function_alone(resources):
    assert [f for f in FUNCTIONS if "OcrLayer" in json.dumps(resources[f]["Layers"])] == ["OcrFunction"]
    assert resources["OcrFunction"]["Environment"]["Variables"]["FERMATA_WORKER"] == "ocr"


def test_a_worker_takes_messages_of_its_own_queues_alone(resources):
    def taken(role):
        return [
            json.dumps(s["Resource"]) for s in statements_of(resources, role) if "sqs:ReceiveMessage" in s["Action"]
        ]

    assert ["OcrQueue" in queue for queue in taken("WorkerRole")] == [False]
    assert taken("OcrRole") == ['{"Fn::GetAtt": ["OcrQueue", "Arn"]}']


def test_who_sends_webhooks_reaches_neither_jobs_nor_files(resources):
    statements = statements_of(resources, "WebhookRole")
    services = {action.partition(":")[0] for action in actions(resources, "WebhookRole")}
    assert services == {"logs", "dynamodb", "kms", "sqs"}
    (written,) = [s for s in statements if "dynamodb:PutItem" in s["Action"]]
    assert written["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] == ["webhook#*", "tenant#*"]
    assert not {"dynamodb:DeleteItem", "dynamodb:UpdateItem"} & actions(resources, "WebhookRole")


def test_lists_are_answered_by_indexes_that_hold_keys_alone_but_for_the_feed(resources):
    indexes = resources["Table"]["GlobalSecondaryIndexes"]
    assert {i["IndexName"]: tuple(k["AttributeName"] for k in i["KeySchema"]) for i in indexes} == INDEXES
    whole = {i["IndexName"] for i in indexes if i["Projection"]["ProjectionType"] != "KEYS_ONLY"}
    assert whole == {"feed"}
    assert {a["AttributeType"] for a in resources["Table"]["AttributeDefinitions"]} == {"S"}


@pytest.mark.parametrize("kept", ["Table", "Bucket", "Key"])
def test_deleting_the_stack_keeps_the_data_and_a_stack_that_never_was_leaves_none(written, kept):
    resource = written["Resources"][kept]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_the_table_can_be_taken_back_in_time(resources):
    assert resources["Table"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert resources["Table"]["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}


def test_the_state_machine_logs_no_data(resources):
    logging = resources["JobStateMachine"]["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ERROR", False)


def test_every_alarm_goes_where_alarms_go(written):
    alarms = [r["Properties"] for r in written["Resources"].values() if r["Type"] == "AWS::CloudWatch::Alarm"]
    assert len(alarms) >= 10
    assert all(len(alarm["AlarmActions"]) == 2 and alarm["AlarmDescription"] for alarm in alarms)


def test_a_window_is_a_schedule_that_tells_recovery_what_to_do(resources):
    inputs = {name: resources[name]["Target"]["Input"] for name in ("WindowStart", "WindowEnd")}
    assert {name: json.loads(text) for name, text in inputs.items()} == {
        "WindowStart": {"maintenance": "pause"},
        "WindowEnd": {"maintenance": "resume"},
    }


@pytest.mark.parametrize("function", [*FUNCTIONS, "StreamFunction"])
def test_lambdas_filter_keeps_metrics_and_is_not_laxer_than_asked_for(written, function):
    logging = written["Resources"][function]["Properties"]["LoggingConfig"]
    assert logging["ApplicationLogLevel"] == {"Fn::If": ["Verbose", "DEBUG", "INFO"]}
    assert logging["LogFormat"] == "JSON"


@pytest.mark.parametrize(
    "role", ["ApiRole", "WorkerRole", "OcrRole", "WorkflowRole", "RecoveryRole", "JobStateMachineRole"]
)
def test_who_is_traced_may_trace_from_the_start(resources, role):
    """In the role itself: a function is refused while its role, which is there first, may not trace."""
    traces = {action for action in actions(resources, role, "Traced") if action.startswith("xray:")}
    assert traces >= {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    assert not any(action.startswith("xray:") for action in actions(resources, role))


CALLS = re.compile(r"clients?\.(?:(dynamodb|s3|sqs|kms|stepfunctions|scheduler|events)\.)?(\w+)\(")
ACTIONS = {
    "transact_write_items": {
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:ConditionCheckItem",
    },
    "batch_write_item": {"dynamodb:BatchWriteItem"},
    "send_message_batch": {"sqs:SendMessage"},
    "head_object": {"s3:GetObject", "s3:ListBucket"},
    "upload_part": {"s3:PutObject"},
    "decrypt": {"kms:Decrypt"},
    "create_schedule": {"scheduler:CreateSchedule", "iam:PassRole"},
}
BY_AWS = {
    *("logs:CreateLogStream", "logs:PutLogEvents"),
    *("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"),
}
"""What Lambda itself does in a function's name."""


def test_roles_may_do_what_the_adapters_do_and_nothing_else(resources):
    folder = Path(template.project_root(), "layers", "core", "python", "fermata", "adapters", "aws")
    called = {name for path in folder.glob("*.py") for _, name in CALLS.findall(path.read_text())}
    needed = {action for name in called for action in ACTIONS.get(name, {camel(name)})}
    allowed = {
        a
        for role in ("ApiRole", "WorkerRole", "OcrRole", "WorkflowRole", "RecoveryRole")
        for a in actions(resources, role)
    }
    assert {a.split(":")[1] for a in allowed - BY_AWS} <= {a.split(":")[-1] for a in needed}


def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


@pytest.mark.parametrize("function", [*FUNCTIONS, "StreamFunction"])
def test_callers_use_the_alias_of_a_version(resources, function):
    assert resources[f"{function}Aliaslive"]["FunctionName"] == {"Ref": function}
    bare = {"Fn::GetAtt": [function, "Arn"]}
    callers = (
        "WorkSource",
        "HttpIntegration",
        "HttpPermission",
        "EachMinute",
        "WindowStart",
        "WindowEnd",
        "JobStateMachine",
    )
    assert [name for name in callers if json.dumps(bare) in json.dumps(resources[name])] == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_new_version_takes_over_by_and_by_and_goes_back_on_an_alarm(resources, function):
    group = resources[f"{function}DeploymentGroup"]
    assert group["AutoRollbackConfiguration"]["Enabled"]
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    assert group["AlarmConfiguration"]["Enabled"]
    assert "Canary10Percent5Minutes" in json.dumps(group["DeploymentConfigName"])


@pytest.mark.parametrize("changed", ["layers/core", "layers/dependencies", "functions/api/"])
def test_new_code_is_a_new_version_wherever_it_lies(written, changed):
    def versions(key):
        plain = template.plain(written, lambda folder: {"Bucket": "code", "Key": key if folder == changed else folder})
        return {name for name, r in plain["Resources"].items() if r["Type"] == "AWS::Lambda::Version" and "Api" in name}

    assert versions("one") != versions("two")


def test_layers_belong_to_the_stack_and_are_built_for_its_processor(written):
    layers = [r for r in written["Resources"].values() if r["Type"] == "AWS::Serverless::LayerVersion"]
    names = {json.dumps(layer["Properties"]["LayerName"]) for layer in layers}
    assert len(names) == len(layers)
    assert all("${AWS::StackName}-" in name for name in names)
    architectures = written["Globals"]["Function"]["Architectures"]
    built = [layer for layer in layers if "Metadata" in layer]
    assert len(built) == len(layers) - 1  # the dashboard is no program
    assert all([layer["Metadata"]["BuildArchitecture"]] == architectures for layer in built)


def test_streams_are_bounded_by_themselves(written):
    stream = written["Resources"]["StreamFunction"]["Properties"]
    assert stream["ReservedConcurrentExecutions"] == {"Ref": "StreamReservedConcurrency"}
    assert written["Resources"]["StreamUrl"]["Condition"] == "Streams"


def test_web_pages_of_the_allowed_origins_reach_api_streams_and_files(resources):
    api = resources["HttpApi"]["CorsConfiguration"]["Fn::If"][1]
    stream = resources["StreamUrl"]["Cors"]["Fn::If"][1]
    (files,) = resources["Bucket"]["CorsConfiguration"]["Fn::If"][1]["CorsRules"]
    assert api["AllowOrigins"] == stream["AllowOrigins"] == files["AllowedOrigins"] == {"Ref": "CorsOrigins"}
    assert api["ExposeHeaders"] == stream["ExposeHeaders"] == list(cross_origin.ANSWERED)
    assert (api["AllowHeaders"], api["AllowMethods"]) == (list(cross_origin.ASKED), list(cross_origin.METHODS))
    assert set(stream["AllowHeaders"]) == set(api["AllowHeaders"]) - {"content-type", "idempotency-key"}
    assert {"retry-after", "x-request-id", "etag", "location"} <= set(api["ExposeHeaders"])


def test_an_alarm_on_dead_letters_sees_those_that_recovery_has_taken(resources):
    metrics = {
        m["MetricStat"]["Metric"]["MetricName"] for m in resources["DeadLetters"]["Metrics"] if "MetricStat" in m
    }
    assert metrics == {"ApproximateNumberOfMessagesVisible", "NumberOfMessagesDeleted"}


@pytest.mark.parametrize("metric", ["ExecutionsFailed", "ExecutionsTimedOut"])
def test_an_execution_that_ends_badly_raises_an_alarm(resources, metric):
    assert metric in {r.get("MetricName") for r in resources.values()}


def test_no_address_names_a_partition():
    root = template.project_root()
    for path in (root / "template.yaml", *(root / "statemachines").glob("*.json")):
        values = [
            line for line in path.read_text().splitlines() if "Description:" not in line and "Pattern" not in line
        ]
        assert [line for line in values if "arn:aws:" in line] == []


def test_without_websockets_there_is_nothing_of_them(written):
    found = {name: r.get("Condition") for name, r in written["Resources"].items() if name.startswith("Socket")}
    assert len(found) >= 12
    assert set(found.values()) == {"Sockets"}
    assert written["Parameters"]["WebSockets"]["Default"] == "false"


def test_whoever_tells_observers_writes_down_who_they_are_and_nothing_else(resources):
    writing = [
        s
        for s in statements_of(resources, "SocketRole")
        if any("Put" in a or "Write" in a for a in s["Action"] if "dynamodb" in a)
    ]
    (statement,) = writing
    assert statement["Condition"]["ForAllValues:StringLike"] == {"dynamodb:LeadingKeys": ["socket#*"]}
    assert not {"dynamodb:UpdateItem", "dynamodb:DeleteItem", "s3:PutObject", "kms:Encrypt"} & actions(
        resources, "SocketRole"
    )
    (managing,) = [s for s in statements_of(resources, "SocketRole") if "ManageConnections" in str(s["Action"])]
    assert "${SocketApi}/batch/*/@connections/*" in managing["Resource"]["Fn::Sub"]


def test_observers_are_told_of_what_the_table_stores_of_batches(resources):
    patterns = [json.loads(each["Pattern"]) for each in resources["SocketSource"]["FilterCriteria"]["Filters"]]
    assert [one["prefix"] for each in patterns for one in each["dynamodb"]["Keys"]["sk"]["S"]] == list(TOLD)
    assert [each["eventName"] for each in patterns] == [
        ["INSERT"],
        ["MODIFY"],
    ]  # noting down what was told tells nothing again
    assert resources["SocketStage"]["StageName"] == "batch"
    url = resources["SocketFunction"]["Environment"]["Variables"]["FERMATA_SOCKET_URL"]["Fn::Sub"]
    assert url.endswith("/batch")


def test_a_gateway_comes_by_three_routes_and_drops_what_observers_say(resources):
    routes = {
        r["RouteKey"]: json.dumps(r["Target"])
        for r in resources.values()
        if "SocketApi" in str(r.get("ApiId")) and "RouteKey" in r
    }
    assert set(routes) == SOCKET_ROUTES
    assert "SocketSilence" in routes["$default"]
    assert resources["SocketSilence"]["IntegrationType"] == "MOCK"
