"""Composition of the service: `python -m sampling.main all|api|rpc|worker|migrate|redrive|openapi`."""

from pathlib import Path

from common.process import Service, main
from sampling import api, clients, rpc
from sampling.settings import Settings

SERVICE = Service(
    name="sampling",
    settings=Settings,
    routers=api.ROUTERS,
    migrations=str(Path(__file__).parents[1] / "migrations"),
    servicers=rpc.add,
    clients=clients.connect,
)

if __name__ == "__main__":
    main(SERVICE)
