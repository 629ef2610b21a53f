# Every target sets up what it needs first; a second run finds it done.
STACK ?= dev
export STACK

.DEFAULT_GOAL := help
.PHONY: help setup build up preview preview-pr preview-comment down swarm-up swarm-down up-example down-example gallery images docs schema test lint conformance bench clean

help: ## Print these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what the project needs: npm packages, Docker Engine, Pulumi, images
	@toolchain/setup/all.sh

up: setup ## Bring the environment up, and say where it is (STACK=dev)
	@scripts/up.sh

preview: setup ## Show what `make up` would change
	@scripts/preview.sh

preview-pr: ## Say what this branch would do to an environment of its base (BASE=main HEAD=)
	@GIVEN_STACK=$(if $(filter file,$(origin STACK)),,$(STACK)) BASE=$(BASE) HEAD=$(HEAD) exec scripts/preview-pr.sh

preview-comment: setup ## Put that summary on a pull request (in a workflow: see preview/comment.ts)
	@scripts/preview-pr.sh comment

down: setup ## Take the environment down and leave nothing of it in Docker
	@scripts/down.sh

swarm-up: setup ## Rehearse a cluster: a Docker Swarm of three nodes on this machine (SWARM=drydock-swarm)
	@swarm/up.sh

swarm-down: setup ## Remove the rehearsal with all that runs in it
	@swarm/down.sh

up-example: build ## Bring one of examples/ up (NAME=visitor-counter)
	@EXAMPLE=$(NAME) scripts/up.sh

down-example: setup ## Take one of examples/ down, but for directories of this machine (NAME=visitor-counter)
	@EXAMPLE=$(NAME) scripts/down.sh

gallery: build ## Draw the diagrams of the examples in docs/tutorial.md
	@GALLERY=write scripts/test.sh tests/unit/gallery && prettier --write docs/tutorial.md

images: setup ## Make the README's images anew, from a real preview
	@docs/images/make.sh

docs: setup ## Write the pages of docs/reference/ that come from the docstrings
	@. ./env && node docs/generate.ts

schema: setup ## Write the components' schema for other languages anew, into provider/
	@. ./env && node provider/generate.ts

build: setup ## Compile the library as other teams install it, into dist/
	@scripts/build.sh

test: lint ## Run all checks and tests: formatter, linter, types, unit, end to end
	@scripts/test.sh

lint: build ## Check formatting, lint rules and types
	@scripts/lint.sh

conformance: setup ## Run the toolchain's conformance suite (DRYDOCK_TOOLCHAIN=official: on the official plugins)
	@scripts/test.sh toolchain/conformance

bench: setup ## Time everything beside Docker Compose, into bench/README.md (BENCH=--quick for fewer rounds)
	@bench/run.sh $(BENCH)

clean: ## Remove what was set up in this folder, and say what is shared with others
	@scripts/clean.sh
