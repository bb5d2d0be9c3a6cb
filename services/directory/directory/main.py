"""The directory, composed: `python -m directory.main all`."""

from pathlib import Path

from common.process import Service, main
from directory import api, rpc
from directory.settings import Settings

SERVICE = Service(
    name="directory",
    settings=Settings,
    routers=[api.router],
    migrations=str(Path(__file__).parents[1] / "migrations"),
    servicers=rpc.add,
)

if __name__ == "__main__":
    main(SERVICE)
