"""PostgreSQL 15: the cluster's folder, its configuration, and one database with two roles per service."""

import os
import subprocess
import time
from pathlib import Path

import asyncpg

from ops import archive, database
from ops.places import make_private, postgres_home, reachable, server_account
from ops.progress import fail, say
from ops.settings import EXTENSIONS, ROOT, SERVICES, Platform

BIN = Path("/usr/lib/postgresql/15/bin")
_CONFIGURATION = """\
# written by ops.postgres at every start
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{home}'
max_connections = 150
shared_buffers = 256MB
fsync = on
synchronous_commit = on
wal_compression = on
max_wal_size = 2GB
jit = off
max_parallel_workers_per_gather = 1
work_mem = 16MB
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %u@%d '
log_min_duration_statement = 2000
"""
_ACCESS = """\
local all all scram-sha-256
host  all all 127.0.0.1/32 scram-sha-256
host  replication postgres 127.0.0.1/32 scram-sha-256
"""


def prepare(platform: Platform, secrets: dict[str, str]) -> None:
    """Makes the cluster when there is none, and writes its configuration."""
    home, account = postgres_home(platform), server_account()
    if home.parent == platform.run:
        platform.run.mkdir(parents=True, exist_ok=True)
    else:
        say(f"postgres account cannot enter {reachable(platform.run, account)}: the database lives in {home}")
    make_private(home, account)
    if not (home / "data" / "PG_VERSION").exists():
        _initialise(home, secrets["postgres"])
    configure(platform)


def configure(platform: Platform, more: str = "") -> None:
    """Writes the configuration, with more lines at its end when asked; a running server reads it when it is told to."""
    home = postgres_home(platform)
    for name in archive.SCRIPTS:  # a copy, because the server's account need not be able to read this checkout
        text = (ROOT / "ops" / name).read_text()
        if not (home / name).exists() or (home / name).read_text() != text:  # never under the feet of an archiver that reads it
            _write(home / name, text)
    text = _CONFIGURATION.format(port=platform.postgres_port, home=home) + archive.configuration(platform) + more
    _write(home / "data" / "pg_hba.conf", _ACCESS)
    _write(home / "data" / "postgresql.auto.conf", text)


def command(platform: Platform) -> str:
    return f"{BIN}/postgres -D {postgres_home(platform)}/data"


def wait(platform: Platform, limit: float = 60) -> None:
    """Returns when PostgreSQL accepts connections."""
    deadline = time.monotonic() + limit
    question = [f"{BIN}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(platform.postgres_port)]
    while subprocess.run(question).returncode != 0:
        if time.monotonic() > deadline:
            raise fail(f"PostgreSQL did not answer in {limit:.0f} s; see {platform.logs}/pg.log")
        time.sleep(0.1)


async def provision(platform: Platform, secrets: dict[str, str]) -> None:
    """Roles, databases and extensions of every service, and Keycloak's database. May run at any time, any number of times."""
    connection = await asyncpg.connect(database.address(platform, "postgres", secrets["postgres"], "postgres"))
    try:
        await _role(connection, "keycloak", secrets["keycloak"])
        await _database(connection, "keycloak", "keycloak")
        for service in SERVICES:
            for kind in ("owner", "app"):
                await _role(connection, f"{service}_{kind}", secrets[f"{service}_{kind}"])
            await _database(connection, service, f"{service}_owner")
            # TEMPORARY: bulk imports COPY into a temporary table first
            await connection.execute(f"GRANT CONNECT, TEMPORARY ON DATABASE {service} TO {service}_app")
    finally:
        await connection.close()
    for service in SERVICES:
        await _inside(database.address(platform, "postgres", secrets["postgres"], service), service)


async def _role(connection: asyncpg.Connection, role: str, password: str) -> None:
    exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
    verb = "ALTER" if exists else "CREATE"
    manner = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION"
    await connection.execute(f"{verb} ROLE {role} {manner} PASSWORD '{password}'")


async def _database(connection: asyncpg.Connection, name: str, owner: str) -> None:
    if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        locale = "ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
        await connection.execute(f"CREATE DATABASE {name} OWNER {owner} TEMPLATE template0 {locale}")
    await connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")


async def _inside(address: str, service: str) -> None:
    connection = await asyncpg.connect(address)
    try:
        await connection.execute("SET client_min_messages = error")
        for extension in EXTENSIONS.get(service, ("pgcrypto",)):
            await connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
        await connection.execute(f"ALTER SCHEMA public OWNER TO {service}_owner")
        await connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        await connection.execute(f"GRANT USAGE ON SCHEMA public TO {service}_app")
    finally:
        await connection.close()


def _initialise(home: Path, password: str) -> None:
    say("PostgreSQL: making the cluster")
    _write(home / "password", password)
    wishes = ["--locale=C.UTF-8", "-E", "UTF8", "-U", "postgres", "--auth=scram-sha-256"]
    done = as_server([f"{BIN}/initdb", "-D", f"{home}/data", f"--pwfile={home}/password", *wishes])
    (home / "password").unlink()
    if done.returncode != 0:
        raise fail(f"initdb failed:\n{done.stdout}{done.stderr}")


def _write(path: Path, text: str) -> None:
    """Writes a file that belongs to the account the server runs under."""
    account = server_account()
    path.touch(mode=0o600)
    path.write_text(text)
    if account:
        path.chmod(0o600)
        os.chown(path, account.pw_uid, account.pw_gid)


def as_server(words: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs one of PostgreSQL's programs under the account of the server."""
    account, environment = server_account(), os.environ | variables
    if account is None:
        return subprocess.run(words, capture_output=True, text=True, env=environment)
    uid, gid = account.pw_uid, account.pw_gid
    return subprocess.run(words, capture_output=True, text=True, cwd="/", env=environment, user=uid, group=gid, extra_groups=[])
