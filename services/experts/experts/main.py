"""Composition: `python -m experts.main all | api | rpc | worker | migrate | redrive | openapi`."""

from pathlib import Path

from common.process import Service, main
from common.reseal import Sealed
from experts import api, rpc
from experts.settings import Settings

SERVICE = Service(
    name="experts",
    settings=Settings,
    routers=[api.router],
    migrations=str(Path(__file__).parents[1] / "migrations"),
    servicers=rpc.add,
    sealed=(Sealed("expert_private", "expert_id", {"phone_sealed": "phone"}),),
)

if __name__ == "__main__":
    main(SERVICE)
