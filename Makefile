# `make help` lists the targets. Everything that runs write goes to var/, every installed thing to .venv/.
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
HOTLINE := .venv/warehouse/bin/hotline
AIRFLOW := .venv/airflow/.airflow-installed
WAREHOUSE := .venv/warehouse/.warehouse-installed
SUPERSET := .venv/superset/.superset-installed
TESTS := .venv/warehouse/.test-installed
RUN := .venv/warehouse/bin/python tests/run.py

.PHONY: help demo stop status test test-quick test-long test-browser test-warehouse lint calendar lock clean images secrets compose-test bundle check-prerequisites env env/airflow env/warehouse env/superset env/test

help: ## list the targets
	@sed -n 's/^\([a-z/-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  make %-15s %s\n", $$1, $$2 }'

demo: env ## deliver the sample feeds, run the pipeline through Airflow, show the result, leave the servers running
	@$(HOTLINE) demo

stop: ## stop the servers that `make demo` left running
	@if [ -x $(HOTLINE) ]; then $(HOTLINE) stack down; else echo "nothing was running"; fi

status: ## ask the services whether they are well, show where they are
	@if [ -x $(HOTLINE) ]; then $(HOTLINE) stack status || test $$? -eq 3; else echo "not installed: make env"; fi

test: env env/test ## run all tests, two suites side by side, Debian's browser and database included; T=tests/dbt/test_scores.py K=floor: only these
	@sh scripts/need_browser.sh
	@sh scripts/need_postgres.sh
	@$(RUN) $(if $(T),--only $(T)) $(if $(K),-k "$(K)")

test-quick: env env/test ## what to run after each edit: style, and all tests that need no big fixture
	@sh scripts/need_browser.sh
	@sh scripts/need_postgres.sh
	@$(RUN) --quick

test-long: env env/test ## all tests, with sixty daily builds and the whole browser matrix
	@sh scripts/need_browser.sh
	@sh scripts/need_postgres.sh
	@$(RUN) --long --whole-matrix

test-browser: env env/test ## every dashboard x account x state in the browser; `make test` takes a sample of the pairs
	@sh scripts/need_browser.sh
	@sh scripts/need_postgres.sh
	@$(RUN) --whole-matrix superset

test-warehouse: env/warehouse ## build the sample warehouse that the tests look at, if its sources have changed
	@$(RUN) warehouse

lint: env/test ## check style only; what was clean is not looked at again until it changes
	@$(RUN) lint

images: ## build the images of production, on one of Debian that is made here; HOTLINE_BASE_IMAGE=... takes another
	@sh scripts/need_engine.sh
	@scripts/build_images.sh

secrets: ## make the passwords, keys and certificate of production that are not there yet, in secrets/
	@scripts/make_secrets.sh

bundle: images ## images, compose file and checksums for a host without the internet, in bundle/ (docs/operations/install.md)
	@scripts/make_bundle.sh

compose-test: env/test ## try production for real: every login, a run in which every container is killed, the same marts (docs/operations/operate.md)
	@sh scripts/need_engine.sh
	@.venv/warehouse/bin/python tests/deploy/try_it.py

calendar: env/warehouse ## write the State Council's days anew, after its notice for the next year (docs/how-to/renew-the-calendar.md)
	@.venv/warehouse/bin/python -m hotline.working_calendar

lock: ## resolve the pins of requirements/ anew; read the diff, then run the whole suite
	@sh scripts/lock.sh

clean: stop ## stop the servers and remove all that runs wrote (var/); the environments stay
	@rm -rf var dbt/target dbt/logs

env: env/warehouse env/airflow env/superset ## make the three Python environments
env/airflow: $(AIRFLOW) ## make the environment of Airflow
env/warehouse: $(WAREHOUSE) ## make the environment of dbt, Great Expectations and the hotline command
env/superset: $(SUPERSET) ## make the environment of Superset
env/test: $(TESTS) ## add what the tests need to the warehouse environment

check-prerequisites:
	@command -v git >/dev/null || { echo "missing: git. Install it: sudo apt-get install git" >&2; exit 1; }

$(AIRFLOW): requirements/airflow.txt pyproject.toml scripts/make_environment.sh | check-prerequisites
	@scripts/make_environment.sh airflow

$(WAREHOUSE): requirements/warehouse.txt pyproject.toml scripts/make_environment.sh | check-prerequisites
	@scripts/make_environment.sh warehouse

$(SUPERSET): requirements/superset.txt scripts/make_environment.sh | check-prerequisites
	@scripts/make_environment.sh superset

$(TESTS): requirements/test.txt $(WAREHOUSE)
	@scripts/make_environment.sh test
