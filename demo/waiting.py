"""Samples that wait at a laboratory's door, for whoever tries docs/laboratories.md: `python -m demo.waiting L01 DA-02 3`."""

import argparse
import asyncio
import os
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from demo import play
from demo.batches import batches
from demo.build import build
from demo.gateway import ApiError, Gateway
from demo.shapes import BatchPlan, Province, Task

SEED, QUARTER = 2021, 4
LATEST = date(2021, 10, 22)


async def make_waiting(gateway: Gateway, province: Province, wanted: tuple[str, str | None], count: int) -> list[play.Played]:
    """`count` sealed samples of (laboratory, product or any), each in a task of its own; every call makes new ones while the quotas last."""
    laboratory, product = wanted
    tasks = [t for t in await play.tasks_of(gateway, QUARTER) if t.laboratory_code == laboratory and product in (None, t.catalogue_code)]
    turn = secrets.randbelow(10**9)
    player = play.Player(gateway, replace(province, seed=turn), QUARTER, lambda _stage, _done: None, Path(os.devnull))
    made: list[play.Played] = []
    for plan in plans_of(province, tasks, turn):
        if len(made) == count:
            break
        batch = play.Played(plan)
        if await _is_taken(player, batch):
            made.append(batch)
    if len(made) < count:
        raise SystemExit(f"only {len(made)} of {count}: the quotas of {product or 'everything'} at {laboratory} are used up")
    return made


async def _is_taken(player: play.Player, batch: play.Played) -> bool:
    """Seal one; False where the task's quota is full or the firm's product was sampled within six months (P01)."""
    try:
        await play.sample(player, batch)
    except ApiError as error:
        if error.status != 409:
            raise
        return False
    return True


def plans_of(province: Province, tasks: list[Task], turn: int) -> Iterator[BatchPlan]:
    """One conforming plan for each task, begun at a random one, sampled early enough that the guide's dates come after it."""
    start = turn % max(1, len(tasks))
    for place, task in enumerate(tasks[start:] + tasks[:start]):
        drawn = (plan for again in range(40) for plan in batches(province, [replace(task, quota=1)], turn + place * 40 + again))
        found = next((plan for plan in drawn if plan.sampled_on <= LATEST), None)
        if found is not None:
            yield replace(found, sequence=place)


async def main() -> None:
    words = argparse.ArgumentParser(prog="python -m demo.waiting", description=__doc__)
    words.add_argument("laboratory")
    words.add_argument("product", nargs="?", default="DA-02")
    words.add_argument("count", nargs="?", type=int, default=1)
    given = words.parse_args()
    gateway = Gateway(f"http://127.0.0.1:{os.environ.get('LONGZHI_PORT', '8080')}")
    try:
        for batch in await make_waiting(gateway, build(SEED), (given.laboratory, given.product), given.count):
            print(batch.sample_no, batch.plan.sampled_on, batch.plan.product_name)
    finally:
        await gateway.close()


if __name__ == "__main__":
    asyncio.run(main())
