# `make help` lists the targets. Everything that runs write goes to var/, every installed thing to .venv/.
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
HOTLINE := .venv/warehouse/bin/hotline
AIRFLOW := .venv/airflow/.airflow-installed
WAREHOUSE := .venv/warehouse/.warehouse-installed
SUPERSET := .venv/superset/.superset-installed
TESTS := .venv/warehouse/.test-installed

.PHONY: help demo stop status test lint clean check-prerequisites env env/airflow env/warehouse env/superset env/test

help: ## list the targets
	@sed -n 's/^\([a-z/-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  make %-15s %s\n", $$1, $$2 }'

demo: env ## deliver the sample feeds, run the pipeline through Airflow, show the result, leave the servers running
	@$(HOTLINE) demo

stop: ## stop the servers that `make demo` left running
	@if [ -x $(HOTLINE) ]; then $(HOTLINE) stack down; else echo "nothing was running"; fi

status: ## ask the services whether they are well, show where they are
	@if [ -x $(HOTLINE) ]; then $(HOTLINE) stack status || test $$? -eq 3; else echo "not installed: make env"; fi

test: env env/test ## run all tests; fetches Chromium, Chinese fonts and PostgreSQL from Debian when absent
	@sh scripts/need_browser.sh
	@sh scripts/need_postgres.sh
	@.venv/warehouse/bin/python tests/run.py

lint: env/test ## check style only
	@.venv/warehouse/bin/python tests/run.py lint

clean: stop ## stop the servers and remove all that runs wrote (var/); the environments stay
	@rm -rf var dbt/target dbt/logs

env: env/warehouse env/airflow env/superset ## make the three Python environments
env/airflow: $(AIRFLOW) ## make the environment of Airflow
env/warehouse: $(WAREHOUSE) ## make the environment of dbt, Great Expectations and the hotline command
env/superset: $(SUPERSET) ## make the environment of Superset
env/test: $(TESTS) ## add what the tests need to the warehouse environment

check-prerequisites:
	@command -v git >/dev/null || { echo "missing: git. Install it: sudo apt-get install git" >&2; exit 1; }

$(AIRFLOW): requirements/airflow.txt pyproject.toml | check-prerequisites
	@scripts/make_environment.sh airflow

$(WAREHOUSE): requirements/warehouse.txt pyproject.toml | check-prerequisites
	@scripts/make_environment.sh warehouse

$(SUPERSET): requirements/superset.txt | check-prerequisites
	@scripts/make_environment.sh superset

$(TESTS): requirements/test.txt $(WAREHOUSE)
	@scripts/make_environment.sh test
