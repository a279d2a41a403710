# Everything lives in .venv, from hash-pinned lock files; nothing is installed globally.
PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
UV := $(BIN)/uv
INSTALL := $(UV) pip install --quiet --python $(BIN)/python

.DEFAULT_GOAL := help
.PHONY: help install run test lint check format bench bench-retrieval bench-memory lock clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: .venv/.run ## Set up .venv; the command is then .venv/bin/stagedoor

run: .venv/.run ## Set up, then start the avatar (terminal, and Discord and Telegram once their tokens are set)
	@$(BIN)/stagedoor run

test: .venv/.dev ## Set up, then run all the tests
	@$(BIN)/python -m pytest

lint: .venv/.dev ## Format, lint, types and import contracts, without changing anything
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test ## Everything that must be green before a commit

format: .venv/.dev ## Format the code and apply the safe fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.dev ## Measure speed beside the floors, in one run
	@$(BIN)/python -m tests.bench

bench-retrieval: .venv/.embed ## Measure how well published content is found: BEIR=folder, or without it on the sets that come along
	@$(BIN)/python -m tests.bench.retrieval $(if $(BEIR),"$(BEIR)")

bench-memory: .venv/.embed ## Measure how well past talk is recalled: CONVERSATIONS=file.json, or without it on generated talks
	@$(BIN)/python -m tests.bench.memory $(if $(CONVERSATIONS),"$(CONVERSATIONS)")

lock: .venv/.uv ## Resolve the dependencies anew into the lock files
	$(UV) pip compile pyproject.toml --extra local --group build $(LOCK) -o requirements.lock
	$(UV) pip compile pyproject.toml --extra local --group build --group dev $(LOCK) -o requirements-dev.lock
	$(UV) pip compile pyproject.toml --extra local --extra embed --group build --group dev $(LOCK) -o requirements-embed.lock
LOCK := --quiet --upgrade --universal --generate-hashes --no-header --no-annotate --override requirements.overrides

clean: ## Remove .venv and the caches (not .stagedoor, which holds conversations)
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

.venv/.uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Stagedoor needs Python 3.11 or newer; $(PYTHON) is older. Name a newer one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; echo "Could not create .venv. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/.run: .venv/.uv requirements.lock pyproject.toml
	@echo "Setting up .venv ..." >&2
	@$(INSTALL) --no-deps --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.run requirements-dev.lock
	@$(INSTALL) --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

.venv/.embed: .venv/.dev requirements-embed.lock
	@$(INSTALL) --no-deps --require-hashes -r requirements-embed.lock
	@touch $@
