# Every command a person types. `make` alone lists them; each does its own set-up and skips what is done.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq install --require-hashes
# The Node 24 of PyPI's wheel comes first, so that npm, npx and jsii all find that one.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1

PYTHON_READY := $(VENV)/.ready
NODE_READY := node_modules/.ready

.DEFAULT_GOAL := help
.PHONY: help
help:  ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# uv installs in seconds what takes pip two minutes; where a mirror is configured for pip alone, pip does it.
$(PYTHON_READY): requirements.txt requirements-uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hinagata needs Python 3.11 or newer; name one with: make PYTHON=python3.12")'
	@echo "setting up $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) -r requirements-uv.txt
	@uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.txt requirements-uv.txt || $(PIP) -r requirements.txt
	@uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(NODE_READY): package.json package-lock.json $(PYTHON_READY)
	@npm ci --silent
	@touch $@

.PHONY: setup
setup: $(PYTHON_READY) $(NODE_READY)  ## install everything that is pinned: Python, Node, the CDK CLI

.PHONY: lock
lock: $(PYTHON_READY)  ## pin the newest versions that pyproject.toml and package.json allow
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --all-extras --group dev pyproject.toml -o requirements.txt
	@echo uv | uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate - -o requirements-uv.txt
	@npm install --silent --package-lock-only
