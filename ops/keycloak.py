"""Keycloak 26.4 on PostgreSQL: its command, its environment, and the realm imported from deploy/local/longzhi-realm.json."""

import json
from pathlib import Path
from typing import Any

import httpx

from ops import settings, waiting
from ops.progress import fail, say
from ops.settings import REALM, Platform

ADMINISTRATOR = "operator"
BUILD = ("--db=postgres", "--health-enabled=true", "--http-relative-path=/auth")
REALM_FILE = settings.ROOT / "deploy/local/longzhi-realm.json"


def home() -> Path:
    """The unpacked and built distribution, shared by all clones."""
    return settings.cache() / "keycloak-26.4.5"


def command() -> str:
    """What bin/kc.sh would run; run without it, because the shell it stays in hides the server's death from the supervisor."""
    opens = " ".join(f"--add-opens=java.base/java.{name}=ALL-UNNAMED" for name in ("util", "util.concurrent", "security"))
    pool = "-Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory"
    logger = "-Djava.util.logging.manager=org.jboss.logmanager.LogManager"
    frugal = "-Xms128m -Xmx384m -XX:MaxMetaspaceSize=256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError"
    plain = "-Dfile.encoding=UTF-8 -Dstdout.encoding=UTF-8 -Djava.security.egd=file:/dev/urandom -Dpicocli.disable.closures=true"
    places = f"-Dkc.home.dir={home()} -Djboss.server.config.dir={home()}/conf -cp {home()}/lib/quarkus-run.jar"
    entry = "io.quarkus.bootstrap.runner.QuarkusEntryPoint start --optimized"
    return f"java {frugal} {plain} {opens} {pool} {logger} {places} {entry}"


def environment(platform: Platform, secrets: dict[str, str]) -> dict[str, str]:
    """Keycloak's options as variables, so that no secret stands on a command line."""
    return {
        "KC_DB_URL": f"jdbc:postgresql://127.0.0.1:{platform.postgres_port}/keycloak",
        "KC_DB_USERNAME": "keycloak",
        "KC_DB_PASSWORD": secrets["keycloak"],
        "KC_DB_POOL_INITIAL_SIZE": "1",
        "KC_DB_POOL_MAX_SIZE": "20",
        "KC_HTTP_ENABLED": "true",
        "KC_HTTP_HOST": "127.0.0.1",
        "KC_HTTP_PORT": str(platform.keycloak_port),
        "KC_HTTP_MANAGEMENT_PORT": str(platform.management_port),
        "KC_HOSTNAME": f"{platform.gateway_url}/auth",
        "KC_HOSTNAME_BACKCHANNEL_DYNAMIC": "false",
        "KC_PROXY_HEADERS": "xforwarded",
        "KC_CACHE": "local",
        "KC_LOG_LEVEL": "warn,org.keycloak.quarkus:info",
        "KC_BOOTSTRAP_ADMIN_USERNAME": ADMINISTRATOR,
        "KC_BOOTSTRAP_ADMIN_PASSWORD": secrets["keycloak_admin"],
    }


def wait(platform: Platform, limit: float = 240) -> None:
    """Returns when Keycloak answers."""
    url = f"{platform.keycloak_url}/realms/master/.well-known/openid-configuration"
    problem = f"Keycloak did not answer at {url} in {limit:.0f} s; its log, on one machine: {platform.logs}/keycloak.log"
    waiting.until(lambda: waiting.answers(url), limit, problem)


def import_realm(platform: Platform, secrets: dict[str, str]) -> None:
    """Creates the realm from its file when it is not there yet; an existing realm is left as it is."""
    if waiting.answers(f"{platform.keycloak_url}/realms/{REALM}/.well-known/openid-configuration"):
        return
    say("Keycloak: importing the realm")
    with administrator(platform, secrets) as admin:
        answer = admin.post("/admin/realms", json=realm(platform))
    if answer.status_code not in (201, 409):
        raise fail(f"the realm was refused: {answer.status_code} {answer.text}")


def realm(platform: Platform) -> dict[str, Any]:
    """The realm of the file with the gateway's address in it."""
    text = REALM_FILE.read_text().replace("http://127.0.0.1:8080", platform.gateway_url)
    document: dict[str, Any] = json.loads(text)
    return document


def administrator(platform: Platform, secrets: dict[str, str]) -> httpx.Client:
    """A client that speaks to Keycloak as its administrator; its token lives one minute."""
    login = {
        "grant_type": "password",
        "client_id": "admin-cli",
        "username": secrets.get("keycloak_administrator", ADMINISTRATOR),
        "password": secrets["keycloak_admin"],
    }
    answer = httpx.post(f"{platform.keycloak_url}/realms/master/protocol/openid-connect/token", data=login, timeout=60)
    if answer.status_code != 200:
        raise fail(f"Keycloak refuses its administrator ({answer.status_code}): were its secrets ({platform.run}/secrets.json) changed?")
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return httpx.Client(base_url=platform.keycloak_url, headers=headers, timeout=120)
