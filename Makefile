# One command each; `make run` and `make test` need nothing but Python 3.11+ and this folder.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SAM := $(VENV)/tools/sam/bin/sam
CHECKOV := $(VENV)/tools/checkov/bin/checkov
AUDIT := $(VENV)/tools/audit/bin/pip-audit
FUZZ := $(VENV)/tools/fuzz/bin/schemathesis
GENERATOR := $(VENV)/tools/client/bin/openapi-python-client
SITE := $(VENV)/tools/site/bin/mkdocs
FUZZ_SECONDS ?= 900
# Without bytecode each of the many processes here would compile all that it imports; it goes with `make clean`.
unexport PYTHONDONTWRITEBYTECODE
LOCKS := requirements/dev.lock requirements/bench.lock requirements/sam.lock requirements/checkov.lock requirements/audit.lock requirements/fuzz.lock requirements/client.lock requirements/site.lock requirements/corpus.lock requirements/uv.lock \
	layers/dependencies/requirements.lock layers/worker/requirements.lock layers/ocr/requirements.lock
INSTALL := $(BIN)/uv pip install --quiet --no-deps --require-hashes
# One resolution for functions, tests and benchmarks: what is tested is what is deployed. It holds for all platforms and Python versions.
RESOLVE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --no-emit-package fermata-client --no-emit-package fermata-conformance $(UPGRADE)
PYTHON313 ?= $(shell for it in python3.13 "$$HOME"/.pyenv/versions/3.13.*/bin/python3.13; do "$$it" -c '' 2>/dev/null && echo "$$it" && break; done)
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

.PHONY: help run up down test lint format docs site client bench corpus fuzz audit budget walk lock record screenshots test-functions clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

run: $(READY) ## the demonstration: starts the local stack, tags real documents, pauses, resumes, stops everything
	$(BIN)/fermata demo --port $(PORT)

up: $(READY) ## start the local stack on port 8000 (PORT=...) and leave it running
	$(BIN)/fermata up --port $(PORT)

down: $(READY) ## stop the local stack; its state is kept for the next `make up`
	$(BIN)/fermata down

test: $(READY) $(SAM) $(GENERATOR) ## all tests
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

# The functions' own Python, where it is to be had: the tests of the handlers run on it besides.
test-functions: $(READY)
	@if test -z "$(PYTHON313)"; then echo "Python 3.13 is not here; the handlers were tested on $$($(BIN)/python --version) only"; else \
	  $(BIN)/uv venv --quiet --allow-existing --python "$(PYTHON313)" $(VENV)/python3.13 && \
	  $(INSTALL) --python $(VENV)/python3.13/bin/python --requirement requirements/dev.lock && \
	  $(BIN)/uv pip install --quiet --python $(VENV)/python3.13/bin/python --no-deps --no-build-isolation --editable clients/python --editable conformance --editable . && \
	  $(VENV)/python3.13/bin/python -m pytest -q tests/functions tests/observability tests/test_environment.py; fi

# cfn-lint reads the template twice: as it is, by SAM's rules, and transformed, since only there does it look into the state machine.
# The transformation has put values in the place of some parameters.
lint: $(READY) $(CHECKOV) site ## all that can be checked without running the program
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=layers/core/python $(BIN)/lint-imports --no-logo
	$(BIN)/cfn-lint template.yaml
	$(BIN)/python -m fermata.local.template build/template.json
	$(BIN)/cfn-lint --ignore-checks W1020 W2001 -- build/template.json
	$(CHECKOV) --config-file .checkov.yaml --file template.yaml

format: $(READY) ## lay out the code
	$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .

docs: $(READY) ## write the parts of README.md and docs/ that are generated
	$(BIN)/python -m fermata.cli.pages
	$(BIN)/python -m fermata.cli.reference
	$(BIN)/python -m fermata.cli.openapi

site: $(SITE) ## build the pages of docs/ as a site for reading and searching offline, in build/site
	NO_MKDOCS_2_WARNING=1 $(SITE) build --quiet --strict

client: $(READY) ## write the client for programs that wait from the one for asyncio
	$(BIN)/python clients/python/generate.py

bench: $(READY) ## measure, and write bench/results.md
	$(INSTALL) --python $(BIN)/python --requirement requirements/bench.lock
	$(BIN)/python -m bench

screenshots: $(READY) ## pictures of the dashboard for the documentation, taken in Chromium
	PYTHONPATH=tests/support $(BIN)/python tests/browser/screenshots.py docs/images $(VIEWS)

