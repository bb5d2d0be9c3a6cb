"""What the chart's Jobs run inside a cluster: `python -m ops.cluster database | topics | realm`. Each may run at any time, any number of times."""

import argparse
import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from common.kafka import Broker
from ops import broker, identities, keycloak, postgres, realm, topics
from ops.progress import fail, say
from ops.settings import REALM, ROOT, SERVICES, Platform

DIVISIONS = ROOT / "demo/data/divisions.csv"


@dataclass(frozen=True)
class Cluster(Platform):
    """A platform whose addresses are in the environment instead of being derived from a port."""

    @property
    def gateway_url(self) -> str:
        return os.environ["PUBLIC_URL"].rstrip("/")

    @property
    def postgres_address(self) -> str:
        return os.environ["DATABASE_ADDRESS"]

    @property
    def keycloak_url(self) -> str:
        return os.environ["KEYCLOAK_URL"].rstrip("/")

    @property
    def kafka_bootstrap(self) -> str:
        return os.environ["KAFKA_BOOTSTRAP"]


def load() -> Cluster:
    """The cluster's platform; the state folder is the pod's own and forgotten with it."""
    return Cluster(8080, Path(os.environ.get("TMPDIR") or "/tmp"))


def passwords(folder: Path) -> dict[str, str]:
    """The database's secrets as the chart mounts them, under the names of one machine: `sampling-app` is `sampling_app`."""
    found = {file.name.replace("-", "_"): file.read_text().strip() for file in folder.iterdir() if file.is_file()}
    wanted = ["keycloak", *(f"{service}_{kind}" for service in SERVICES for kind in ("owner", "app"))]
    if missing := [name for name in wanted if name not in found]:
        raise fail(f"the secret of the databases lacks the keys {', '.join(name.replace('_', '-') for name in missing)}")
    if odd := [name for name in wanted if not found[name].isalnum()]:
        raise fail(f"passwords of letters and digits only, please: {', '.join(odd)}")
    return found


def provision() -> None:
    """Roles, databases, extensions and grants of every service, and Keycloak's database."""
    secrets = passwords(Path(os.environ["PASSWORDS_FOLDER"])) | {"postgres": os.environ["SUPERUSER_PASSWORD"]}
    deadline = time.monotonic() + _patience()
    while True:
        try:
            asyncio.run(postgres.provision(load(), secrets))
            return
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError) as problem:
            if time.monotonic() > deadline:
                raise fail(f"PostgreSQL does not answer: {problem}") from problem
            time.sleep(2)


def kafka_access() -> Broker:
    """The brokers with the same variables that the services have (common.settings)."""
    given = {name: os.environ.get(f"KAFKA_{name.upper()}", "") for name in ("username", "password", "ca_file")}
    return Broker(os.environ["KAFKA_BOOTSTRAP"], os.environ.get("KAFKA_SECURITY") or "plaintext", **given)


def create_topics() -> None:
    """The topics that are missing."""
    client = broker.wait(load(), _patience(), kafka_access())
    new = topics.create(client, partitions=int(os.environ["TOPIC_PARTITIONS"]), replication=int(os.environ["TOPIC_REPLICATION"]))
    say(f"topics: {', '.join(new) or 'all there'}")


def administrator() -> dict[str, str]:
    """Keycloak's administrator, as the chart gives it."""
    return {"keycloak_administrator": os.environ["KEYCLOAK_USERNAME"], "keycloak_admin": os.environ["KEYCLOAK_PASSWORD"]}


def sync_realm() -> None:
    """The realm as its file and the divisions say; with DEMO_IDENTITIES=yes also the demonstration's users and clients."""
    cluster = load()
    secrets = administrator()
    keycloak.wait(cluster, _patience())
    places = [place for place in identities.bureaus(DIVISIONS) if place[0].startswith(os.environ["PROVINCE"])]
    with keycloak.administrator(cluster, secrets) as admin:
        changes = realm.sync(admin, keycloak.realm(cluster), places)
    say(f"realm {REALM}: {', '.join(changes) or 'nothing to change'}")
    if os.environ.get("DEMO_IDENTITIES") == "yes":
        say(f"demonstration: {identities.load(cluster, DIVISIONS, ROOT / 'demo/data/laboratories.csv', secrets)} new identities")


def _patience() -> float:
    return float(os.environ.get("WAIT_SECONDS") or 240)


def main() -> None:
    """Command line of the Jobs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=["database", "topics", "realm"])
    {"database": provision, "topics": create_topics, "realm": sync_realm}[parser.parse_args().job]()


if __name__ == "__main__":
    main()
