# Every target first sets up what it needs, unless that was done before.
STACK ?= dev
export STACK

# The command, on a stack of this clone. ARGS are further options of it: make up ARGS=--wait. With exec, make waits for the
# command to clean up after a signal.
drydock = . ./env && exec node cli/bin.ts
in_example = . ./env && cd $(if $(wildcard examples/$(NAME)/Pulumi.yaml),examples/$(NAME),$(error NAME is '$(NAME)': name one of the examples, $(notdir $(patsubst %/,%,$(dir $(wildcard examples/*/Pulumi.yaml))))))

.DEFAULT_GOAL := help
.PHONY: help setup build up preview preview-pr down swarm-up swarm-down up-example down-example gallery images docs schema check test soak lint conformance mutants bench clean

help: ## Print these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing: npm packages, Docker Engine, Pulumi, images
	@toolchain/setup/all.sh

up: setup ## Bring up the environment, or update it, and print its URL (STACK=dev)
	@$(drydock) up --yes --stack "$$STACK" $(ARGS)
	@echo '`. ./env` makes drydock and pulumi available in this shell. Without it: make preview, make down.'

preview: setup ## Show what `make up` would change
	@$(drydock) preview --stack "$$STACK" $(ARGS)

preview-pr: build ## Show what this branch would do to an environment of its base (BASE=main HEAD=)
	@$(drydock) pr --stack "$$STACK" $(if $(BASE),--base "$$BASE") $(if $(HEAD),--head "$$HEAD") $(if $(OUT),--out "$$OUT") $(ARGS)

down: setup ## Remove the environment and its data (STACK=dev)
	@$(drydock) down --confirm "$$STACK" --stack "$$STACK" $(ARGS)

swarm-up: setup ## Start a local Docker Swarm: three nodes in containers, and a registry (SWARM=drydock-swarm)
	@$(drydock) cluster up

swarm-down: setup ## Remove the local Swarm and everything on it
	@$(drydock) cluster down

up-example: build ## Bring up one of examples/ (NAME=visitor-counter)
	@$(in_example) && exec node ../../cli/bin.ts up --yes --stack "$$STACK" $(ARGS)
	@echo '`. ./env; cd examples/$(NAME)` makes drydock and pulumi available in this shell. Without it: make down-example NAME=$(NAME).'

down-example: setup ## Remove an example, except its directories on the host (NAME=visitor-counter)
	@$(in_example) && exec node ../../cli/bin.ts down --confirm "$$STACK" --stack "$$STACK" $(ARGS)

gallery: build ## Draw the diagrams of the examples in docs/tutorial.md
	@GALLERY=write tests/run.sh tests/unit/gallery && oxfmt docs/tutorial.md

images: setup ## Render the images of the README from a real preview
	@docs/images/make.sh

docs: setup ## Generate the component pages in docs/reference/ from the docstrings
	@. ./env && node docs/generate.ts

schema: setup ## Generate provider/schema.json, the schema for other languages
	@. ./env && node provider/generate.ts

build: setup ## Compile the npm package into dist/
	@build/build.sh

check: build ## Check formatting, lint rules and types, and run the unit tests
	@tests/check.sh

test: $(if $(FILES),build,check) ## Run all checks and tests (FILES=tests/e2e/data.test.ts for some files only)
	@tests/run.sh $(or $(FILES),--selectProjects e2e)

soak: build ## Run all end-to-end tests and the long ones: kills at random moments, sustained load, large data, further rounds (FILES=)
	@SOAK=yes tests/run.sh $(or $(FILES),--selectProjects soak e2e)

lint: build ## Check formatting, lint rules and types
	@tests/lint.sh

conformance: setup ## Run the conformance suite of the toolchain (DRYDOCK_TOOLCHAIN=official for the official plugins)
	@tests/run.sh --selectProjects conformance

mutants: setup ## Check with Stryker that the tests of the validation and risk rules notice every fault (FILES=)
	@tests/mutants.sh $(FILES)

bench: build ## Compare Drydock with an empty program and Docker Compose, and write bench/README.md (BENCH=--quick for fewer rounds)
	@bench/run.sh $(BENCH)

clean: ## Remove what was set up in this directory, and print how to remove what clones share
	@toolchain/setup/clean.sh
