"""Composition of the service: `python -m sampling.main all|api|rpc|worker|migrate|redrive|openapi`."""

from pathlib import Path

from common.process import Service, main
from common.reseal import Sealed
from sampling import api, clients, rpc
from sampling.actions import finality
from sampling.settings import Settings
from sampling.store import duties

SERVICE = Service(
    name="sampling",
    settings=Settings,
    routers=api.ROUTERS,
    migrations=str(Path(__file__).parents[1] / "migrations"),
    servicers=rpc.add,
    clients=clients.connect,
    work=(finality.work,),
    duties=duties.count_duties,
    sealed=(
        Sealed("sample", "id", {"personal": "form"}),
        Sealed("custody_event", "id", {"phone_sealed": "phone"}),
        Sealed("evidence", "id", {"exif_sealed": "exif"}),
        Sealed("objection", "id", {"contact": "contact", "phone": "phone"}),
    ),
)

if __name__ == "__main__":
    main(SERVICE)
