import json
import logging
from types import SimpleNamespace

import pytest
from fermata.observability.logs import PINNED, service_logger
from fermata.observability.metrics import Telemetry


@pytest.fixture(autouse=True)
def levels(monkeypatch):
    """Levels as they are in Lambda before a handler is loaded, with its filter at DEBUG; afterwards as they were."""
    names = (None, "fermata", *PINNED)
    before = {name: logging.getLogger(name).level for name in names}
    package = logging.getLogger("fermata")
    handlers, propagate = package.handlers, package.propagate
    logging.getLogger().setLevel(logging.DEBUG)
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", "DEBUG")
    yield
    package.handlers, package.propagate = handlers, propagate
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize("name", [*PINNED, "botocore.endpoint", "some.other.library"])
def test_others_write_warnings_at_most(name):
    service_logger("loud", {"POWERTOOLS_LOG_LEVEL": "DEBUG"})
    assert logging.getLogger(name).getEffectiveLevel() == logging.WARNING


@pytest.mark.parametrize(
    ("asked", "level"), [("DEBUG", 10), ("INFO", 20), ("WARNING", 30), ("ERROR", 40), ("", 20), ("nonsense", 20)]
)
def test_the_stacks_level_is_the_level_whatever_lambdas_filter_is(asked, level):
    logger = service_logger(f"level-{asked}", {"POWERTOOLS_LOG_LEVEL": asked})
    assert (logger.log_level, logging.getLogger("fermata.api").getEffectiveLevel()) == (level, level)


def test_metrics_are_written_at_every_level(capsys, monkeypatch):
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "ERROR")
    telemetry = Telemetry("quiet")
    with telemetry.invocation(SimpleNamespace(aws_request_id="one")):
        telemetry.logger.warning("not to be seen")
        telemetry.units_settled("probe", succeeded=3, failed=0)
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["UnitsSucceeded"] == [3.0]
