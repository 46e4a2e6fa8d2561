# `make demo` and `make test` set up everything they need, given Python >= 3.11, git and make.

# The first Python that is new enough and can create environments; make PYTHON=... uses another.
SUITS  := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
            $$name -c '$(SUITS)' 2>/dev/null && echo $$name && break; done)
VENV   := .venv
BIN    := $(VENV)/bin
RUNS   := $(VENV)/.runs
READY  := $(VENV)/.ready
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --editable
WORKERS ?= auto

.PHONY: demo test test-slow test-network lint docs try bench recall bounded fuzz faults clean
.DEFAULT_GOAL := demo
.NOTPARALLEL:

# skillpack and its dependencies
$(RUNS): pyproject.toml skillpack/__init__.py
	@$(or $(PYTHON),false) -c '$(SUITS)' 2>/dev/null || { \
	  echo "skillpack needs Python 3.11 or newer with its venv module (on Debian: python3-venv); make PYTHON=... names one" >&2; \
	  exit 1; }
	@echo "installing skillpack into $(VENV), once ..."
	@$(BIN)/python -c 'import pip; $(SUITS)' 2>/dev/null || $(PYTHON) -m venv $(VENV)
	@$(INSTALL) .
	@touch $@

# the dependencies of tests, lint and docs, into the same environment
$(READY): $(RUNS)
	@echo "installing what tests, lint and docs need, once ..."
	@$(INSTALL) '.[dev]'
	@touch $@

demo: $(RUNS)
	$(BIN)/skillpack check fixtures/skills/csv-report
	$(BIN)/skillpack pack fixtures/skills/csv-report

test: $(READY)
	@echo "running the tests, about 8 minutes on 2 cores ..."
	@$(BIN)/python -m pytest -n $(WORKERS) -m "not slow and not network and not fuzz"

test-slow: $(READY)
	@$(BIN)/python -m pytest -n $(WORKERS) -m "slow and not network"

test-network: $(READY)
	@$(BIN)/python -m pytest -n $(WORKERS) -m "network"

# 20,000 random trees, on which git and skillpack must agree, and 20,000 changed zips, on which seven readers must
fuzz: $(READY)
	@$(BIN)/python -m pytest -n $(WORKERS) -m fuzz tests/oracles/test_git.py tests/oracles/test_foreign_zips.py

lint: $(READY)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/lint-imports --no-logo

docs: $(READY)
	@$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going --builder html docs site
	@echo "the pages are in site/index.html"

# the same pages, with skillpack itself in the page "Try it in a browser"; needs npm and the network
try: $(READY)
	@rm -rf site/_static/try
	@$(BIN)/python docs/build_try.py
	@$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going -D checker=build/try --builder html docs site
	@echo "the page is at http://127.0.0.1:8000/try.html after: python -m http.server --bind 127.0.0.1 --directory site"

bench: $(READY)
	@$(BIN)/python -m benchmarks

# credentials of each kind found in each embedding; make recall PACKAGES=folder also searches the archives there
recall: $(READY)
	@$(BIN)/python -m benchmarks.recall $(PACKAGES)

# what inputs cost that were made to cost much
bounded: $(READY)
	@$(BIN)/python -m benchmarks.bounded

faults: $(READY)
	@$(BIN)/python -m tests.faults.injected
	@$(BIN)/python -m tests.faults.races

clean:
	rm -rf $(VENV) site jupyter_execute build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
