# Every target first sets up what it needs, unless that was done before.
STACK ?= dev
export STACK

.DEFAULT_GOAL := help
.PHONY: help setup build up preview preview-pr preview-comment down swarm-up swarm-down up-example down-example gallery images docs schema check test soak lint conformance mutants bench clean

help: ## Print these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing: npm packages, Docker Engine, Pulumi, images
	@toolchain/setup/all.sh

up: setup ## Bring up the environment, or update it, and print its URL (STACK=dev)
	@scripts/up.sh

preview: setup ## Show what `make up` would change
	@scripts/preview.sh

preview-pr: ## Show what this branch would do to an environment of its base (BASE=main HEAD=)
	@GIVEN_STACK=$(if $(filter file,$(origin STACK)),,$(STACK)) BASE=$(BASE) HEAD=$(HEAD) exec scripts/preview-pr.sh

preview-comment: setup ## Post that summary to a pull request (for workflows: see cli/pr/comment.ts)
	@scripts/preview-pr.sh comment

down: setup ## Remove the environment and its data (STACK=dev)
	@scripts/down.sh

swarm-up: setup ## Start a local Docker Swarm: three nodes in containers, and a registry (SWARM=drydock-swarm)
	@swarm/up.sh

swarm-down: setup ## Remove the local Swarm and everything on it
	@swarm/down.sh

up-example: build ## Bring up one of examples/ (NAME=visitor-counter)
	@EXAMPLE=$(NAME) scripts/up.sh

down-example: setup ## Remove an example, except its directories on the host (NAME=visitor-counter)
	@EXAMPLE=$(NAME) scripts/down.sh

gallery: build ## Draw the diagrams of the examples in docs/tutorial.md
	@GALLERY=write scripts/test.sh tests/unit/gallery && prettier --write docs/tutorial.md

images: setup ## Render the images of the README from a real preview
	@docs/images/make.sh

docs: setup ## Generate the component pages in docs/reference/ from the docstrings
	@. ./env && node docs/generate.ts

schema: setup ## Generate provider/schema.json, the schema for other languages
	@. ./env && node provider/generate.ts

build: setup ## Compile the npm package into dist/
	@scripts/build.sh

check: build ## Check formatting, lint rules and types, and run the unit tests
	@scripts/check.sh

test: $(if $(FILES),build,check) ## Run all checks and tests (FILES=tests/e2e/data.test.ts for some files only)
	@scripts/test.sh $(or $(FILES),--selectProjects e2e)

soak: build ## Run the long tests: kills at random moments, sustained load, large data, further previews (FILES=)
	@scripts/test.sh $(or $(FILES),--selectProjects soak)

lint: build ## Check formatting, lint rules and types
	@scripts/lint.sh

conformance: setup ## Run the conformance suite of the toolchain (DRYDOCK_TOOLCHAIN=official for the official plugins)
	@scripts/test.sh toolchain/conformance

mutants: setup ## Check with Stryker that the tests of the validation and risk rules notice every fault (some 20 minutes)
	@. ./env && stryker run tests/stryker.config.mjs

bench: build ## Measure Drydock beside an empty program and Docker Compose, into bench/README.md (BENCH=--quick for fewer rounds)
	@bench/run.sh $(BENCH)

clean: ## Remove what was set up in this directory, and print how to remove what clones share
	@scripts/clean.sh
