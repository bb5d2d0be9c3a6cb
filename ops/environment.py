"""The environment of each service's process: the same names as in the cluster's chart."""

from ops import options
from ops.database import address
from ops.settings import AUDIENCE, SERVICES, Platform


def of_service(platform: Platform, secrets: dict[str, str], service: str) -> dict[str, str]:
    """Every variable that one running service reads on one machine."""
    peers = {f"{s.upper()}_RPC_ADDR": f"127.0.0.1:{platform.rpc_port(s)}" for s in SERVICES if s != service}
    return common(platform, secrets) | peers | _own(platform, secrets, service)


def of_migration(platform: Platform, secrets: dict[str, str], service: str) -> dict[str, str]:
    """The same for `migrate`, the only command that gets the owner's database address."""
    return of_service(platform, secrets, service) | {"OWNER_DATABASE_URL": _database(platform, secrets, service, "owner")}


def common(platform: Platform, secrets: dict[str, str]) -> dict[str, str]:
    """What all services share."""
    chosen = options.load(platform)
    own_receiver = f"http://127.0.0.1:{platform.receiver_port}"
    return chosen | {
        "CREDIT_RECEIVER_URL": chosen["CREDIT_RECEIVER_URL"] or own_receiver,
        "SCOPE_KEY": secrets["scope_key"],
        "KAFKA_BOOTSTRAP": platform.kafka_bootstrap,
        "OIDC_ISSUER": platform.issuer,
        "OIDC_JWKS_URL": platform.jwks_url,
        "OIDC_AUDIENCE": AUDIENCE,
        "RPC_TIMEOUT_SECONDS": "5",
        "TRACES_FILE": str(platform.logs / "traces.jsonl"),
    }


def _own(platform: Platform, secrets: dict[str, str], service: str) -> dict[str, str]:
    only = {
        "sampling": {
            "RECEIPT_KEY_FILE": str(platform.run / "receipt_key.pem"),
            "EVIDENCE_URL": f"file://{platform.run / 'evidence'}",
            "PUBLIC_URL": platform.gateway_url,
        },
    }
    return only.get(service, {}) | {
        "SERVICE_NAME": service,
        "DATABASE_URL": _database(platform, secrets, service, "app"),
        "CONTACT_KEY": secrets[f"{service}_contact_key"],
        "HTTP_ADDR": f"127.0.0.1:{platform.http_port(service)}",
        "RPC_ADDR": f"127.0.0.1:{platform.rpc_port(service)}",
        "GATEWAY_PREFIX": f"/api/{service}",
    }


def _database(platform: Platform, secrets: dict[str, str], service: str, kind: str) -> str:
    return address(platform, f"{service}_{kind}", secrets[f"{service}_{kind}"], service)
