# Every command a person types. `make` alone lists them; each does its own set-up and skips what is done.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq install --require-hashes
# The Node 24 of PyPI's wheel comes first, so that npm, npx and jsii all find that one.
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/node_modules/.bin:$(PATH)
# Without bytecode beside them, the CDK's modules are compiled anew at every start: 7 s.
unexport PYTHONDONTWRITEBYTECODE
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1

PYTHON_READY := $(VENV)/.ready
NODE_READY := node_modules/.ready
# checkov pins its dependencies hard, so it has an environment of its own.
CHECKOV := .venv-checkov
CHECKOV_READY := $(CHECKOV)/.ready

.DEFAULT_GOAL := help
.PHONY: help
help:  ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# uv installs in seconds what takes pip two minutes; where a mirror is configured for pip alone, pip does it.
$(PYTHON_READY): requirements.txt requirements-uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hinagata needs Python 3.11 or newer; name one with: make PYTHON=python3.12")'
	@echo "setting up $(VENV) (a minute or two, once)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) -r requirements-uv.txt
	@uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.txt requirements-uv.txt || $(PIP) -r requirements.txt
	@uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(NODE_READY): package.json package-lock.json $(PYTHON_READY)
	@npm ci --silent
	@touch $@

$(CHECKOV_READY): requirements-checkov.txt | $(PYTHON_READY)
	@echo "setting up $(CHECKOV) (half a minute, once)"
	@$(PYTHON) -m venv $(CHECKOV)
	@uv pip sync --quiet --compile-bytecode --python $(CHECKOV)/bin/python --require-hashes requirements-checkov.txt || $(CHECKOV)/bin/python -m pip --disable-pip-version-check -qq install --require-hashes -r requirements-checkov.txt
	@touch $@

.PHONY: setup
setup: $(PYTHON_READY) $(NODE_READY)  ## install everything that is pinned: Python, Node, the CDK CLI
	@# As a part of another target it has nothing to say.
	@if [ "$(filter setup,$(MAKECMDGOALS))" ]; then echo "set up; next: make demo, or: source .venv/bin/activate && hinagata list"; fi

.PHONY: demo
demo: setup  ## run the connected car on this machine: synthesize, deploy, drive, judge
	@hinagata run connected_car

.PHONY: synth
synth: setup  ## synthesize every sample with the real CDK CLI
	@cdk synth --quiet
	@ls cdk.out/*.template.json

RUNS := tests/emulator/test_readme_commands.py tests/emulator/test_generated_project.py

.PHONY: test
test: setup $(CHECKOV_READY) lint  ## everything that must hold, on both cores (CI runs exactly this)
	@# The README's runs judge how late results come, so nothing goes beside them. pytest takes a file
	@# that is named before its folder as a part of the folder, so an order alone does not part them.
	@pytest -q --not-again $(RUNS)
	@pytest -q -n 2 --not-again --linked tests/synth tests/workbench tests/functions tests/house tests/emulator $(RUNS:%=--ignore=%)

.PHONY: prove
prove: setup  ## the runs at full size, minutes each: the fault matrix, the day of five million devices
	@pytest -q --linked -m long tests

.PHONY: fault-matrix
fault-matrix: setup  ## every kind of hop times every fault, into docs/fault_matrix.md
	@python -m tests.emulator.fault_matrix

.PHONY: ten-thousand
ten-thousand: setup  ## 10,000 messages through handlers that fail and crash, each accounted for
	@python -m tests.emulator.ten_thousand

.PHONY: model-against-observation
model-against-observation: setup  ## simulate the connected car and run it, into docs/model_and_observation.md
	@python -m tests.emulator.model_against_observation

.PHONY: quick
quick: setup lint  ## the tests that need neither synthesis nor emulator, in seconds
	@pytest -q tests/house tests/workbench tests/functions

.PHONY: lint
lint: setup  ## style, types, import contracts
	@ruff check --quiet
	@ruff format --quiet --check || (echo "mend with: make format"; exit 1)
	@mypy --no-error-summary
	@lint-imports --no-cache >.import-contracts.log || (cat .import-contracts.log; exit 1)

.PHONY: format
format: setup  ## format the code
	@ruff check --quiet --fix-only
	@ruff format --quiet

.PHONY: measure
measure: setup  ## time a cold synthesis against an empty app and against the CDK's own validation
	@python tests/measure_synthesis.py

.PHONY: measure-topology
measure-topology: synth  ## time the checks: on 4,800 resources, as they grow, and against cfn-lint
	@python tests/measure_topology.py
	@python tests/measure_check.py

.PHONY: measure-lab
measure-lab: synth  ## time the lab: to the first asynchronous result, and what each kind of hop sustains
	@python -m tests.measure_lab

.PHONY: measure-simulation
measure-simulation: setup  ## time the simulator: both engines against SimPy, and a day of five million devices
	@python tests/measure_simulation.py
	@python tests/measure_day.py

.PHONY: picture
picture: setup  ## draw the samples' architectures for the documents
	@hinagata synth >/dev/null
	@for sample in connected_car:ConnectedCar order_events:OrderEvents resilient_orders:ResilientOrders; do \
		picture="$$(hinagata topology cdk.out/$${sample#*:}.template.json --format svg)" && printf '%s\n' "$$picture" >docs/$${sample%:*}.svg || exit 1; \
	done

.PHONY: site
site: setup  ## build the catalogue into site/: every pattern, sample, check and talk
	@hinagata catalogue build

.PHONY: settings
settings: setup  ## record anew what each pattern sets by default, once a change of it is meant
	@python -m tests.recorded_settings

.PHONY: records
records: setup  ## simulate each sample at its talk's size and run it, into docs/records (a quarter of an hour)
	@python -m tests.recorded_samples

.PHONY: cards
cards: setup  ## write the README's section of the samples anew, from their cards
	@python -m tests.readme

.PHONY: dist
dist: setup  ## build the wheel into dist/
	@python -m build --wheel --no-isolation --outdir dist . >/dev/null

.PHONY: lock
lock: $(PYTHON_READY)  ## pin the newest versions that pyproject.toml and package.json allow
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --all-extras --group dev pyproject.toml -o requirements.txt
	@echo uv | uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate - -o requirements-uv.txt
	@echo checkov | uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate - -o requirements-checkov.txt
	@npm install --silent --package-lock-only
