"""nginx as the gateway: fills deploy/local/nginx.conf.template for one machine."""

import os
import pwd
import re

from ops import processes, settings, waiting
from ops.places import find_program, reachable
from ops.settings import ROOT, SERVICES, Platform

TEMPLATE = ROOT / "deploy/local/nginx.conf.template"
STATIC = ROOT / "services/console/static"


def prepare(platform: Platform) -> bool:
    """Writes nginx.conf into the state folder; True when it differs from what was there."""
    folder = platform.run / "nginx"
    folder.mkdir(parents=True, exist_ok=True)
    path, text = folder / "nginx.conf", fill(TEMPLATE.read_text(), values(platform))
    if path.exists() and path.read_text() == text:
        return False
    path.write_text(text)
    return True


def values(platform: Platform) -> dict[str, str]:
    """What the template's variables are on one machine."""
    addresses = {f"{s.upper()}_ADDR": f"127.0.0.1:{platform.http_port(s)}" for s in SERVICES}
    return addresses | {
        "LISTEN": f"127.0.0.1:{platform.port}",
        "KEYCLOAK_ADDR": f"127.0.0.1:{platform.keycloak_port}",
        "RUN_FOLDER": str(platform.run / "nginx"),
        "STATIC_FOLDER": str(STATIC),
        "MIME_TYPES": "/etc/nginx/mime.types",
        "USER_LINE": _user_line(),
    }


def fill(template: str, known: dict[str, str]) -> str:
    """Replaces ${NAME}; nginx's own $names stay, an unknown ${NAME} is an error."""
    return re.sub(r"\$\{([A-Z_]+)\}", lambda match: known[match[1]], template)


def run(platform: Platform) -> None:
    """Becomes nginx, after ending workers that a killed master has left on the port."""
    processes.stop_gateway_orphans(platform)
    program = find_program("nginx") or "nginx"
    folder = platform.run / "nginx"
    os.execv(program, ["nginx", "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")])


def wait(platform: Platform, limit: float = 20) -> None:
    """Returns when the gateway answers."""
    problem = f"the gateway did not answer in {limit:.0f} s; see {platform.logs}/nginx.log"
    waiting.until(lambda: waiting.answers(f"{platform.gateway_url}/healthz"), limit, problem, pause=0.1)


def _user_line() -> str:
    """Workers as www-data or nobody when we are root and they can read the pages; as ourselves otherwise."""
    if os.getuid() != 0:
        return ""
    for name in ("www-data", "nobody"):
        account = _account(name)
        if account and reachable(STATIC, account) is None:
            return f"user {name};"
    return "user root;"


def _account(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


if __name__ == "__main__":
    run(settings.load())
