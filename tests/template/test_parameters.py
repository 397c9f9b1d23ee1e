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


def test_a_secret_is_not_shown(written):
    assert written["Parameters"]["JwtSecret"]["NoEcho"]


def test_every_parameter_is_listed_for_the_console(written):
    groups = written["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(written["Parameters"])


def test_files_outlive_the_longest_pause(written):
    year_in_days = 365
    longest = max(state.get("TimeoutSeconds", 0) for state in template.definition()["States"].values()) / 86_400
    assert longest <= year_in_days < written["Parameters"]["FileRetentionDays"]["MinValue"]
