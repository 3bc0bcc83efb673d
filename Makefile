# Everything a newcomer, a developer and CI need; `make help` lists it.
SHELL := /bin/sh
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# Stamps: what the service runs with, and what developing it needs on top.
RUNTIME := .venv/.runtime
TOOLS := .venv/.tools

# The lock names every package with its hashes, so that nothing is resolved: pip's own resolver asks what newer releases
# would need, and refuses the lock for it. Tests of libraries are never imported, and so not compiled.
define install
	@echo "Installing $$(grep -c '^[a-z0-9]' $(1)) packages of $(1) into .venv …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --no-compile -r $(1)
	@$(BIN)/python -m compileall -q -j 0 -x '/tests?/' .venv/lib
	@$(BIN)/python -m pip check --disable-pip-version-check
endef

.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(RUNTIME) .env ## Create .venv with what the service runs with, and .env with a fresh secret key

tools: setup $(TOOLS) ## Add what tests and checks need, and all extras

$(RUNTIME): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 is needed, 3.11.5 or later of it; say which with PYTHON=…") if not (3, 11, 5) <= sys.version_info < (3, 12) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(call install,requirements.txt)
	@$(BIN)/python -m compileall -q -j 0 algoagent strategy_api backtest_engine
	@touch $@

$(TOOLS): requirements-dev.txt | $(RUNTIME)
	$(call install,requirements-dev.txt)
	@touch $@

.env: .env.example | $(RUNTIME)
	@$(BIN)/python -m algoagent.environment
	@touch .env

add-markets: setup ## Add Yahoo Finance and the crypto exchanges of ccxt
	$(call install,requirements-markets.txt)

add-models: setup ## Add the clients of Google, Anthropic and OpenAI
	$(call install,requirements-models.txt)

add-fast: setup ## Add the compiled kernel that plays specifications, hundreds of times faster
	$(call install,requirements-fast.txt)

add-parquet: setup ## Add the reader of parquet files
	$(call install,requirements-parquet.txt)

add-research: setup ## Add Optuna, for searches by TPE
	$(call install,requirements-research.txt)

demo: setup ## One sentence to a backtested strategy, through the real server
	@$(BIN)/python manage.py demo

demo-picture: setup ## Make the picture of the demo that the README shows
	@$(BIN)/python manage.py demo --picture docs/images/demo.svg

serve: setup ## Run web server, worker and scheduler on this machine, at PORT (8000); Ctrl-C stops
	@$(BIN)/python manage.py up $(if $(PORT),--port $(PORT))

test: tools ## Run the whole suite
	$(BIN)/python -m pytest

test-unit: tools ## Run the fast tests: no database, no network
	$(BIN)/python -m pytest tests/unit -q

check: tools ## Lint, format, types, import contracts, declared dependencies, migrations, deployment settings, schema
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry . --extend-exclude docs
	$(BIN)/deptry . --exclude .venv --exclude tests/corpus --ignore DEP002,DEP004
	$(BIN)/python manage.py makemigrations --check --dry-run --verbosity 0
	$(BIN)/python manage.py spectacular --fail-on-warn --validate --file /dev/null
	$(BIN)/python manage.py check --deploy --fail-level WARNING

audit: tools ## Look the dependencies up among known vulnerabilities
	@$(BIN)/python -m tests.audit

fix: tools ## Repair layout and imports
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: tools ## Write the parts of docs/ that are made from the code
	$(BIN)/python manage.py spectacular --fail-on-warn --validate --file docs/api/openapi.yaml
	$(BIN)/python manage.py api_docs
	$(BIN)/python -m backtest_engine.language.reference > docs/guides/describing-strategies.md
	$(BIN)/python -m backtest_engine.diagnostics > docs/guides/diagnostics.md
	$(BIN)/python -m backtest_engine.spec.schema > docs/api/strategy-spec.schema.json

bench: tools ## Measure, side by side with the floor
	@$(BIN)/python -m tests.benchmark

bench-load: tools ## The service under load: embedded and as a fleet
	@$(BIN)/python -m tests.fleet.load

bench-sockets: tools ## A thousand sockets, through kill -9 too, beside the bare ASGI server
	@$(BIN)/python -m tests.socket_bench

chaos: tools ## Kill workers, web, beat, Redis and PostgreSQL in turn, and count what was lost
	@$(BIN)/python -m tests.fleet.chaos

sandbox-test: tools ## Hostile strategies against the sandbox, and a thousand runs in a row
	$(BIN)/python -m pytest tests/sandbox
	@$(BIN)/python -W ignore -m tests.sandbox.soak --runs 1000

prove-keys: tools ## Eight keys, many workers, a strict vendor: what is served, and how fairly
	@$(BIN)/python -m tests.prove_keys

demo-gemini: tools ## The demo with a model, against a fake of its service; no key needed
	@$(BIN)/python -m tests.demo_gemini

noise-test: tools ## How often the best of 200 tries is called believable: on noise, and where there is an edge
	@$(BIN)/python -m tests.noise_test

score-corpus: tools ## Score the generator and the fixer on their corpora
	@$(BIN)/python -m tests.score.descriptions
	@$(BIN)/python -m tests.score.broken
	@$(BIN)/python -m tests.score.compiled
	@$(BIN)/python -m tests.score.supervisor

# Everything is resolved once; the other locks are parts of that. An extra's lock leaves out what the runtime has.
LOCK = $(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-annotate pyproject.toml
lock: tools ## Resolve the dependencies again, with hashes
	$(LOCK) --all-extras --group dev -o requirements-dev.txt
	$(LOCK) -c requirements-dev.txt -o requirements.txt
	for extra in markets models parquet fast research; do \
	  $(LOCK) -c requirements-dev.txt --extra $$extra -o requirements-$$extra.txt \
	    $$(sed -nE 's/^([a-z0-9.-]+)==.*/--no-emit-package \1/p' requirements.txt) || exit; \
	done

measure-install: ## Time and size of an installation and of `make demo`, in a fresh clone with an empty cache
	@$(PYTHON) -m tests.measure_install

clean: ## Remove what make made, and nothing of yours
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.PHONY: help setup tools add-markets add-models add-parquet add-fast add-research measure-install demo demo-picture serve test test-unit check audit fix docs bench bench-load bench-sockets chaos sandbox-test prove-keys demo-gemini noise-test score-corpus lock clean
