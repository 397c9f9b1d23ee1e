"""The functions' handlers in this process, each loaded from its own file as Lambda would."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

from fermata.local import template


def load(name: str) -> ModuleType:
    """The module of a function (api, worker, workflow, recovery), new with each call. It takes its environment when it runs."""
    path = template.project_root() / "functions" / name / "handler.py"
    spec = spec_from_file_location(f"bench_{name}_handler", path)
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Context:
    """What Lambda tells a handler of its invocation, as far as it asks."""

    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    def __init__(self, name: str = "api", seconds: float = 29.0) -> None:
        self.function_name = name
        self.memory_limit_in_mb = 512
        self.invoked_function_arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds * 1000)
