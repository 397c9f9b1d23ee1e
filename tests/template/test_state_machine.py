import pytest

TASKS = ("Plan", "Run", "Review", "Finish")
PAYLOAD = {"tenant.$": "$.tenant", "job_id.$": "$.job_id", "run.$": "$.run"}


def following(state):
    """Every state that one may lead to."""
    choices = [choice["Next"] for choice in state.get("Choices", [])]
    catchers = [catcher["Next"] for catcher in state.get("Catch", [])]
    return {*choices, *catchers, *filter(None, (state.get("Next"), state.get("Default")))}


def test_every_state_can_be_reached(states):
    reached, new = set(), {"Plan"}
    while new:
        reached |= new
        new = {name for state in new for name in following(states[state])} - reached
    assert reached == set(states)


def test_a_job_of_one_stage_takes_four_transitions(states):
    path, name = [], "Plan"
    while name:
        path.append(name)
        name = states[name].get("Next") or states[name].get("Default")
    assert path == ["Plan", "Run", "Next", "Finish"]


def test_what_follows_is_what_the_run_says(states):
    choices = {choice["StringEquals"]: choice["Next"] for choice in states["Next"]["Choices"]}
    assert choices == {"plan": "Plan", "review": "Review"}
    assert states["Review"]["Next"] == "Plan"


@pytest.mark.parametrize("name", TASKS)
def test_a_task_waits_for_its_callback(states, name):
    assert states[name]["Resource"].endswith("lambda:invoke.waitForTaskToken")
    assert states[name]["Parameters"]["Payload"] == PAYLOAD | {"step": name.lower(), "token.$": "$$.Task.Token"}


@pytest.mark.parametrize("name", TASKS)
def test_whatever_goes_wrong_in_a_task_is_written_into_the_job(states, name):
    assert states[name]["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Fail"}]


def test_a_failed_job_fails_its_execution(states):
    assert states["Fail"]["Next"] == "Failed"
    assert states["Failed"]["Type"] == "Fail"


@pytest.mark.parametrize("name", [*TASKS, "Fail"])
def test_a_task_is_tried_again_when_lambda_hiccups(states, name):
    errors = {error for retrier in states[name]["Retry"] for error in retrier["ErrorEquals"]}
    assert errors & {"States.ALL", "Lambda.TooManyRequestsException"}


@pytest.mark.parametrize("name", TASKS)
def test_the_input_survives_each_task(states, name):
    assert states[name]["ResultPath"] == ("$.outcome" if name == "Run" else None)


@pytest.mark.parametrize("name", TASKS)
def test_a_pause_may_last_for_as_long_as_an_execution_lives(states, name):
    assert states[name]["TimeoutSeconds"] == 365 * 86_400


@pytest.mark.parametrize("name", [*TASKS, "Fail"])
def test_a_step_that_is_throttled_is_waited_out_for_hours(states, name):
    """By the mean of full jitter; an account's few concurrent executions may be taken for as long as others work."""
    retriers = [
        r for r in states[name]["Retry"] if {"Lambda.TooManyRequestsException", "States.ALL"} & set(r["ErrorEquals"])
    ]
    delays = [min(r["IntervalSeconds"] * r["BackoffRate"] ** n, r["MaxDelaySeconds"]) / 2
              for r in retriers for n in range(r["MaxAttempts"])]  # fmt: skip
    assert sum(delays) > 4 * 3600
    events = 5 * len(delays)
    assert events < 25_000 / 4
