# Development of this project. The workspace of sample extensions has a Makefile of its own: extensions/Makefile.
# Variables: INSTALL=0 forbids installing an engine or a browser, PYTHON names another interpreter.

PYTHON ?= python3
INSTALL ?= 1
VENV := .venv
BIN := $(VENV)/bin
PURE := catalog/model/*,catalog/rules/*,catalog/appgarden/*,catalog/registry/*,catalog/scaffold/*

.DEFAULT_GOAL := help
.PHONY: help demo setup check lint types imports unit test fix docs docs-serve docs-reference bench bench-desk bench-bundle bench-website bench-browsing bench-serve bench-publish bench-images-build \
  soak engine-start engine-stop clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F '\t' '{ printf "  %-18s %s\n", $$1, $$2 }'

demo: $(VENV)/.runtime ## Build the sample extensions and say where to look
	@$(BIN)/catalog --workspace extensions build

setup: $(VENV)/.development ## Make .venv with everything that development needs

check: lint types imports unit ## Lint, types, import rules, unit tests, docs tests (a minute)

lint: $(VENV)/.development
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/codespell --quiet-level 2

types: $(VENV)/.development
	@$(BIN)/mypy --no-error-summary

imports: $(VENV)/.development
	@$(BIN)/lint-imports --no-logo > .import-linter.log 2>&1 || { cat .import-linter.log; exit 1; }

unit: $(VENV)/.development
	@CATALOG_QUICK_TESTS=1 $(BIN)/pytest -q -n 2 -m "not engine and not browser and not slow"

test: $(VENV)/.development ## Everything, with a real engine and a real browser
	@INSTALL=$(INSTALL) $(BIN)/python scripts/environment.py
	@$(MAKE) --no-print-directory lint types imports
	@$(BIN)/pytest -n 2 --dist loadgroup --cov --cov-report=
	@$(BIN)/coverage report --fail-under=90 --format=total
	@$(BIN)/coverage report --include='$(PURE)' --fail-under=100

fix: $(VENV)/.development ## Format, and mend what ruff can mend
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

docs: $(VENV)/.development ## Build the documentation into public/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --site-dir public

docs-serve: $(VENV)/.development ## Serve the documentation while writing
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve

docs-reference: $(VENV)/.development ## Write docs/reference/cli.md again from the commands' help
	@$(BIN)/python scripts/cli_reference.py

bench: $(VENV)/.development ## Measure, and print ratios
	@$(BIN)/python -m scripts.bench

bench-desk: $(VENV)/.development ## Measure sync, validate and build against plain scripts
	@$(BIN)/python -m scripts.bench desk

bench-bundle: $(VENV)/.development ## Measure the bundle against docker save, tar and gzip (about 10 minutes)
	@$(BIN)/python -m scripts.bench bundle

bench-website: $(VENV)/.development ## Measure the website's build against mkdocs-material and Hugo (about 10 minutes)
	@$(BIN)/python -m scripts.bench website

bench-browsing: $(VENV)/.development ## Measure the live list in a slowed browser
	@$(BIN)/python -m scripts.bench browsing

bench-serve: $(VENV)/.development ## Measure the HTTPS server against nginx and Python's own
	@$(BIN)/python -m scripts.bench serve

bench-publish: $(VENV)/.development ## Measure publishing 500 extensions into a catalog of 5,000
	@$(BIN)/python -m scripts.bench publish

bench-images-build: $(VENV)/.development ## Measure building images again with nothing changed
	@$(BIN)/python -m scripts.bench images-build

soak: $(VENV)/.development ## Run the long forms of tests once, all (hours) or some: [SOAK="publishing serving"]
	@$(BIN)/python -m scripts.soak $(SOAK)

engine-start: $(VENV)/.development ## Start a private container engine for development
	@$(BIN)/python -m scripts.engine start

engine-stop: $(VENV)/.development ## Stop that engine
	@$(BIN)/python -m scripts.engine stop

clean: ## Remove caches and builds (not .venv)
	@rm -rf build dist public .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage-* .coverage.*
	@find catalog tests scripts -name __pycache__ -type d -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "catalog needs Python 3.11 or newer; name one with: make PYTHON=python3.12"; exit 3; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "On Debian and Ubuntu: apt-get install python3-venv"; exit 3; }

$(VENV)/.runtime: $(VENV)/bin/python requirements.txt pyproject.toml
	@echo "Installing what catalog needs into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.development: $(VENV)/.runtime requirements-dev.txt
	@echo "Installing what development needs into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-dev.txt
	@touch $@
