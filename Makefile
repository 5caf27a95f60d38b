# Two commands: `make demo` and `make test`. This file only names things; the work is in deploy/bootstrap.py and in Python.
PYTHON ?= python3
PORT ?= 8000
SIZE ?= small
WORKERS ?= 2

PY := .venv/bin/python
SETUP := $(PYTHON) deploy/bootstrap.py
# A command that needs a database but nobody's data: the test cluster's. Building and checking need no keys.
CHECKED := WANGGE_BUILD=1 $(PY) -m wangge.config.embedded with test --

# Where nothing was set up, nothing can run.
NOTHING := test -x $(PY) || { echo "Nothing of this checkout is running."; exit 0; }

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo up down status clean-demo setup test check lint unit front browser bench docs messages lock soak screenshots python

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) was not found. Install Python 3.11 or newer, or name it: make demo PYTHON=/path/to/python3.11"; exit 1; }

demo: python ## the demo street in the foreground (PORT=8000, SIZE=small|full); Ctrl-C ends it
	@$(SETUP) runtime --port $(PORT)
	@exec $(PY) -m wangge.config.supervise demo --port $(PORT) --size $(SIZE)

up: python ## the same in the background; returns when it is ready
	@$(SETUP) runtime --port $(PORT)
	@$(PY) -m wangge.config.supervise up --port $(PORT) --size $(SIZE)

down: ## stop everything of this checkout; keeps the data
	@$(NOTHING); $(PY) -m wangge.config.supervise down

status: ## what runs, and how much memory it takes
	@$(NOTHING); $(PY) -m wangge.config.supervise status

clean-demo: ## stop, and delete the demo's data (asks nothing)
	@$(NOTHING); $(PY) -m wangge.config.supervise clean

setup: python ## everything that development and tests need
	@$(SETUP) dev

test: check front unit browser ## all gates and all tests, as CI runs them
	@$(PY) -m wangge.config.embedded stop test --if-idle

check: setup lint ## the gates: style, types, the map of imports, Django's and our own checks, translations
	WANGGE_BUILD=1 $(PY) -m mypy wangge
	.venv/bin/lint-imports
	$(CHECKED) $(PY) manage.py check
	$(CHECKED) $(PY) manage.py makemigrations --check --dry-run
	WANGGE_BUILD=1 $(PY) manage.py messages --check

lint: setup ## style only
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

front: setup ## front-end types and unit tests
	$(SETUP) npm -- run check
	$(SETUP) npm -- test

unit: setup ## Python tests without a browser
	$(PY) -m pytest -n $(WORKERS) -m "not browser and not soak"

browser: setup ## the main job in headless Chromium
	$(PY) -m pytest -p no:randomly -m "browser and not soak"

soak: setup ## the long tests
	SOAK=1 $(PY) -m pytest -k "soak or contract"

bench: setup ## one benchmark, NAME=intake: a table, and a last line of JSON
	@test -n "$(NAME)" || { echo "Which one? make bench NAME=…  There are: $$(grep -l __main__ bench/*.py 2>/dev/null | sed 's,bench/,,;s,\.py,,' | tr '\n' ' ')"; exit 1; }
	@$(PY) -m bench.$(NAME); code=$$?; $(PY) -m wangge.config.embedded stop bench --if-idle; exit $$code

docs: setup ## regenerate docs/reference and the API contract
	WANGGE_BUILD=1 $(PY) -m wangge.config.reference
	@# The test that compares the contract also writes it, when told so.
	UPDATE_OPENAPI=1 $(PY) -m pytest -k openapi

screenshots: setup ## regenerate docs/screenshots from the running demo (make up first)
	$(PY) -m tests.e2e.screenshots

messages: setup ## bring the .po files up to date with the code
	WANGGE_BUILD=1 $(PY) manage.py messages

lock: setup ## resolve the dependencies anew into requirements*.txt, with hashes
	$(PY) -m uv pip compile -q --generate-hashes --no-emit-index-url --no-annotate --no-header --universal --python-version 3.11 pyproject.toml -o requirements.txt
	$(PY) -m uv pip compile -q --generate-hashes --no-emit-index-url --no-annotate --no-header --universal --python-version 3.11 pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
