"""`make demo`: loads the demonstration province into a running platform, plays a quarter of its plan, and shows what came of it."""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable
from pathlib import Path

from tqdm import tqdm

from demo import history
from demo.build import build
from demo.dispose import find_legs, notify, work_leg
from demo.gateway import Gateway
from demo.load import is_loaded, load
from demo.play import Played, Player, non_conforming, sample_and_test, side_by_side, tasks_of
from demo.publish import publish_quarter, wait_for_acknowledgements
from demo.table import addresses, table
from ops import identities, ledger, settings

DATA = Path(__file__).parent / "data"


class Progress:
    """One bar a stage, made when the stage begins."""

    def __init__(self) -> None:
        self.bars: dict[str, tqdm[None]] = {}

    def expect(self, stage: str, total: int) -> None:
        self.bars[stage] = tqdm(total=total, desc=stage, unit="件", ncols=90, mininterval=0.5, file=sys.stdout)

    def tick(self, stage: str, done: int) -> None:
        if stage in self.bars:
            self.bars[stage].update(done)

    def close(self) -> None:
        for bar in self.bars.values():
            bar.close()
        self.bars.clear()


async def play(player: Player, progress: Progress, limit: int | None = None) -> list[Played]:
    """One quarter from the tasks to the acknowledged records; the batches played."""
    tasks = await tasks_of(player.gateway, player.quarter, limit)
    total = sum(task.quota for task in tasks)
    progress.expect("抽样", total)
    progress.expect("检验", total)
    played = await sample_and_test(player, tasks)
    failing = non_conforming(played)
    progress.expect("告知", sum(len(batch.parties) for batch in failing))
    await side_by_side(notify(player, batch) for batch in failing)
    legs = await find_legs(player, failing)
    progress.expect("核查处置", len(legs))
    await side_by_side(work_leg(player, number, leg) for number, leg in enumerate(legs))
    progress.expect("公示归集", 0)
    await publish_quarter(player, sorted({task.region_code for task in tasks}))
    waiting = await wait_for_acknowledgements(player)
    progress.close()
    if waiting:
        print(f"仍有 {waiting} 条公示记录未收到回执")
    return played


async def timed(name: str, work: Awaitable[object]) -> None:
    started = time.monotonic()
    await work
    print(f"  {name}:{time.monotonic() - started:.0f} 秒", flush=True)


async def run(options: argparse.Namespace) -> bool:
    """The whole demonstration; whether the ledger holds at its end."""
    platform = settings.load()
    receipts = platform.run / "accepted.jsonl"
    started = time.monotonic()
    print("演示用户与机构账号", flush=True)
    await asyncio.to_thread(identities.load, platform, DATA / "divisions.csv", DATA / "laboratories.csv")
    sheets = history.read_sheets(options.real) if options.real else []
    province, gateway = build(options.seed), Gateway(platform.gateway_url)
    if not await is_loaded(gateway):
        await timed("基础数据已装入", load(gateway, province, platform.run / "import", lambda text: print(f"装入:{text}", flush=True)))
    progress = Progress()
    await play(Player(gateway, province, options.quarter, progress.tick, receipts), progress, options.limit)
    print(f"一个季度用时 {time.monotonic() - started:.0f} 秒,请求 {gateway.counts['requests']} 次,重试 {gateway.counts['retried']} 次\n")
    if sheets:
        print(await history.import_all(gateway, sheets))
    print(await table(gateway, province, options.quarter))
    found = await ledger.check(ledger.seen_by_client(receipts))
    print(found.text())
    print(addresses(platform.gateway_url))
    await gateway.close()
    return found.holds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=2021, help="the same seed gives the same province")
    parser.add_argument("--quarter", type=int, choices=[1, 2, 3, 4], default=1)
    parser.add_argument("--limit", type=int, help="play only so many tasks")
    parser.add_argument("--real", type=Path, help="folder of really published rows to import as history")
    sys.exit(0 if asyncio.run(run(parser.parse_args())) else 1)


if __name__ == "__main__":
    main()
