"""The directory, composed: `python -m directory.main all`."""

from pathlib import Path

from common.process import Service, main
from common.reseal import Sealed
from directory import api, rpc
from directory.settings import Settings

SERVICE = Service(
    name="directory",
    settings=Settings,
    routers=[api.router],
    migrations=str(Path(__file__).parents[1] / "migrations"),
    servicers=rpc.add,
    sealed=(Sealed("enterprise_contact", "enterprise_id", {"legal_person": "legal_person", "phone": "phone"}),),
)

if __name__ == "__main__":
    main(SERVICE)
