"""What a person sees while parts start: one line per step, with the seconds since the beginning."""

import sys
import time

_BEGAN = time.monotonic()


def say(text: str) -> None:
    """Prints one line of progress at once."""
    print(f"[{time.monotonic() - _BEGAN:6.1f} s] {text}", flush=True)


def fail(text: str) -> SystemExit:
    """The exception that ends the program with a message for a person."""
    print(f"[{time.monotonic() - _BEGAN:6.1f} s] ERROR {text}", file=sys.stderr, flush=True)
    return SystemExit(1)
