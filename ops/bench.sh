#!/usr/bin/env bash
# Ratios side by side on a platform of its own, which is stopped at the end; arguments name parts (all by default). Times never fail the run.
set -euo pipefail
cd "$(dirname "$0")/.."
export LONGZHI_PORT="${BENCH_PORT:-28080}" LONGZHI_RUN="${BENCH_RUN:-.run/bench}"
PY=.venv/bin/python
mkdir -p .run
trap '$PY -m ops.down > .run/bench-down.log 2>&1 || true' EXIT
$PY -m ops.reset
$PY -m ops.up
$PY -m bench "$@"
