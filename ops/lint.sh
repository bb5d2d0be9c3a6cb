#!/usr/bin/env bash
# Style, types, import rules, contracts (lint and breaking against the last commit), chart (helm, kubeconform, kube-score: built once into
# the cache where they are missing).
set -euo pipefail
cd "$(dirname "$0")/.."
BIN=.venv/bin
$BIN/ruff check .
$BIN/ruff format --check .
for package in common directory planning sampling disposal experts credit longzhi_lab ops demo bench; do
    case $package in
        common) folder=libs/common ;;
        longzhi_lab) folder=clients/lab ;;
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
$BIN/python -m ops.chart
$BIN/python -m pytest deploy/helm/longzhi/tests
