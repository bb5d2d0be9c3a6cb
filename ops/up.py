"""`python -m ops.up`: installs what is missing, starts the parts and the services, and returns when all of them answer."""

import argparse
import asyncio
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx

from ops import broker, credentials, gateway, install, keycloak, migrations, postgres, processes, programs, settings, supervision, topics
from ops.progress import fail, say
from ops.settings import Platform

PATIENCE = 150.0  # seconds that a service may take until it answers
HOPELESS = 25.0  # seconds of dying again and again after which we stop waiting


def main() -> None:
    """Command line of `make up`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default="all", help="comma-separated: pg,kafka,keycloak,nginx and names of services; all by default")
    up(settings.load(), chosen(parser.parse_args().parts))


def chosen(text: str) -> tuple[str, ...]:
    """Names of the programs that a --parts argument means."""
    known = settings.present_parts() + settings.present_services()
    if text == "all":
        return known
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    if strange := [name for name in wanted if name not in known]:
        raise SystemExit(f"unknown part {', '.join(strange)}; there are {', '.join(known)}")
    return tuple(name for name in known if name in wanted)


def up(platform: Platform, names: tuple[str, ...]) -> None:
    """Brings the named programs up, the independent ones at the same time."""
    say(f"platform on port {platform.port}, state in {platform.run}")
    platform.run.mkdir(parents=True, exist_ok=True)
    install.install(names)
    secrets = credentials.load(platform)
    credentials.write_private(platform.run / "receipt_key.pem", secrets["receipt_key"])
    awake = _awake(platform)
    refuse_taken_ports(platform, [n for n in names if n not in awake])
    prepare(platform, secrets, names)
    supervision.start(platform, programs.of_platform(platform, secrets))
    fresh = set(names) - _awake(platform)
    stopped = awake - _awake(platform)  # their configuration has changed; they come back with the new one
    start_all(platform, secrets, tuple(dict.fromkeys([*names, *sorted(stopped & set(chosen("all")))])))
    if not fresh and not stopped:
        say("already up")
    say(f"ready: {platform.gateway_url}/")


def _awake(platform: Platform) -> set[str]:
    """Programs that run under our supervisor; leftovers of a supervisor that died are ended first."""
    if supervision.running(platform):
        infos = supervision.client(platform).getAllProcessInfo()
        return {info["name"] for info in infos if info["statename"] in ("RUNNING", "STARTING")}
    ended = processes.stop_leftovers(platform)
    if ended:
        say(f"ended {ended} processes that a stopped supervisor had left behind")
    return set()


def refuse_taken_ports(platform: Platform, names: list[str]) -> None:
    """Names the process that sits on a port of ours."""
    wanted = {port: name for port, name in platform.ports().items() if name in names}
    taken = [(port, name, processes.holder(port)) for port, name in wanted.items()]
    lines = [f"port {port} (for {name}) is taken by {holder}" for port, name, holder in taken if holder]
    if lines:
        raise fail("; ".join(lines) + ". Stop it, or choose another LONGZHI_PORT")


def prepare(platform: Platform, secrets: dict[str, str], names: tuple[str, ...]) -> None:
    """Writes configurations and makes what the parts store their data in."""
    if "pg" in names:
        postgres.prepare(platform, secrets)
    if "kafka" in names:
        broker.prepare(platform, secrets)
    if "nginx" in names and gateway.prepare(platform) and "nginx" in _awake(platform):
        supervision.client(platform).signalProcess("nginx", "HUP")


def start_all(platform: Platform, secrets: dict[str, str], names: tuple[str, ...]) -> None:
    """Starts everything that does not wait for something else at once; the first failure is the answer."""
    services = [n for n in names if n in settings.SERVICES]
    with ThreadPoolExecutor(len(names) + 1) as pool:
        database = pool.submit(start_postgres, platform, secrets) if "pg" in names else _done()
        others: list[Future[None]] = [database]
        if "kafka" in names:
            others.append(pool.submit(start_kafka, platform))
        if "nginx" in names:
            others.append(pool.submit(start_gateway, platform))
        if "receiver" in names:
            others.append(pool.submit(start_receiver, platform))
        if "keycloak" in names:
            others.append(pool.submit(start_keycloak, platform, secrets, database))
        others += [pool.submit(start_service, platform, secrets, s, database) for s in services]
        for future in others:
            future.result()


def _done() -> "Future[None]":
    future: Future[None] = Future()
    future.set_result(None)
    return future


def start_postgres(platform: Platform, secrets: dict[str, str]) -> None:
    """PostgreSQL, then roles and databases."""
    fresh = supervision.ensure(platform, "pg")
    postgres.wait(platform)
    asyncio.run(postgres.provision(platform, secrets))
    _tell(fresh, "PostgreSQL", f"127.0.0.1:{platform.postgres_port}")


def start_kafka(platform: Platform) -> None:
    """Kafka, then its topics."""
    fresh = supervision.ensure(platform, "kafka")
    client = broker.wait(platform)
    topics.create(client)
    client.close()
    _tell(fresh, "Kafka", platform.kafka_bootstrap)


def start_gateway(platform: Platform) -> None:
    fresh = supervision.ensure(platform, "nginx")
    gateway.wait(platform)
    _tell(fresh, "gateway", platform.gateway_url)


def start_receiver(platform: Platform) -> None:
    """The stand-in for the national credit system; nothing waits for it."""
    if supervision.ensure(platform, "receiver"):
        say(f"credit receiver (stand-in): started at http://127.0.0.1:{platform.receiver_port}")


def start_keycloak(platform: Platform, secrets: dict[str, str], database: "Future[None]") -> None:
    """Keycloak after its database, then the realm."""
    database.result()
    fresh = supervision.ensure(platform, "keycloak")
    keycloak.wait(platform)
    keycloak.import_realm(platform, secrets)
    _tell(fresh, "Keycloak", platform.keycloak_url)


def start_service(platform: Platform, secrets: dict[str, str], name: str, database: "Future[None]") -> None:
    """Migrations, then the service, then its readiness."""
    database.result()
    if supervision.client(platform).getProcessInfo(name)["statename"] != "RUNNING":
        migrations.ensure(platform, secrets, name)
    fresh = supervision.ensure(platform, name)
    wait_service(platform, name)
    _tell(fresh, name, f"http://127.0.0.1:{platform.http_port(name)}")


def _tell(fresh: bool, title: str, address: str) -> None:
    if fresh:
        say(f"{title}: ready at {address}")


def wait_service(platform: Platform, name: str) -> None:
    """Returns when the service says that it is ready; a service that keeps dying ends the wait with its last words."""
    began, dying_since = time.monotonic(), None
    while not _ready(platform, name):
        now = time.monotonic()
        state = supervision.client(platform).getProcessInfo(name)["statename"]
        dying_since = (dying_since or now) if state in ("BACKOFF", "FATAL", "EXITED") or dying_since else None
        if now - began > PATIENCE or (dying_since and now - dying_since > HOPELESS):
            raise fail(f"{name} does not become ready ({state}); last lines of its log:\n{_last_words(platform, name)}")
        time.sleep(0.3)


def _ready(platform: Platform, name: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{platform.http_port(name)}/readyz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _last_words(platform: Platform, name: str) -> str:
    path: Any = platform.logs / f"{name}.log"
    return "\n".join(path.read_text(errors="replace").splitlines()[-15:]) if path.exists() else "(no log)"


if __name__ == "__main__":
    main()
