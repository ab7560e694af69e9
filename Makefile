# `make` lists the targets. The first one that needs the environment makes it, in .venv.
PYTHON ?= python3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
# Python compiles what it imports; all that is installed takes longer than all else of it.
PIP := $(BIN)/python -m pip install -qq --no-compile --disable-pip-version-check -c constraints.txt
# One pytest worker more than cores: slow tests wait for processes a fifth of their time.
MORE = $(shell $(BIN)/python -c 'import os; print(len(os.sched_getaffinity(0)) + 1)' 2>/dev/null || echo auto)
TESTS ?= not slow and not exhaustive
EXTRAS := cmaes,dashboard,launchers,postgres,test

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install sweep test test-slow test-all check lint types layers bytecode \
        postgresql fix report paper lecture bench bench-steps bench-networks \
        bench-end-to-end \
        bench-growth bench-profile bench-overhead bench-sweep \
        bench-against constraints clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-15s %s\n", $$1, $$2}' Makefile

install: $(VENV)/.installed-all  ## the pinned environment in .venv, with every extra

sweep: $(VENV)/.installed  ## the default sweep; ARGS="sweeps=NAME" for another
	@$(BIN)/python -m ffnn_lab.run -m $(ARGS)

test: $(VENV)/.installed-all  ## the quick tests; ARGS="-k NAME" is passed to pytest
	@$(BIN)/python -m pytest -n $(MORE) --dist worksteal -m "$(TESTS)" --durations 40 --durations-min 8 $(ARGS)

test-slow:  ## the slow tests of CI
	@$(MAKE) test TESTS="slow and not exhaustive"

test-all: $(VENV)/.installed-all  ## every test
	@$(BIN)/python -m pytest $(ARGS)

check: lint types layers test  ## what CI runs before the slow tests

lint: $(VENV)/.installed-all  ## ruff, codespell, and first lines of docstrings
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/codespell
	@$(BIN)/python -m tests.support.prose

types: $(VENV)/.installed-all  ## mypy, strict
	@$(BIN)/mypy

layers: $(VENV)/.installed-all  ## who may import whom
	@$(BIN)/lint-imports --no-logo

bytecode: $(VENV)/.installed-all  ## compile all that is installed, for many processes to import
	@$(BIN)/python -c 'import compileall; compileall.compile_dir("$(VENV)/lib", quiet=2)'

postgresql:  ## PostgreSQL's server, which some tests use, if it may be installed
	@.ci/install-postgresql

fix: $(VENV)/.installed-all  ## format, and mend what ruff can mend
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format --quiet

report: $(VENV)/.installed  ## tables and figures of a finished sweep; ARGS=NAME
	@$(BIN)/python -m analysis $(or $(ARGS),default)

paper: $(VENV)/.installed  ## the pages' tables and figures, from published records
	@$(BIN)/python -m analysis

lecture: $(VENV)/.installed-all  ## the lecture's statements, each with its commands in the smallest size
	@$(BIN)/python -m analysis.lecture

bench: bench-steps bench-networks bench-end-to-end bench-growth bench-profile bench-overhead bench-sweep  ## all benchmarks: each a table, one after another

bench-steps: $(VENV)/.installed-bench  ## training steps against peers; ARGS="--workloads 64-64-10"
	@$(BIN)/python -m benchmarks.steps $(ARGS)

bench-networks: $(VENV)/.installed-bench  ## steps of modules against a plain loop and JAX; ARGS="--models cnn"
	@$(BIN)/python -m benchmarks.networks $(ARGS)

bench-end-to-end: $(VENV)/.installed-bench  ## a whole sweep against Hydra jobs and Optuna trials
	@$(BIN)/python -m benchmarks.end_to_end $(ARGS)

bench-growth: $(VENV)/.installed-all  ## what sweeps of 100, 1,000 and 10,000 runs cost
	@$(BIN)/python -m benchmarks.growth $(ARGS)

bench-profile: $(VENV)/.installed-all  ## where the time of a whole sweep goes
	@$(BIN)/python -m benchmarks.profile $(ARGS)

bench-overhead: $(VENV)/.installed  ## what a run costs beside its training
	@$(BIN)/python -m benchmarks.overhead

bench-sweep: $(VENV)/.installed  ## a sweep of a thousand runs
	@$(BIN)/python -m benchmarks.thousand_runs

bench-against: $(VENV)/.installed  ## this checkout against an older one; ARGS=FOLDER
	@$(BIN)/python -m benchmarks.against $(ARGS)

constraints: $(VENV)/.installed-all $(VENV)/.installed-bench  ## rewrite constraints.txt from what .venv holds
	@sed '/^[^#]/d' constraints.txt > constraints.tmp
	@$(BIN)/python -m pip freeze --all --exclude-editable --exclude pip --exclude wheel \
	  | sed -n 's/^\([A-Za-z0-9_.-]*==[^+ ]*\).*/\1/p' >> constraints.tmp
	@mv constraints.tmp constraints.txt

clean:  ## remove caches and builds; keeps .venv and outputs
	@rm -rf build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -not -path './$(VENV)*' -prune -exec rm -rf {} +

# The stamps make a second call instant; a change of either file installs again.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "installing the pinned packages into $(VENV) (minutes, the first time)"
	@$(PIP) -e .
	@touch $@

$(VENV)/.installed-all: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "installing the pinned packages and the extras into $(VENV) (minutes, the first time)"
	@$(PIP) -e '.[$(EXTRAS)]'
	@touch $(VENV)/.installed $@

$(VENV)/.installed-bench: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "installing the pinned packages and the benchmarks' peers into $(VENV)"
	@$(PIP) -e '.[bench]'
	@touch $(VENV)/.installed $@

$(BIN)/pip:
	@command -v $(PYTHON) >/dev/null \
	  || { echo "$(PYTHON) not found: install Python 3.11 or newer, or set PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "$(PYTHON) is older than 3.11: make PYTHON=python3.11 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null \
	  || { rm -rf $(VENV); echo "no virtual environment: install python3-venv and try again"; exit 1; }
