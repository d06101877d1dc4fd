# Set-up lives in .venv and needs nothing but Python 3.11+ and make.
# The first Python on the PATH that is new enough and can make virtual environments; name another with PYTHON=...
PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11 python,\
            $(shell $(p) -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

# Each worker of the suite, and each process a test starts, reads what the first has compiled.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test weeks check audit docs bench soak format clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s '|'

$(STAMP): pyproject.toml
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer with venv is needed; name one with: make PYTHON=/path/to/python3'; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(STAMP)

run: $(STAMP) ## Start the engine with the example company; prints the address and a one-time sign-in link
	$(BIN)/oncall serve --config examples/company --sign-in kim --standins --example-past

test: $(STAMP) ## Run the whole test suite (SQLite and PostgreSQL)
	$(BIN)/pytest -n auto

weeks: $(STAMP) ## A few thousand simulated hours of two nodes, the same in every run
	$(BIN)/pytest tests/simulation -m weeks -n auto -rP

check: $(STAMP) ## Format, lint, types, import contracts, the example configuration
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/oncall check examples/company

audit: $(STAMP) ## Known holes in what is installed, where the advisory service can be asked
	$(BIN)/python tools/audit.py

docs: $(STAMP) ## Write the tables of the documentation from the code
	$(BIN)/python -m tools.reference docs/*.md

bench: $(STAMP) ## Measure speed, as ratios within one run
	$(BIN)/python -m bench

soak: $(STAMP) ## Long random runs
	$(BIN)/pytest -m soak

format: $(STAMP) ## Format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## Remove the virtual environment and build leftovers
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
