# One way in: `make demo` and `make test` set up everything on a machine with Python >= 3.11, git and make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
WORKERS ?= auto

.PHONY: demo test test-slow test-network lint docs bench fuzz faults clean
.DEFAULT_GOAL := demo

$(READY): pyproject.toml skillpack/__init__.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "skillpack needs Python 3.11 or newer: make PYTHON=...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(READY)
	@$(BIN)/skillpack check fixtures/skills/csv-report
	$(BIN)/skillpack pack fixtures/skills/csv-report

test: $(READY)
	@$(BIN)/python -m pytest -n $(WORKERS) -m "not slow and not network and not fuzz"

test-slow: $(READY)
	@$(BIN)/python -m pytest -n $(WORKERS) -m "slow and not network"

test-network: $(READY)
	@$(BIN)/python -m pytest -n $(WORKERS) -m "network"

# 20,000 random trees, each of which git and we must read alike
fuzz: $(READY)
	@$(BIN)/python -m pytest -n $(WORKERS) -m fuzz tests/oracles/test_git.py

lint: $(READY)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/lint-imports --no-logo

docs: $(READY)
	@$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going --builder html docs site
	@echo "the pages are in site/index.html"

bench: $(READY)
	@$(BIN)/python -m benchmarks

faults: $(READY)
	@$(BIN)/python -m tests.faults.injected

clean:
	rm -rf $(VENV) site build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
