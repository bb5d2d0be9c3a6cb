"""`python -m bench [NAME…]`: measures on the running platform, prints the table, and writes docs/benchmarks.md when all parts were measured."""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from bench import imports, lists, push, quarter, resend, search, tenancy, visible
from bench.document import write
from bench.figures import Figure, table
from bench.world import World, world

Bench = Callable[[], Awaitable[list[Figure]]]


def with_world(bench: Callable[[World], Awaitable[list[Figure]]]) -> Bench:
    """A bench that works on the loaded province."""

    async def run() -> list[Figure]:
        async with world() as loaded:
            return await bench(loaded)

    return run


#: In this order: the quarter wants a fresh platform, the push a quiet one.
PARTS: dict[str, Bench] = {
    "quarter": quarter.quarter,
    "push": with_world(push.batches),
    "single": with_world(push.single),
    "visible": with_world(visible.visible),
    "resend": with_world(resend.resend),
    "lists": with_world(lists.lists),
    "imports": with_world(imports.imports),
    "tenancy": tenancy.tenancy,
    "search": search.search,
    "start": quarter.start,
}


async def measure(names: list[str]) -> tuple[list[Figure], bool]:
    """Run the named parts in their order; one that cannot be measured says so and the others go on. The figures, and whether all are there."""
    figures: list[Figure] = []
    complete = True
    for name in [part for part in PARTS if part in names]:
        print(f"{name} …", flush=True)
        started = time.perf_counter()
        try:
            figures += await PARTS[name]()
        except Exception as error:
            complete = False
            while isinstance(error, ExceptionGroup):
                error = error.exceptions[0]
            print(f"  {name} could not be measured: {type(error).__name__}: {error}")
        print(f"  {name}: {time.perf_counter() - started:.0f} s", flush=True)
    return figures, complete


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"parts to measure: {', '.join(PARTS)}; all by default")
    parser.add_argument("--date", default=datetime.now(UTC).date().isoformat(), help="the day that the document names")
    options = parser.parse_args()
    if strange := set(options.names) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(strange))}")
    figures, complete = asyncio.run(measure(options.names or list(PARTS)))
    print(table(figures))
    if not options.names and complete:
        asyncio.run(write(figures, options.date))
    sys.exit(0 if complete else 1)


if __name__ == "__main__":
    main()
