"""`python -m ops.reset`: stops the platform and forgets everything that it stored."""

import shutil

from ops import settings
from ops.down import down
from ops.places import postgres_home
from ops.progress import fail, say
from ops.settings import ROOT, Platform


def reset(platform: Platform) -> None:
    """Deletes the state folder; one that does not look like ours is refused."""
    down(platform)
    if not platform.run.exists():
        return say("nothing to forget")
    if not (platform.run / "secrets.json").exists() or platform.run in (ROOT, *ROOT.parents):
        raise fail(f"{platform.run} does not look like a state folder of ours; it is left alone")
    shutil.rmtree(postgres_home(platform), ignore_errors=True)
    shutil.rmtree(platform.run)
    return say(f"{platform.run} is gone")


if __name__ == "__main__":
    reset(settings.load())
