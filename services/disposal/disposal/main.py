"""Composition: `python -m disposal.main all | api | rpc | worker | migrate | redrive | openapi`."""

from pathlib import Path

from common.process import Service, main
from disposal import api, events, rpc, store
from disposal.settings import Settings

SERVICE = Service(
    name="disposal",
    settings=Settings,
    routers=[api.router],
    migrations=str(Path(__file__).parents[1] / "migrations"),
    servicers=rpc.add,
    topics=("sampling.sample.v1", "sampling.report.v1", "sampling.objection.v1"),
    handlers=events.HANDLERS,
    duties=store.count_duties,
)

if __name__ == "__main__":
    main(SERVICE)
