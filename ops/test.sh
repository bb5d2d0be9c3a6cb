#!/usr/bin/env bash
# Everything from nothing on ports of its own: parts and services, unit and integration tests, journeys, faults; stops what it started.
# With arguments: only those test folders.
set -euo pipefail
cd "$(dirname "$0")/.."
export LONGZHI_PORT="${TEST_PORT:-18080}" LONGZHI_RUN="${TEST_RUN:-.run/test}" TRACES_EXPORTER=file
PY=.venv/bin/python
trap '$PY -m ops.down > /dev/null 2>&1 || true' EXIT
$PY -m ops.reset
$PY -m ops.up
TEST_DATABASE_URL=$($PY -c 'from ops import database; print(database.superuser_url())')
TEST_KAFKA_BOOTSTRAP=127.0.0.1:$((LONGZHI_PORT + 2))
export TEST_DATABASE_URL TEST_KAFKA_BOOTSTRAP
status=0
durable() { # Each unit test makes and drops a database, whose checkpoints wait for the disk; the journeys and faults run as in production.
    $PY -c "import asyncio; from ops import database
async def main():
    connection = await database.connect()
    await connection.execute('ALTER SYSTEM SET fsync = $1')
    await connection.execute('SELECT pg_reload_conf()')
asyncio.run(main())"
}
if [ $# -eq 0 ]; then
    durable off
    $PY -m pytest -n 2 --dist loadfile libs services clients demo/tests ops/tests tests/architecture tests/walks || status=$?
    durable on
    set -- tests/e2e tests/faults
fi
$PY -m pytest -s "$@" || status=$?
exit $status
