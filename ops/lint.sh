#!/usr/bin/env bash
# Style, types, import rules, contracts (lint and breaking against the last commit), chart. Builds helm once into the cache where it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
BIN=.venv/bin
CACHE="${LONGZHI_CACHE:-$HOME/.cache/longzhi}/bin"
export PATH="$PATH:$CACHE:$HOME/go/bin"
$BIN/ruff check .
$BIN/ruff format --check .
for package in common directory planning sampling disposal experts credit ops demo bench; do
    case $package in
        common) folder=libs/common ;;
        ops | demo | bench) folder=. ;;
        *) folder=services/$package ;;
    esac
    echo "mypy --strict $package"
    (export MYPYPATH="$PWD/libs/common:$PWD/proto/gen:$PWD/$folder"; $BIN/mypy --strict --config-file pyproject.toml --cache-dir ".mypy_cache/$package" -p "$package")
done
$BIN/lint-imports
$BIN/buf lint proto
if git rev-parse -q --verify HEAD~1 > /dev/null; then
    $BIN/buf breaking proto --against '.git#ref=HEAD~1,subdir=proto' || { echo 'the contracts changed in a way that breaks users'; exit 1; }
fi
if ! command -v helm > /dev/null; then
    command -v go > /dev/null || { echo 'lint: neither helm nor go is installed; install one of them (apt-get install golang-go)'; exit 1; }
    echo 'lint: building helm (once, a few minutes)'
    GOBIN="$CACHE" go install helm.sh/helm/v3/cmd/helm@v3.22.0
fi
$BIN/python -m pytest deploy/helm/longzhi/tests
