# One command each; `make run` and `make test` need nothing but Python 3.11+ and this folder.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

.PHONY: help run up down test lint format docs client bench record clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

run: $(READY) ## the demonstration: starts the local stack, tags real documents, pauses, resumes, stops everything
	$(BIN)/fermata demo --port $(PORT)

up: $(READY) ## start the local stack on port 8000 (PORT=...) and leave it running
	$(BIN)/fermata up --port $(PORT)

down: $(READY) ## stop the local stack; its state is kept for the next `make up`
	$(BIN)/fermata down

test: $(READY) ## all tests
	$(BIN)/python -m pytest -n auto --dist loadfile

# cfn-lint reads the template twice: as it is, by SAM's rules, and transformed, since only there does it look into the state machine.
lint: $(READY) ## all that can be checked without running the program
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=layers/core/python $(BIN)/lint-imports --no-logo
	$(BIN)/cfn-lint template.yaml
	$(BIN)/python -m fermata.local.template build/template.json
	$(BIN)/cfn-lint build/template.json
	$(BIN)/checkov --config-file .checkov.yaml --file template.yaml

format: $(READY) ## lay out the code
	$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .

docs: $(READY) ## write the parts of README.md that are generated
	$(BIN)/python -m fermata.cli.readme

client: $(READY) ## write the client for programs that wait from the one for asyncio
	$(BIN)/python clients/python/generate.py

bench: $(READY) ## measure, and write bench/results.md
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[bench]'
	$(BIN)/python -m bench

record: $(READY) ## what this version stores and sends, for the tests of the versions to come (see CONTRIBUTING.md)
	FERMATA_RECORD=tests/fixtures/$(VERSION) $(BIN)/python -m pytest tests/releases/test_recording.py

clean: ## remove all that was made here, the local stack's state included
	-test ! -x $(BIN)/fermata || $(BIN)/fermata down
	rm -rf $(VENV) .fermata build dist .aws-sam .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

$(READY): pyproject.toml clients/python/pyproject.toml layers/dependencies/requirements.txt layers/worker/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable clients/python --editable '.[dev]'
	touch $(READY)
