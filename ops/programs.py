"""Every process of the platform as a supervised program."""

import sys

from ops import broker, environment, keycloak, postgres, settings
from ops.places import postgres_home, server_account
from ops.settings import Platform
from ops.supervision import Program


def of_platform(platform: Platform, secrets: dict[str, str]) -> list[Program]:
    """All programs that this checkout can run, the parts first."""
    account = server_account()
    owner = account.pw_name if account else None
    marks = {"LONGZHI_PORT": str(platform.port)}
    parts = [
        Program("pg", postgres.command(platform), 10, stop_signal="INT", user=owner, folder=postgres_home(platform)),
        Program("kafka", broker.command(platform), 20),
        Program("keycloak", keycloak.command(), 30, keycloak.environment(platform, secrets)),
        Program("nginx", f"{sys.executable} -m ops.gateway", 50, marks, stop_signal="QUIT", folder=platform.run / "nginx"),
    ]
    if "receiver" in settings.present_parts():
        where = f"127.0.0.1:{platform.receiver_port} {platform.run}/receiver.sqlite"
        parts.append(Program("receiver", f"{sys.executable} -m demo.receiver {where}", 35))
    return parts + [_service(platform, secrets, name) for name in settings.present_services()]


def _service(platform: Platform, secrets: dict[str, str], name: str) -> Program:
    variables = environment.of_service(platform, secrets, name)
    return Program(name, f"{sys.executable} -m {name}.main all", 40, variables)