walk: $(READY) ## take README.md's first steps from a fresh clone to a reviewed job in Chromium, and tell the minutes; PICTURES=a folder for some
	PYTHONPATH=tests/support $(BIN)/python tests/browser/walk.py $(if $(PICTURES),--pictures $(PICTURES))

budget: $(READY) ## measure in Chromium what the dashboard loads and how quick it is, over a local stack that runs (PORT=...)
	PYTHONPATH=tests/support $(BIN)/python tests/browser/budget.py --url http://127.0.0.1:$(PORT)

corpus: $(READY) $(VENV)/tools/corpus/.ready ## read real files beside other readers, and write bench/corpus.md; CORPUS=a folder of files of your own
	$(BIN)/python -m bench.corpus --peers $(VENV)/tools/corpus/bin/python --write $(CORPUS)

bench-kinds: $(READY) ## measure the quality and throughput of the kinds, and write bench/kinds.md
	PYTHONPATH=tests/support $(BIN)/python -m bench.kinds
	$(BIN)/python -m bench.ocr

fuzz: $(READY) $(FUZZ) ## hold the running API to its own description, by all of schemathesis's checks; FUZZ_SECONDS=900
	$(BIN)/python tests/fuzz/run.py $(FUZZ_SECONDS) --tool $(FUZZ)

# Strict, since what the service does not know would pass as having no faults.
audit: $(READY) $(AUDIT) ## look for known faults in everything that is locked
	for lock in $(LOCKS); do $(AUDIT) --strict --disable-pip --require-hashes --requirement $$lock || exit 1; done

lock: $(READY) ## write the lock files anew from what is asked for; UPGRADE=--upgrade takes the newest versions
	$(RESOLVE) pyproject.toml clients/python/pyproject.toml --extra dev --output-file requirements/dev.lock
	$(RESOLVE) layers/dependencies/requirements.txt --constraints requirements/dev.lock --output-file layers/dependencies/requirements.lock
	$(RESOLVE) layers/worker/requirements.txt --constraints requirements/dev.lock --output-file layers/worker/requirements.lock
	$(RESOLVE) layers/ocr/requirements.txt --constraints requirements/dev.lock --output-file layers/ocr/requirements.lock
	$(RESOLVE) pyproject.toml clients/python/pyproject.toml --extra bench --constraints requirements/dev.lock --output-file requirements/bench.lock
	for tool in audit checkov corpus client fuzz sam site uv; do $(RESOLVE) requirements/$$tool.txt --output-file requirements/$$tool.lock || exit 1; done
	for machine in aarch64 x86_64; do for layer in dependencies worker ocr; do \
	  $(INSTALL) --dry-run --target build/none --python-version 3.13 --python-platform $$machine-manylinux_2_28 --only-binary :all: \
	    --requirement layers/$$layer/requirements.lock || exit 1; done; done

record: $(READY) ## what this version stores and sends, for the tests of the versions to come (see CONTRIBUTING.md)
	FERMATA_RECORD=tests/fixtures/$(VERSION) $(BIN)/python -m pytest tests/releases/test_recording.py

clean: ## remove all that was made here, the local stack's state included
	-test ! -x $(BIN)/fermata || $(BIN)/fermata down
	rm -rf $(VENV) .fermata build dist .aws-sam .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

$(READY): pyproject.toml clients/python/pyproject.toml conformance/pyproject.toml requirements/dev.lock requirements/uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Fermata needs Python 3.11 or newer, and $(PYTHON) is none; name one: make $(MAKECMDGOALS) PYTHON=python3.13" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/uv.lock
	$(INSTALL) --python $(BIN)/python --requirement requirements/dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable clients/python --editable conformance --editable .
	touch $(READY)

# Tools whose own dependencies exclude ours live apart.
$(VENV)/tools/%/.ready: requirements/%.lock $(READY)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV)/tools/$*
	$(INSTALL) --python $(VENV)/tools/$*/bin/python --requirement requirements/$*.lock
	touch $@

$(SAM): $(VENV)/tools/sam/.ready
$(CHECKOV): $(VENV)/tools/checkov/.ready
$(AUDIT): $(VENV)/tools/audit/.ready
$(FUZZ): $(VENV)/tools/fuzz/.ready
$(GENERATOR): $(VENV)/tools/client/.ready
$(SITE): $(VENV)/tools/site/.ready
