"""The environment of each service's process: the same names as in the cluster's chart."""

from ops.database import address
from ops.settings import AUDIENCE, SERVICES, Platform


def of_service(platform: Platform, secrets: dict[str, str], service: str) -> dict[str, str]:
    """Every variable that one service reads on one machine, the owner's database address included (for `migrate`)."""
    peers = {f"{s.upper()}_RPC_ADDR": f"127.0.0.1:{platform.rpc_port(s)}" for s in SERVICES if s != service}
    return common(platform, secrets) | peers | _own(platform, secrets, service)


def common(platform: Platform, secrets: dict[str, str]) -> dict[str, str]:
    """What all services share."""
    return {
        "SCOPE_KEY": secrets["scope_key"],
        "KAFKA_BOOTSTRAP": platform.kafka_bootstrap,
        "OIDC_ISSUER": platform.issuer,
        "OIDC_JWKS_URL": platform.jwks_url,
        "OIDC_AUDIENCE": AUDIENCE,
        "RPC_TIMEOUT_SECONDS": "5",
        "TRACES_EXPORTER": "none",
        "TRACES_FILE": str(platform.logs / "traces.jsonl"),
        "LOG_LEVEL": "INFO",
        "LONGZHI_PORT": str(platform.port),
        "LONGZHI_RUN": str(platform.run),
        "RECEIPT_KEY_FILE": str(platform.run / "receipt_key.pem"),
        "CREDIT_RECEIVER_URL": f"http://127.0.0.1:{platform.receiver_port}",
    }


def _own(platform: Platform, secrets: dict[str, str], service: str) -> dict[str, str]:
    def database(kind: str) -> str:
        return address(platform, f"{service}_{kind}", secrets[f"{service}_{kind}"], service)

    return {
        "SERVICE_NAME": service,
        "DATABASE_URL": database("app"),
        "OWNER_DATABASE_URL": database("owner"),
        "HTTP_ADDR": f"127.0.0.1:{platform.http_port(service)}",
        "RPC_ADDR": f"127.0.0.1:{platform.rpc_port(service)}",
        "GATEWAY_PREFIX": f"/api/{service}",
    }
