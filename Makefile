# The shop floor. `make help` lists the targets; CI calls the same ones.

PYTHON := .venv/bin/python
T ?= tests
# Commands that read the code alone; no database is asked.
STATIC_ENV := DJANGO_SETTINGS_MODULE=cdp.settings.testing CDP_PROCESS=migrate

.DEFAULT_GOAL := help
.PHONY: help demo up doctor test check browser slow bench format docs assets assets-check \
        screenshots messages run-env dev-env

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

demo: run-env ## everything up with real sample data; DEMO=small loads 300 households
	@$(PYTHON) manage.py demo

up: run-env ## everything up, without sample data
	@$(PYTHON) manage.py up

doctor: run-env ## say what is missing on this machine
	@$(PYTHON) manage.py doctor

test: check ## check, then all tests but browser and slow ones; T=tests/path runs part
	$(PYTHON) -m pytest $(T)

check: dev-env ## the static part: style, types, import contracts, bandit, migrations, architecture
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/bandit -q -c pyproject.toml -r cdp audit consent profiles campaigns manage.py
	$(STATIC_ENV) $(PYTHON) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(PYTHON) -m pytest -q tests/architecture

browser: dev-env ## tests in headless Chromium
	$(PYTHON) -m pytest -m browser $(T)

slow: dev-env ## stories over real processes, long property and fault tests
	$(PYTHON) -m pytest -m "slow or story" $(T)

bench: dev-env ## benchmarks: ratios against named limits
	$(PYTHON) manage.py bench

format: dev-env ## put the style right
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

docs: dev-env ## write the generated documents again (docs/openapi.yaml, permissions, attack cases)
	$(STATIC_ENV) $(PYTHON) manage.py shell --verbosity 0 --command "from pathlib import Path; \
	    from cdp.api import schema; Path('docs/openapi.yaml').write_text(schema.as_yaml()); \
	    from tests.security import permissions_page; permissions_page.write()"
	$(PYTHON) -m tests.security.cases

assets: ## build cdp/static/dist from frontend/ (needs Node.js 20)
	frontend/build.sh

assets-check: ## fail when the committed static files differ from a fresh build
	@out=$$(mktemp -d) && trap 'rm -rf "$$out"' EXIT && frontend/build.sh "$$out" && \
	    { diff -rq cdp/static/dist "$$out" || \
	        { echo "Run “make assets” and commit cdp/static/dist."; exit 1; }; }

screenshots: dev-env ## take the README's pictures from a running demo
	$(PYTHON) bin/screenshots.py

messages: dev-env ## collect texts for translation and compile them (needs gettext)
	$(STATIC_ENV) $(PYTHON) manage.py makemessages --locale zh_Hans --no-obsolete --no-location \
	    --no-wrap --ignore .venv --ignore node_modules --ignore var --ignore tests
	@po=locale/zh_Hans/LC_MESSAGES/django.po && grep -v '^"POT-Creation-Date' $$po > $$po.new && \
	    mv $$po.new $$po
	$(STATIC_ENV) $(PYTHON) manage.py compilemessages --locale zh_Hans --ignore .venv

run-env:
	@bin/bootstrap run

dev-env:
	@bin/bootstrap dev
