# All the commands there are. What they need is made ready by .ci/setup the first time.
# Arguments are passed on:  make run PORT=9000   make test ARGS="tests/journeys -n auto"

# The variable is read by macOS alone, where Homebrew keeps the libraries that draw PDF reports.
python := DYLD_FALLBACK_LIBRARY_PATH=/opt/homebrew/lib:/usr/local/lib:/usr/lib .venv/bin/python

# A public site in miniature, for Django's own list of what such a site must not forget
public := SITE_URL=https://survey.example.org DEBUG=false \
	SECRET_KEY=only-for-this-check-and-long-enough-to-be-let-through-0123456789

.PHONY: help run test test-postgres lint check bench messages lock sbom attack faults clean

help: ## Say what can be done (this text)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

run: ## Start the survey with its demo on http://127.0.0.1:8000 (another port: make run PORT=9000)
	@sh .ci/setup run
	@$(python) manage.py serve $(ARGS)

test: ## Run the tests (some of them: make test ARGS="tests/assessments -x")
	@sh .ci/setup test
	@$(python) -m pytest $(ARGS)

test-postgres: ## Run them on a PostgreSQL of their own, which is started and removed again
	@sh .ci/setup test
	@$(python) -m tests.servers pytest $(ARGS)

lint: ## Check style, types, who imports whom, and templates
	@sh .ci/setup lint
	@$(python) -m ruff check .
	@$(python) -m ruff format --check .
	@$(python) -m mypy
	@.venv/bin/lint-imports --no-logo
	@$(python) -m djlint --lint --quiet .

check: ## Check pins, migrations, and the settings of a public site
	@sh .ci/setup run
	@$(python) -m pip check
	@$(python) manage.py makemigrations --check --dry-run
	@$(public) $(python) manage.py check --deploy --fail-level WARNING

bench: ## Measure what is promised about speed
	@sh .ci/setup lint
	@$(python) -m tests.benchmarks.run $(ARGS)

messages: ## Gather all texts for translators, and make what the survey reads of their work
	@sh .ci/setup lint
	@$(python) .ci/messages.py $(ARGS)

lock: ## Write requirements.lock and tests/requirements.lock anew, after a pin was changed
	@sh .ci/setup lint
	@$(python) .ci/supply.py lock

sbom: ## Write var/sbom.json: what the survey runs on, with versions, licences and digests (CycloneDX)
	@sh .ci/setup lint
	@$(python) .ci/supply.py sbom

attack: ## Attack the promise of anonymity at full length (three quarters of an hour; shorter: make attack ARGS=100)
	@sh .ci/setup test
	@$(python) -m tests.attacks.run $(ARGS)

faults: ## Kill, fill, cut off and set back what the survey runs on, at full length (an hour; shorter: make faults ARGS=1000)
	@sh .ci/setup test
	@$(python) -m tests.faults.run $(ARGS)

clean: ## Remove the virtual environment and all caches; the data in var/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
