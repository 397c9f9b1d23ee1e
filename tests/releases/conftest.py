"""The whole template in moto (see ``tests/stack``), for the records of releases."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

TESTS = Path(__file__).parents[1]


def loaded(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


_stack = loaded(TESTS / "stack" / "conftest.py", "fermata_test_stack")
stack, moto_template, functions_root = _stack.stack, _stack.moto_template, _stack.functions_root
