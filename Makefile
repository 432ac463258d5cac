# What one does with this repository; `.ci/run` calls the same targets.

CARGO ?= cargo
export CARGO

.DEFAULT_GOAL := help
.PHONY: help run dev tasks-api test lint fmt audit bench screenshots clean tools dev-tools lint-tools test-tools

help: ## List these targets
	@if [ -t 1 ] && [ -z "$$NO_COLOR" ]; then bold=$$(printf '\033[1;36m'); plain=$$(printf '\033[0m'); fi; \
	awk -F ':.*## ' -v bold="$$bold" -v plain="$$plain" \
		'/^[a-z-]+:.*## / { printf "  %smake %-11s%s %s\n", bold, $$1, plain, $$2 }' $(MAKEFILE_LIST)

run: tools ## Build the server and start it on http://localhost:8000
	$(CARGO) build --release --locked --bin hallpass
	exec "$${CARGO_TARGET_DIR:-target}/release/hallpass" serve

dev: dev-tools ## Start the server and the front end of frontend/ on http://localhost:3000; Ctrl-C stops both
	scripts/dev

tasks-api: tools ## Build the example and start it on http://localhost:8001, beside `make run`
	$(CARGO) run --release --locked -p tasks-api

test: test-tools ## Run every test: on SQLite, on a private PostgreSQL that is removed afterwards, in Chromium
	scripts/with-postgres $(CARGO) test --workspace --locked
	scripts/e2e
	scripts/test-better-auth
	scripts/test-clients
	scripts/test-frontend
	scripts/test-fastapi

lint: lint-tools ## Check format, clippy, documentation, shell scripts, licences and banned crates
	$(CARGO) fmt --all --check
	@scripts/lint-shell
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked
	@deny=$$(scripts/ensure-cargo-deny) && set -x && \
		"$$deny" --locked check --hide-inclusion-graph licenses bans sources

fmt: lint-tools ## Format the sources
	$(CARGO) fmt --all

audit: tools ## Check the dependencies against the RustSec advisories (fetched from GitHub)
	@deny=$$(scripts/ensure-cargo-deny) && set -x && "$$deny" --locked check advisories

bench: tools ## Measure, on SQLite and on a private PostgreSQL
	scripts/with-postgres $(CARGO) run --release --locked -p hallpass-bench

screenshots: test-tools ## Make the pictures of the pages in docs/screenshots anew
	HALLPASS_E2E_SCREENSHOTS="$$PWD/docs/screenshots" scripts/e2e screenshots --grep "of (signin|signup-invalid|dashboard)$$"
	rm -f docs/screenshots/*-phone.png docs/screenshots/signin-dark.png

clean: ## Remove everything that was built
	$(CARGO) clean
	rm -rf e2e/node_modules e2e/*/node_modules e2e/results e2e/*/results e2e/screenshots e2e/clients/generated
	rm -rf frontend/node_modules frontend/.next

tools:
	@scripts/check-tools

dev-tools:
	@scripts/check-tools dev

lint-tools:
	@scripts/check-tools lint

test-tools:
	@scripts/check-tools test
