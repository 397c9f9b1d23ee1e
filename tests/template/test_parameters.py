from fermata.adapters.aws.store import RETENTION
from fermata.local import template


def test_every_parameter_says_what_it_is_for(written):
    assert [
        name for name, p in written["Parameters"].items() if not p.get("Description", "").endswith((".", "none", "all"))
    ] == []


def test_the_stack_can_be_deployed_without_naming_a_parameter(written):
    assert [name for name, p in written["Parameters"].items() if "Default" not in p] == []


def test_defaults_leave_nothing_open(written):
    defaults = {name: p["Default"] for name, p in written["Parameters"].items()}
    assert (defaults["AnonymousAccess"], defaults["AllowLocalFiles"], defaults["AllowedHosts"]) == (
        "false",
        "false",
        "",
    )
    assert (defaults["CorsOrigins"], defaults["DocumentObjects"]) == ("", "")


def test_no_parameter_is_a_secret(written):
    """A secret is named, and lies where secrets lie; besides, the guided deployment asks for ever for one that is not shown."""
    assert [name for name, p in written["Parameters"].items() if "NoEcho" in p] == []


def test_a_new_account_has_room_for_all_functions(written):
    defaults = {name: p["Default"] for name, p in written["Parameters"].items()}
    assert defaults["WorkerConcurrency"] <= 10 / 2
    assert {defaults[f"{name}ReservedConcurrency"] for name in ("Api", "Worker", "Workflow", "Recovery")} == {-1}


def test_every_parameter_is_listed_for_the_console(written):
    groups = written["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(written["Parameters"])


def test_files_outlive_what_points_to_them(written):
    """An item is kept for so long after it was last written, and before that the job may have waited for an execution's life."""
    longest = max(state.get("TimeoutSeconds", 0) for state in template.definition()["States"].values())
    assert (longest + RETENTION) / 86_400 < written["Parameters"]["FileRetentionDays"]["MinValue"]
