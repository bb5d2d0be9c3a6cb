"""Where everything of one platform is: the port, the state folder and every address derived from them."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERVICES = ("directory", "planning", "sampling", "disposal", "experts", "credit")
PARTS = ("pg", "kafka", "keycloak", "nginx")
EXTENSIONS = {"directory": ("pgcrypto", "btree_gin", "pg_trgm")}
REALM = "longzhi"
AUDIENCE = "longzhi-api"
LONGEST_SOCKET_FOLDER = 80  # the kernel takes 107 bytes for the path of a Unix socket


@dataclass(frozen=True)
class Platform:
    """One platform on this machine; two with different ports and folders live side by side."""

    port: int
    run: Path

    @property
    def postgres_port(self) -> int:
        return self.port + 1

    @property
    def kafka_port(self) -> int:
        return self.port + 2

    @property
    def controller_port(self) -> int:
        return self.port + 3

    @property
    def keycloak_port(self) -> int:
        return self.port + 4

    @property
    def management_port(self) -> int:
        return self.port + 5

    @property
    def receiver_port(self) -> int:
        return self.port + 6

    def http_port(self, service: str) -> int:
        return self.port + 10 + 2 * SERVICES.index(service)

    def rpc_port(self, service: str) -> int:
        return self.http_port(service) + 1

    @property
    def gateway_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def keycloak_url(self) -> str:
        return f"http://127.0.0.1:{self.keycloak_port}/auth"

    @property
    def issuer(self) -> str:
        return f"{self.gateway_url}/auth/realms/{REALM}"

    @property
    def jwks_url(self) -> str:
        return f"{self.keycloak_url}/realms/{REALM}/protocol/openid-connect/certs"

    @property
    def postgres_address(self) -> str:
        return f"127.0.0.1:{self.postgres_port}"

    @property
    def kafka_bootstrap(self) -> str:
        return f"127.0.0.1:{self.kafka_port}"

    @property
    def logs(self) -> Path:
        return self.run / "log"

    @property
    def sockets(self) -> Path:
        """The folder of our Unix sockets: the state folder, or a short one where its path is too long for the kernel."""
        if len(str(self.run)) <= LONGEST_SOCKET_FOLDER:
            return self.run
        return Path("/tmp") / f"longzhi-{os.getuid()}-{self.fingerprint}"

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(str(self.run).encode()).hexdigest()[:12]

    def ports(self) -> dict[int, str]:
        """Every port that the platform listens on, with the part that owns it."""
        fixed = {
            self.port: "nginx",
            self.postgres_port: "pg",
            self.kafka_port: "kafka",
            self.controller_port: "kafka",
            self.keycloak_port: "keycloak",
            self.management_port: "keycloak",
            self.receiver_port: "receiver",
        }
        return fixed | {p: s for s in SERVICES for p in (self.http_port(s), self.rpc_port(s))}


def load() -> Platform:
    """The platform that LONGZHI_PORT and LONGZHI_RUN name; a relative folder is relative to the repository."""
    port = int(os.environ.get("LONGZHI_PORT") or 8080)
    if not 1024 <= port <= 65000:
        raise SystemExit(f"LONGZHI_PORT={port}: choose a port between 1024 and 65000")
    run = Path(os.environ.get("LONGZHI_RUN") or ".run/main").expanduser()
    return Platform(port, (ROOT / run).resolve())


def cache() -> Path:
    """Where downloaded parts live, shared by all clones: LONGZHI_CACHE, by default ~/.cache/longzhi."""
    return Path(os.environ.get("LONGZHI_CACHE") or "~/.cache/longzhi").expanduser().resolve()


def present_services() -> tuple[str, ...]:
    """The services whose program exists in this checkout."""
    return tuple(s for s in SERVICES if (ROOT / "services" / s / s / "main.py").exists())


def present_parts() -> tuple[str, ...]:
    """The parts, with the demonstration's stand-in for the national credit system when this checkout has it."""
    return (*PARTS, "receiver") if (ROOT / "demo/receiver.py").exists() else PARTS
