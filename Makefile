# make run    set everything up, start MQT, ask it a question, stay up until Ctrl-C
# make test   set everything up, run the tests
# All targets: make help

SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Nothing phones home.
export DAGSTER_DISABLE_TELEMETRY := true
export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := true
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# On an ordinary machine PyPI's torch is the CUDA build (several GB). `make setup TORCH=cpu` takes
# the small CPU build of the same version instead.
ifeq ($(TORCH),cpu)
PIP_OPTIONS := --extra-index-url https://download.pytorch.org/whl/cpu
endif

.PHONY: help setup run down doctor test lint types format lock clean

help:
	@echo "make run      start MQT: database, Dagster, web page and API (Ctrl-C stops it)"
	@echo "make test     run the tests"
	@echo "make lint     ruff check and format check"
	@echo "make types    mypy --strict"
	@echo "make format   format and sort imports"
	@echo "make doctor   what is configured, reachable and live"
	@echo "make down     stop what 'make run' started in another terminal"
	@echo "make setup    create $(VENV) and install the locked packages (TORCH=cpu: small torch)"
	@echo "make lock     write requirements/*.txt from what is installed"
	@echo "make clean    delete $(VENV) and caches; data in .mqt stays"

setup: $(STAMP)

# The stamp is touched last: an installation that was interrupted is taken up again.
# The lock is complete, so nothing is resolved; Python compiles modules when it first needs them.
$(STAMP): pyproject.toml requirements/all.txt
	@test -n "$(PYTHON)" || { echo "There is no Python here. On Debian/Ubuntu: apt install python3.11 python3.11-venv"; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
	  echo "MQT needs Python 3.11; $(PYTHON) is $$("$(PYTHON)" --version 2>&1)."; \
	  echo "Install it (Debian 12: apt install python3 python3-venv; Ubuntu: apt install python3.11 python3.11-venv)"; \
	  echo "or name it: make $(or $(MAKECMDGOALS),setup) PYTHON=/path/to/python3.11"; exit 1; }
	@"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "$(PYTHON) cannot create virtual environments (venv or ensurepip is missing)."; \
	  echo "On Debian/Ubuntu: apt install python3.11-venv"; exit 1; }
	@echo "Setting up $(VENV): once, a few minutes with a fast connection."
	@"$(PYTHON)" -m venv "$(VENV)"
	@"$(BIN)/python" -m pip install $(PIP_OPTIONS) --no-deps --no-compile --requirement requirements/all.txt
	@"$(BIN)/python" -m pip install --no-deps --no-compile --no-build-isolation --editable .
	@touch "$(STAMP)"

run: $(STAMP)
	@"$(BIN)/mqt" up

down: $(STAMP)
	@"$(BIN)/mqt" down

doctor: $(STAMP)
	@"$(BIN)/mqt" doctor

test: $(STAMP)
	@"$(BIN)/python" -m pytest $(PYTEST_OPTIONS)

lint: $(STAMP)
	@"$(BIN)/ruff" check .
	@"$(BIN)/ruff" format --check .

types: $(STAMP)
	@"$(BIN)/mypy"

format: $(STAMP)
	@"$(BIN)/ruff" format .
	@"$(BIN)/ruff" check --fix .

lock: $(STAMP)
	@"$(BIN)/python" requirements/lock.py

clean:
	rm -rf "$(VENV)" .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info build
