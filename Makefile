# Everything a newcomer, a developer and CI need; `make help` lists it.
SHELL := /bin/sh
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
SETUP := .venv/.complete

.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(SETUP) .env ## Create .venv with everything, and .env with a fresh secret key

$(SETUP): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 is needed, 3.11.5 or later of it; say which with PYTHON=…") if not (3, 11, 5) <= sys.version_info < (3, 12) else None'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

.env: .env.example | $(SETUP)
	@$(BIN)/python -m algoagent.environment
	@touch .env

demo: setup ## One sentence to a backtested strategy, through the real server
	@$(BIN)/python manage.py demo

demo-picture: setup ## Make the picture of the demo that the README shows
	@$(BIN)/python manage.py demo --picture docs/images/demo.svg

serve: setup ## Run web server, worker and clock on this machine; Ctrl-C stops
	@$(BIN)/python manage.py up

test: setup ## Run the whole suite
	$(BIN)/python -m pytest

test-unit: setup ## Run the fast tests: no database, no network
	$(BIN)/python -m pytest tests/unit -q

check: setup ## Lint, format, types, import contracts, migrations, deployment settings, schema
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run --verbosity 0
	$(BIN)/python manage.py spectacular --fail-on-warn --validate --file /dev/null
	$(BIN)/python manage.py check --deploy --fail-level WARNING

audit: setup ## Look the dependencies up among known vulnerabilities
	@$(BIN)/python -m tests.audit

fix: setup ## Repair layout and imports
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup ## Write the parts of docs/ that are made from the code
	$(BIN)/python manage.py spectacular --fail-on-warn --validate --file docs/api/openapi.yaml
	$(BIN)/python manage.py api_docs
	$(BIN)/python -m backtest_engine.language.reference > docs/guides/describing-strategies.md
	$(BIN)/python -m backtest_engine.diagnostics > docs/guides/diagnostics.md
	$(BIN)/python -m backtest_engine.spec.schema > docs/api/strategy-spec.schema.json

bench: setup ## Measure, side by side with the floor
	@$(BIN)/python -m tests.benchmark

bench-load: setup ## The service under load: embedded and as a fleet
	@$(BIN)/python -m tests.fleet.load

chaos: setup ## Kill workers, web, beat, Redis and PostgreSQL in turn, and count what was lost
	@$(BIN)/python -m tests.fleet.chaos

sandbox-test: setup ## Hostile strategies against the sandbox, and a thousand runs in a row
	$(BIN)/python -m pytest tests/sandbox
	@$(BIN)/python -W ignore -m tests.sandbox.soak --runs 1000

prove-keys: setup ## Eight keys, many workers, a strict vendor: what is served, and how fairly
	@$(BIN)/python -m tests.prove_keys

demo-gemini: setup ## The demo with a model, against a fake of its service; no key needed
	@$(BIN)/python manage.py demo_gemini

score-corpus: setup ## Score the generator and the fixer on their corpora
	@$(BIN)/python -m tests.score.descriptions
	@$(BIN)/python -m tests.score.broken

lock: setup ## Resolve the dependencies again, with hashes
	$(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-annotate pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-annotate pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt

clean: ## Remove what make made, and nothing of yours
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.PHONY: help setup demo demo-picture serve test test-unit check audit fix docs bench bench-load chaos sandbox-test prove-keys demo-gemini score-corpus lock clean
