# How the layers of others' code are built, by `sam build`: the locked wheels for Lambda's processor, whatever this computer's is,
# with bytecode, which Lambda could not keep: its disk is read-only, so that every cold start would compile anew. The defaults are
# template.yaml's; whoever wants to run a layer on this computer names its own PYTHON_VERSION and MACHINE.
PYTHON ?= python3.13
PYTHON_VERSION ?= 3.13
MACHINE ?= aarch64
UV := $(shell command -v uv)

ifdef UV
INSTALL = uv pip install --quiet --python-version $(PYTHON_VERSION) --python-platform $(MACHINE)-manylinux_2_28 --only-binary :all: --link-mode copy --no-config
else
INSTALL = $(PYTHON) -m pip install --quiet --disable-pip-version-check --no-compile --implementation cp --python-version $(PYTHON_VERSION) \
	--platform manylinux2014_$(MACHINE) --platform manylinux_2_28_$(MACHINE) --only-binary :all:
endif

define locked
	$(INSTALL) --require-hashes --no-deps --requirement requirements.lock --target "$(ARTIFACTS_DIR)/python"
endef

COMPILE ?= $(PYTHON) -m compileall -q -j 0 --invalidation-mode unchecked-hash

define compiled
	$(COMPILE) "$(ARTIFACTS_DIR)/python"
endef
