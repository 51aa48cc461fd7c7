# Every command of the project. `make help` lists them; each does the set-up it needs first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PYTHON ?= python3
PY := .venv/bin/python
# Node from the set-up comes first when the machine has none that is new enough.
export PATH := $(CURDIR)/.cache/bin:$(PATH)

.PHONY: help setup setup-demo setup-check demo test check web format bench fuzz chaos lock clean

help: ## list the commands
	@echo "Qorgan: school safety, from the camera and the button to the police operations centre."
	@echo
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: setup-demo ## set up what is missing and run a town on this machine (ARGS="--port 8080" …)
	@exec $(PY) -m qorgan demo $(ARGS)

test: setup ## set up what is missing and pass every test, the browser's included
	@exec $(PY) tools/run_tests.py $(ARGS)

check: setup-check ## format, lint, types, import directions, the web's checks: seconds
	@exec $(PY) tools/run_tests.py --only check

setup: ## everything for demo, tests and benchmarks, Debian packages included
	@$(PYTHON) tools/setup.py test

setup-demo: # what the demo needs
	@$(PYTHON) tools/setup.py demo

setup-check: # what `make check` needs
	@$(PYTHON) tools/setup.py check

web: setup-demo ## build the console into web/dist

format: setup-check ## put every file into its form
	@$(PY) -m ruff format . && $(PY) -m ruff check --fix .

bench: setup ## print the numbers we hold ourselves to, in short form (ARGS= for the long one)
	@exec $(PY) tools/run_benchmarks.py $(if $(filter undefined,$(origin ARGS)),--quick,$(ARGS))

bench-%: setup ## one benchmark alone, for example: make bench-recorder ARGS=--quick
	@exec $(PY) tools/run_benchmarks.py --only $* $(ARGS)

fuzz: setup ## try a million hostile inputs on each reader of what cameras, panels and disks say (ARGS="--inputs 1000")
	@exec $(PY) -m tests.fuzz $(ARGS)

chaos: setup ## break ten thousand things at random and compare the books: no alarm lost, none doubled (ARGS="--faults 500")
	@exec $(PY) -m tests.chaos $(ARGS)

lock: setup-check ## write the lock files anew from pyproject.toml and requirements/*.in
	@exec $(PY) tools/lock.py

clean: ## remove what set-up and builds made; keeps var/ (recordings and databases of the demo)
	rm -rf .venv .cache web/node_modules web/dist .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
	@if [ -d var ]; then echo "var/ is kept: it holds what the demo recorded. Remove it by hand to start anew."; fi
