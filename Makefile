# Every task of the project; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
BOOT := $(or $(PYTHON),python3)
export LONGZHI_PORT ?= 8080
export LONGZHI_RUN ?= .run/main

##@ Start here
.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9_-]+:.*## / {printf "  %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nLONGZHI_PORT (%s) moves the gateway and everything behind it, LONGZHI_RUN (%s) the state.\n' "$(LONGZHI_PORT)" "$(LONGZHI_RUN)"

##@ The platform on this machine
.PHONY: up down reset restart status logs
up: setup proto ## Install what is missing, start everything, wait until it answers
	@$(PY) -m ops.up $(if $(PARTS),--parts $(PARTS))
down: setup ## Stop everything; the data stay
	@$(PY) -m ops.down
reset: setup ## Stop everything and forget all data
	@$(PY) -m ops.reset
restart: setup proto ## Migrate and restart services after a change of code (S=sampling for one)
	@$(PY) -m ops.restart $(S)
status: setup ## What runs, since when, how much memory, at which address
	@$(PY) -m ops.status
logs: setup ## Follow the log of one program (S=sampling) or of all
	@$(PY) -m ops.logs $(S)

##@ Working on it
.PHONY: setup proto
setup: ## Virtual environment as requirements.txt says
	@$(BOOT) ops/setup.py
proto: setup ## Python from the .proto files, when they have changed
	@$(PY) -m ops.protos
.PHONY: lock lint test e2e bench
lock: ## Pin requirements.in to requirements.txt with hashes, without any registry's address
	@$$($(BOOT) ops/setup.py --uv) pip compile -q --generate-hashes --no-emit-index-url --no-header requirements.in -o requirements.txt
	@$(PY) -m ops.runtime
lint: setup proto ## Style, types, import rules, contracts, chart
	@bash ops/lint.sh
test: setup proto ## Everything, from nothing: own parts on other ports, unit, integration, end-to-end, faults; then stop them
	@bash ops/test.sh
e2e: setup proto ## Only the journeys and faults, on parts of their own
	@bash ops/test.sh tests/e2e tests/faults
bench: setup proto ## Ratios side by side on parts of their own (docs/benchmarks.md)
	@bash ops/bench.sh

##@ The demonstration and the ledger
.PHONY: demo ledger redrive onboard
demo: up ## Load the demonstration province and play a quarter of its plan (REAL=folder also imports published rows)
	@$(PY) -m demo $(if $(REAL),--real $(REAL)) $(DEMO)
ledger: setup proto ## Check the one invariant over all databases and the receiver
	@$(PY) -m ops.ledger $(if $(wildcard $(LONGZHI_RUN)/accepted.jsonl),--client $(LONGZHI_RUN)/accepted.jsonl)
redrive: setup proto ## Try the dead letters of one service again, after their cause is mended (S=disposal)
	@$(PY) -m ops.redrive $(S)
onboard: setup ## A bureau or a laboratory joins (FILE=deploy/examples/onboard-bureau.toml OPERATOR=张三 [WORDS=--dry-run]); docs/operations.md
	@$(PY) -m ops.onboard $(FILE) --operator "$(OPERATOR)" $(WORDS)

##@ Backup and restore (docs/running.md)
.PHONY: backup restore
backup: setup proto ## Database, evidence and keys, verified; the log is archived from the first one on (KEEP=7, BACKUP=folder)
	@$(PY) -m ops.backup
restore: setup proto ## As it was at AT="2026-11-23 10:15:00+08:00", or at the end of the log; then the ledger (BACKUP=folder)
	@$(PY) -m ops.restore $(if $(AT),--at "$(AT)")

##@ On Kubernetes
.PHONY: images
images: setup proto ## Build every image with buildah, without a registry (I="sampling gateway" for some); docs/operations.md
	@bash ops/images.sh $(I)
.PHONY: k8s-up k8s-install k8s-upgrade k8s-forward k8s-test k8s-down
k8s-up: setup ## A cluster: the rig that K8S_RIG names, or the one of KUBECONFIG
	@$(PY) -m ops.k8s up
k8s-install: setup proto ## Build the images of this commit and install the evaluation profile (ARGS="--set …")
	@$(PY) -m ops.k8s install $(ARGS)
k8s-upgrade: k8s-install ## The same for a release that is there: its data and built-in parts stay
k8s-forward: setup ## The release at the ports of a platform on this machine, until ^C
	@$(PY) -m ops.k8s forward
k8s-test: export LONGZHI_RUN := .run/k8s
k8s-test: setup proto ## From empty: install, journeys, upgrade and rollback under load, drain, kills, two releases, removal (about an hour)
	@K8S=1 $(PY) -m pytest -s -x tests/k8s
k8s-down: setup ## Remove the release with its data, stop the rig
	@$(PY) -m ops.k8s down
