"""Composition of the planning service: `python -m planning.main all`."""

from pathlib import Path

from common.process import Service, main
from planning import api, clients, events, rpc
from planning.settings import Settings

SERVICE = Service(
    name="planning",
    settings=Settings,
    routers=list(api.ROUTERS),
    migrations=str(Path(__file__).parents[1] / "migrations"),
    servicers=rpc.add,
    clients=clients.connect,
    topics=("sampling.sample.v1", "directory.division.v1"),
    handlers=events.HANDLERS,
)

if __name__ == "__main__":
    main(SERVICE)
