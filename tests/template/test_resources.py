import json

import pytest

FUNCTIONS = ("ApiFunction", "WorkerFunction", "WorkflowFunction", "RecoveryFunction")
COMMON = {
    "FERMATA_SERVICE",
    "FERMATA_TABLE",
    "FERMATA_QUEUE_URL",
    "FERMATA_BUCKET",
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_LOG_LEVEL",
    "POWERTOOLS_SERVICE_NAME",
    "FERMATA_KEY_ID",
    "FERMATA_STATE_MACHINE_ARN",
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
        "FERMATA_MAX_OPEN_JOBS",
        "FERMATA_MAX_UNITS",
        "FERMATA_REQUESTS_PER_MINUTE",
    },
    "WorkerFunction": WORK,
    "WorkflowFunction": WORK | {"FERMATA_MAX_UNITS"},
    "RecoveryFunction": COMMON | {"FERMATA_DEAD_LETTER_QUEUE_URL", "FERMATA_MAINTENANCE_TENANTS"},
}
INDEXES = {
    "by_family": ("family_key", "created_key"),
    "by_workspace": ("workspace_key", "created_key"),
    "by_family_status": ("family_status_key", "created_key"),
    "by_workspace_status": ("workspace_status_key", "created_key"),
    "active_by_user": ("active_key", "created_key"),
    "due": ("due", "due_at"),
}


def actions(resources, role):
    statements = [s for policy in resources[role]["Policies"] for s in policy["PolicyDocument"]["Statement"]]
    return {action for s in statements for action in ([s["Action"]] if isinstance(s["Action"], str) else s["Action"])}


def test_a_message_stays_hidden_for_as_long_as_a_worker_may_run(resources):
    assert resources["WorkQueue"]["VisibilityTimeout"] >= resources["WorkerFunction"]["Timeout"]


def test_a_worker_gets_one_chunk_and_reports_its_failure(resources):
    source = resources["WorkSource"]
    assert (source["BatchSize"], source["FunctionResponseTypes"]) == (1, ["ReportBatchItemFailures"])


def test_the_api_answers_before_the_gateway_gives_up(resources):
    assert resources["ApiFunction"]["Timeout"] * 1000 < resources["HttpIntegration"]["TimeoutInMillis"] <= 30_000


def test_chunks_that_fail_five_times_go_to_the_dead_letters_and_nothing_else_does(resources):
    redrive = resources["WorkQueue"]["RedrivePolicy"]
    assert redrive == {"deadLetterTargetArn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}, "maxReceiveCount": 5}
    sources = resources["DeadLetterQueue"]["RedriveAllowPolicy"]["sourceQueueArns"]
    name = resources["WorkQueue"]["QueueName"]["Fn::Sub"]
    assert len(sources) == 1
    assert sources[0]["Fn::Sub"].endswith(f":{name}")


def test_each_function_has_a_role_of_its_own(resources):
    roles = [json.dumps(resources[name]["Role"]) for name in FUNCTIONS]
    assert len(set(roles)) == len(FUNCTIONS)


@pytest.mark.parametrize("role", ["ApiRole", "WorkerRole", "WorkflowRole", "RecoveryRole", "ScheduleRole"])
def test_a_role_names_what_it_may_touch(resources, role):
    statements = [s for policy in resources[role]["Policies"] for s in policy["PolicyDocument"]["Statement"]]
    assert [s for s in statements if s["Resource"] == "*" or any(a.endswith("*") for a in s["Action"])] == []


def test_whoever_may_end_a_job_may_stop_and_replace_its_execution(resources):
    for role in ("ApiRole", "WorkerRole", "WorkflowRole", "RecoveryRole"):
        assert {"states:StartExecution", "states:StopExecution", "states:DescribeExecution"} <= set(
            actions(resources, role)
        )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_told_what_it_needs_and_no_more(resources, function):
    assert set(resources[function]["Environment"]["Variables"]) == ENVIRONMENTS[function]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_only_kinds_need_is_loaded_only_where_they_run(resources, function):
    has = any("WorkerLayer" in json.dumps(layer) for layer in resources[function]["Layers"])
    assert has == (function in ("WorkerFunction", "WorkflowFunction"))


def test_lists_are_answered_by_indexes_that_hold_keys_alone(resources):
    indexes = resources["Table"]["GlobalSecondaryIndexes"]
    assert {i["IndexName"]: tuple(k["AttributeName"] for k in i["KeySchema"]) for i in indexes} == INDEXES
    assert {i["Projection"]["ProjectionType"] for i in indexes} == {"KEYS_ONLY"}
    assert {a["AttributeType"] for a in resources["Table"]["AttributeDefinitions"]} == {"S"}


@pytest.mark.parametrize("kept", ["Table", "Bucket", "Key"])
def test_deleting_the_stack_keeps_the_data(written, kept):
    resource = written["Resources"][kept]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


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
