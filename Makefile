# `make test` sets everything up on a fresh machine and runs all checks and tests; `make help` lists the parts.
#
# Each environment is a directory .venv*, made when it is missing and again when pyproject.toml changes. Nothing else is
# installed but the servers that the tests run against (scripts/parts). What is missing fails, and says what to install.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --warn-undefined-variables
.DELETE_ON_ERROR:
.NOTPARALLEL: # so that the output of steps does not mix
.DEFAULT_GOAL := help

BIN := .venv/bin
STEP := scripts/step
UV := $(BIN)/uv
export UV_PYTHON_DOWNLOADS := never
INSTALL = $(UV) pip install --quiet --python $(@D)

.PHONY: test
test: lint types imports docs unit test-3.12 test-3.13 test-lowest ## Everything: what CI runs

.PHONY: lint
lint: .venv/.installed ## ruff: errors and format
	@$(STEP) "ruff check" $(BIN)/ruff check
	@$(STEP) "ruff format" $(BIN)/ruff format --check

.PHONY: types
types: .venv/.installed ## mypy --strict and pyright
	@$(STEP) "mypy" $(BIN)/mypy
	@$(STEP) "pyright" $(BIN)/pyright --warnings

# No cache: it is wrong after a module has become a package.
.PHONY: imports
imports: .venv/.installed ## import-linter: which module may import which
	@$(STEP) "import-linter" $(BIN)/lint-imports --no-logo --no-cache

.PHONY: docs
docs: .venv/.installed ## The documentation, built into site/
	@$(STEP) "mkdocs" env NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

.PHONY: unit
unit: .venv/.installed parts ## The tests and the documentation's code blocks, on Python 3.11
	@$(STEP) "pytest, Python 3.11" $(BIN)/pytest

# The type checkers, cfn-lint, and the benchmarks with what they compare with, have their say once, on 3.11; so has the
# SDK for durable functions, which needs a newer boto3 than the lowest that we allow. And so has what takes long since
# it waits for real locks and time-outs, or kills processes: what it proves is a matter of stores, not of interpreters.
ONCE := tests/typing tests/test_benchmarks.py tests/test_templates.py tests/idempotency/test_durable.py \
  tests/idempotency/test_in_lambda.py tests/idempotency/test_store_faults.py tests/stores/test_contract_processes.py \
  tests/testing/test_store_contract.py tests/batch/test_sqs_retry_properties.py tests/tracers/test_otel_trouble.py \
  tests/stores/test_contract_layer.py tests/stores/test_redis_cluster.py tests/testing/sources/test_against_moto.py \
  tests/idempotency/test_state_machine.py docs/how-to/write-a-store.md
PYTEST_ELSEWHERE := bin/pytest $(ONCE:%=--ignore=%) --hypothesis-profile=quick

# The pages of the documentation are run on the oldest Python and on the newest; the contract of all stores there, too,
# and with the lowest versions of their libraries.
.PHONY: test-3.12
test-3.12: .venv-3.12/.installed parts ## The same tests on Python 3.12, but the pages and the contract of stores
	@$(STEP) "pytest, Python 3.12" .venv-3.12/$(PYTEST_ELSEWHERE) --ignore=tests/stores/test_contract.py tests README.md

.PHONY: test-3.13
test-3.13: .venv-3.13/.installed parts ## The same tests on Python 3.13
	@$(STEP) "pytest, Python 3.13" .venv-3.13/$(PYTEST_ELSEWHERE)

.PHONY: test-lowest
test-lowest: .venv-lowest/.installed parts ## The same tests with the lowest versions that pyproject.toml allows, but the pages
	@$(STEP) "pytest, Python 3.11, lowest versions" .venv-lowest/$(PYTEST_ELSEWHERE) tests README.md

.PHONY: parts
parts: .venv/.installed ## What the tests run against: Redis, PostgreSQL, dynalite, AWS's emulator
	@scripts/parts

.PHONY: races
races: .venv/.installed parts ## The races of every idempotency store, for long: 200 rounds of 50 racers each
	@$(STEP) "races" env RACE_ROUNDS=200 $(BIN)/pytest tests/stores/test_contract.py tests/stores/test_contract_processes.py -k "once or while_the_owner or wins"

.PHONY: bench
bench: .venv/.installed ## The benchmarks, with aws-lambda-powertools beside us
	@$(STEP) "benchmarks" $(BIN)/python -m benchmarks

.PHONY: demo
demo: .venv-demo/.installed ## The README's main job: examples/orders on an SQS event with one bad message
	cd examples/orders && ../../.venv-demo/bin/lambdakit invoke app:handler --event event.json --count 2

.PHONY: clean
clean: ## Remove what make made
	rm -rf .venv .venv-* .parts site dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9.-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/uv:
	@python=$$(scripts/find-python 3.11) && $(STEP) "set up uv" bash -c "$$python -m venv .venv && $(BIN)/python -m pip install --quiet 'uv>=0.7'"

.venv/.installed: pyproject.toml | $(BIN)/uv
	@$(STEP) "set up $(@D)" $(INSTALL) --editable '.[all]' --group dev
	@touch $@

.venv-3.%/.installed: pyproject.toml | $(BIN)/uv
	@python=$$(scripts/find-python 3.$*) && $(UV) venv --quiet --clear --python "$$python" $(@D)
	@$(STEP) "set up $(@D)" $(INSTALL) --editable '.[all]' --group test
	@touch $@

.venv-lowest/.installed: pyproject.toml | $(BIN)/uv
	@python=$$(scripts/find-python 3.11) && $(UV) venv --quiet --clear --python "$$python" $(@D)
	@$(STEP) "set up $(@D)" $(INSTALL) --resolution lowest-direct --editable '.[all]' --group test
	@touch $@

# Installed as a user's pip does it: built, not editable, compiled, and with nothing that the tests need.
.venv-demo/.installed: pyproject.toml $(shell find src -name '*.py') | $(BIN)/uv
	@python=$$(scripts/find-python 3.11) && $(UV) venv --quiet --clear --python "$$python" $(@D)
	@$(STEP) "set up $(@D)" $(INSTALL) --compile-bytecode --refresh-package lambdakit '.[cli]'
	@touch $@
