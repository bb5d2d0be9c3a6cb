"""Writes docs/benchmarks.md: the figures, how they were made, and the facts of the machine."""

from collections.abc import Sequence

from bench.figures import Figure, table
from bench.machine import facts
from ops.settings import ROOT

FILE = ROOT / "docs/benchmarks.md"
_TEXT = """\
# Benchmarks

Written by `make bench` on {date}. It resets and starts a platform of its own (port 28080), measures, and stops it; `python -m bench NAME…` on a
running platform measures only the named parts ({parts}) and writes nothing.
Ratios are taken side by side inside one run, because absolute times on a shared machine move by ± 30 %.
Brackets are [min – max] over the rounds; the figure before them is the median. A goal that is
not met is printed and does not fail the run.

{table}

## The machine

{facts}

## How each part is measured

- **quarter, memory, start**: `python -m demo` on a fresh platform: users, province, {batches}, ledger check, all through the gateway. Memory is the
  proportional set size of each program with its children right after it. The warm start is `python -m ops.up` after `python -m ops.down`.
- **push**: seven rounds, one dropped before them, order flipped. One call of 1,000 reports with 10 items each through the gateway: a laboratory's
  Keycloak token verified, idempotency key, strict JSON, verdict recomputed from the scheme, row-level security, outbox, audit chain of 86 owners,
  signed receipt. The limit beside it: the rows that this call stored (`report`, `report_item`, `outbox`) as ready binary COPY streams, one
  client, one transaction, into tables of the same shape (`LIKE … INCLUDING ALL`, the report's foreign key to `sample`) without policies. Our
  `report_item` has no foreign key to `report`; the goals were set against a limit that has one, so that variant is printed too. Between turns
  the platform's processes become quiet first. The samples are cloned by SQL, as superuser, from one that was sampled, sealed and received
  through the API.
- **single**: one report a call, alone, 40 ms apart, each beside the commit of the same rows by COPY.
- **visible**: one client pushes batches of 200 conforming reports without pause; another pushes one non-conforming report, and asks as the
  officer of its county for the leg every 20 ms from the moment the push is answered.
- **lists**: 200,000 cloned batches over 86 counties, 40 products, six states and 90 days, with their pairs of characters, `VACUUM ANALYZE`.
  An officer of each level asks each question 62 times over HTTP, one call after the other (the first two are dropped): more than the six after which
  PostgreSQL would keep one plan for all values, which lists forbid. An export finds all ids first, then reads and writes 1,000 forms at a time
  into a file; its answer begins when the file is whole, since a file that breaks off could be taken for a complete one.
- **tenancy**: 2,000,000 rows in `report` of a scratch database made by sampling's own migrations, 5,000 grants, `VACUUM ANALYZE`. Count, first and
  last day by verdict and scheme: as the running role in a signed scope, against `region_code >= … AND region_code < …` as a role with BYPASSRLS
  (which does not see what was granted: the policies answer more). One warm-up, seven rounds, order flipped.
  `max_parallel_workers_per_gather` is 1 (`ops/postgres.py`).
- **search**: 500,000 synthetic names in a scratch database made by directory's own migrations; 200 fragments of each kind through the
  function that serves `GET /enterprises?q=`, as the running role in a signed scope, page of 50.
"""


async def write(figures: Sequence[Figure], date: str) -> None:
    """The document of one whole run."""
    lines = "\n".join(f"- {line}" for line in await facts())
    parts = ", ".join(dict.fromkeys(["quarter", "push", "single", "visible", "resend", "lists", "imports", "tenancy", "search", "start"]))
    text = _TEXT.format(date=date, parts=parts, table=table(figures), facts=lines, batches="a quarter of 3,085 batches")
    FILE.write_text(text, encoding="utf-8")
