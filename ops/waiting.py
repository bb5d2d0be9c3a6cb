"""Waiting for something that takes its time to come up."""

import time
from collections.abc import Callable

import httpx

from ops.progress import fail


def answers(url: str) -> bool:
    """Whether a GET is answered with 200."""
    try:
        return httpx.get(url, timeout=10).status_code == 200
    except httpx.HTTPError:
        return False


def until(done: Callable[[], bool], limit: float, problem: str, pause: float = 0.3) -> None:
    """Returns when it is done; ends the program with the problem when that takes longer than so many seconds."""
    deadline = time.monotonic() + limit
    while not done():
        if time.monotonic() > deadline:
            raise fail(problem)
        time.sleep(pause)
