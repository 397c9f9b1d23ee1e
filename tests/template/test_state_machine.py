import pytest
from fermata.adapters.aws.workflow import BREAKS, ENDS
from fermata.domain.progress import PLACES
from fermata.domain.transitions import FINAL

WAITING = ("Working", "Paused", "Review")
PAYLOAD = {"tenant.$": "$.tenant", "job_id.$": "$.job_id", "execution.$": "$.execution"}


def caught(state):
    return {catcher["ErrorEquals"][0]: catcher["Next"] for catcher in state["Catch"]}


def following(state):
    """Every state that one may lead to."""
    return {catcher["Next"] for catcher in state.get("Catch", [])} | ({state["Next"]} if "Next" in state else set())


def test_every_state_can_be_reached(states):
    reached, new = set(), {"Working"}
    while new:
        reached |= new
        new = {name for state in new for name in following(states[state])} - reached
    assert reached == set(states)


def test_a_job_that_nothing_holds_takes_two_transitions(states):
    assert (states["Working"]["Next"], states["Completed"]["Type"]) == ("Completed", "Succeed")


def test_there_is_a_state_for_each_place_where_a_job_may_stand(states):
    assert {state["Parameters"]["Payload"]["state"] for state in map(states.get, WAITING)} == set(PLACES.values())
    assert {"completed", *ENDS} == {status.value for status in FINAL}
    assert {"Completed", *ENDS.values()} <= set(states)


def test_what_the_work_breaks_off_for_is_where_the_execution_goes(states):
    for name in (*ENDS.values(), *BREAKS.values()):
        assert caught(states["Working"])[name] == name


@pytest.mark.parametrize("name", ["Paused", "Review"])
def test_from_a_wait_the_execution_goes_back_to_work_or_to_a_bad_end(states, name):
    assert states[name]["Next"] == "Working"
    assert {error: state for error, state in caught(states[name]).items() if error != "States.ALL"} == {
        end: end for end in ENDS.values()
    }


@pytest.mark.parametrize("name", ENDS.values())
def test_a_bad_end_fails_the_execution_by_its_name(states, name):
    assert (states[name]["Type"], states[name]["Error"]) == ("Fail", name)


@pytest.mark.parametrize("name", WAITING)
def test_a_state_waits_for_its_callback(states, name):
    assert states[name]["Resource"].endswith("lambda:invoke.waitForTaskToken")
    assert states[name]["Parameters"]["Payload"] == PAYLOAD | {"state": name.lower(), "token.$": "$$.Task.Token"}


@pytest.mark.parametrize("name", WAITING)
def test_the_input_survives_each_state(states, name):
    assert states[name]["ResultPath"] is None
    assert all(catcher["ResultPath"] is None for catcher in states[name]["Catch"])


@pytest.mark.parametrize("name", WAITING)
def test_a_pause_may_last_for_as_long_as_an_execution_lives(states, name):
    assert states[name]["TimeoutSeconds"] == 365 * 86_400


@pytest.mark.parametrize("name", WAITING)
def test_a_step_that_is_throttled_is_waited_out_for_hours(states, name):
    """By the mean of full jitter; an account's few concurrent executions may be taken for as long as others work."""
    (retrier,) = [r for r in states[name]["Retry"] if "Lambda.TooManyRequestsException" in r["ErrorEquals"]]
    delays = [
        min(retrier["IntervalSeconds"] * retrier["BackoffRate"] ** n, retrier["MaxDelaySeconds"]) / 2
        for n in range(retrier["MaxAttempts"])
    ]
    assert sum(delays) > 4 * 3600
    events = 5 * len(delays)
    assert events < 25_000 / 4
