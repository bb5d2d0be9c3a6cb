"""Composition: `python -m credit.main all | api | rpc | worker | migrate | redrive | openapi`."""

from pathlib import Path

from common.process import Service, main
from credit import api, clients, events, rpc
from credit.actions import sending
from credit.settings import Settings
from credit.store import records

SERVICE = Service(
    name="credit",
    settings=Settings,
    routers=[api.router],
    migrations=str(Path(__file__).parents[1] / "migrations"),
    servicers=rpc.add,
    clients=clients.connect,
    topics=("sampling.report.v1", "sampling.notice.v1", "sampling.objection.v1", "disposal.leg.v1"),
    handlers=events.HANDLERS,
    work=(sending.work,),
    duties=records.count_duties,
)

if __name__ == "__main__":
    main(SERVICE)
