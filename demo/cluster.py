"""`python -m demo.cluster`: the demonstration province in a cluster, loaded and played through the gateway; run by the chart's Job, repeatable."""

import argparse
import asyncio
import os
import tempfile
from pathlib import Path

from demo.__main__ import Progress, play, timed
from demo.build import build
from demo.gateway import Gateway
from demo.load import is_loaded, load
from demo.play import Player
from demo.table import table


async def run(seed: int, quarter: int, limit: int | None) -> None:
    """Everything that `make demo` does through the public API; the identities come with the realm, the ledger needs the databases."""
    folder = Path(tempfile.mkdtemp())
    province, gateway = build(seed), Gateway(os.environ["GATEWAY_URL"])
    if not await is_loaded(gateway):
        await timed("基础数据已装入", load(gateway, province, folder / "import", lambda text: print(f"装入:{text}", flush=True)))
    progress = Progress()
    await play(Player(gateway, province, quarter, progress.tick, folder / "accepted.jsonl"), progress, limit)
    print(await table(gateway, province, quarter))
    await gateway.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=2021, help="the same seed gives the same province")
    parser.add_argument("--quarter", type=int, choices=[1, 2, 3, 4], default=1)
    parser.add_argument("--limit", type=int, help="play only so many tasks")
    given = parser.parse_args()
    asyncio.run(run(given.seed, given.quarter, given.limit))


if __name__ == "__main__":
    main()
