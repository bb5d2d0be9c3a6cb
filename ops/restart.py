"""`python -m ops.restart sampling`: migrates and restarts services whose code has changed, without touching the parts."""

import sys

from ops import credentials, migrations, programs, settings, supervision, up
from ops.progress import fail, say
from ops.settings import Platform


def restart(platform: Platform, names: tuple[str, ...]) -> None:
    """Stops, migrates and starts the named services, one after the other."""
    if not supervision.running(platform):
        raise fail("the platform does not run; make up starts it")
    secrets = credentials.load(platform)
    supervision.start(platform, programs.of_platform(platform, secrets))
    for name in names:
        remote = supervision.client(platform)
        if remote.getProcessInfo(name)["pid"]:
            remote.stopProcess(name)
        if name in settings.SERVICES:
            migrations.migrate(platform, secrets, name)
        supervision.ensure(platform, name)
    for name in names:
        if name in settings.SERVICES:
            up.wait_service(platform, name)
        say(f"{name}: restarted")


if __name__ == "__main__":
    restart(settings.load(), up.chosen(sys.argv[1]) if len(sys.argv) > 1 else settings.present_services())
