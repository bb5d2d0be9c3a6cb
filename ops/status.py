"""`python -m ops.status`: what runs, since when, how much memory it holds, and where it answers."""

import sys
import time
from typing import Any

from ops import processes, settings, supervision
from ops.settings import PARTS, Platform


def status(platform: Platform) -> bool:
    """Prints one line per program; True when all of them run."""
    if not supervision.running(platform):
        print(f"not running (port {platform.port}, state in {platform.run})")
        return False
    infos = supervision.client(platform).getAllProcessInfo()
    infos.sort(key=lambda info: (*PARTS, "receiver", *settings.SERVICES).index(info["name"]))
    print(f"{'part':<10} {'state':<9} {'pid':>7} {'up':>9} {'MiB':>6}  address")
    sizes = [processes.resident_bytes(info["pid"]) for info in infos]
    for info, size in zip(infos, sizes, strict=True):
        print(line(info, size, address(platform, info["name"])))
    print(f"{'all':<10} {'':<9} {'':>7} {'':>9} {sum(sizes) >> 20:>6}  {platform.gateway_url}/")
    return all(info["statename"] == "RUNNING" for info in infos)


def line(info: dict[str, Any], size: int, where: str) -> str:
    """One row of the table."""
    alive = info["statename"] == "RUNNING"
    seconds = int(time.time()) - info["start"] if alive else 0
    return f"{info['name']:<10} {info['statename'].lower():<9} {info['pid'] or '':>7} {duration(seconds):>9} {size >> 20:>6}  {where}"


def duration(seconds: int) -> str:
    """1 h 02 min, 3 min 04 s, 5 s."""
    if seconds >= 3600:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02} min"
    return f"{seconds // 60} min {seconds % 60:02} s" if seconds >= 60 else f"{seconds} s"


def address(platform: Platform, name: str) -> str:
    """Where a program answers."""
    fixed = {
        "pg": f"127.0.0.1:{platform.postgres_port}",
        "kafka": platform.kafka_bootstrap,
        "keycloak": platform.keycloak_url,
        "nginx": platform.gateway_url,
        "receiver": f"http://127.0.0.1:{platform.receiver_port}",
    }
    return fixed.get(name) or f"http://127.0.0.1:{platform.http_port(name)} and gRPC 127.0.0.1:{platform.rpc_port(name)}"


if __name__ == "__main__":
    sys.exit(0 if status(settings.load()) else 1)
