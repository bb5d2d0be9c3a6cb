"""`python -m ops.down`: stops every process of the platform; the data stay."""

from ops import processes, settings, supervision
from ops.progress import say
from ops.settings import Platform


def down(platform: Platform) -> None:
    """Stops the supervisor with all it runs, and whatever a supervisor that died left behind."""
    if supervision.running(platform):
        say("stopping")
        supervision.stop(platform)
    elif not processes.ours(platform):
        say("not running")
    left = processes.stop_leftovers(platform)
    if left:
        say(f"ended {left} processes that a stopped supervisor had left behind")
    for path in (platform.run / "supervisord.pid", supervision.socket_path(platform)):
        path.unlink(missing_ok=True)
    say("down")


if __name__ == "__main__":
    down(settings.load())
