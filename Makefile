# Caliber: what people ask of the repository. `make help` lists it.
# One configuration, one command form: anything else builds every dependency a second time.
SWIFT_FLAGS := -c release --explicit-target-dependency-import-check error
BINARY := .build/release/caliber
RUN := .build/run
SECONDS_PER_FUZZ_TARGET ?= 60

.DEFAULT_GOAL := help
.PHONY: help setup setup-tests build run test test-long bench fuzz lint format docs clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1|\2/' | column -t -s '|'

setup: ## install the system packages that are missing (Debian)
	@scripts/setup system

setup-tests: setup ## and what the tests compare answers with: DuckDB
	@scripts/setup oracle

build: setup ## build everything, tests included
	@scripts/build $(SWIFT_FLAGS)

run: build ## the main job on the sample data: events in, metrics out
	@scripts/run $(BINARY) $(RUN)

test: build setup-tests ## every test but the long ones
	@swift test $(SWIFT_FLAGS) --skip-build

test-long: build setup-tests ## the same properties over far more random input, and 200 kills of the service (CALIBER_KILLS)
	@CALIBER_LONG_TESTS=1 swift test $(SWIFT_FLAGS) --skip-build

bench: build ## side by side with DuckDB, Polars, ClickHouse and SQLite; writes docs/performance.md
	@scripts/bench

fuzz: setup ## fuzz JSON, CSV, expressions and YAML, a minute each; a planted fault must be found first
	@scripts/fuzz $(SECONDS_PER_FUZZ_TARGET)

lint: ## format and house rules that need no build
	@scripts/lint

format: ## rewrite the sources in the house format
	@swift format --in-place --recursive Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources Fuzz

docs: setup ## API reference into docs/reference
	@scripts/docs

clean: ## remove everything built
	@rm -rf .build .build-* docs/reference
