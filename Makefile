# What developers type; `make help` explains itself. Everything runs in the environment that ./nexora makes.
LOCK = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock" $(UPGRADE)

.PHONY: help up check format lock migration

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' Makefile | expand -t 12

up: ## Start everything, until Ctrl-C
	./nexora up

check: ## Run what CI runs: format, lint, types, import contracts, tests
	./nexora test

format: ## Put every file into the one format, and mend what can be mended by machine
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

lock: ## Pin every dependency by hash again; UPGRADE=--upgrade moves to the newest versions
	$(LOCK) pyproject.toml -o deploy/lock/runtime.txt
	$(LOCK) --group models -c deploy/lock/runtime.txt -o deploy/lock/models.txt
	$(LOCK) --group dev -c deploy/lock/runtime.txt -c deploy/lock/models.txt -o deploy/lock/dev.txt
	$(LOCK) --group documents -c deploy/lock/runtime.txt -o deploy/lock/documents.txt
	echo uv | $(LOCK) - -o deploy/lock/uv.txt

migration: ## Make an empty migration: make migration title="add schedules"
	./nexora migrate --new "$(title)"
