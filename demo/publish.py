"""What the credit officers do: propose what is final, have a second person approve it, export it, and see it acknowledged."""

import asyncio
from typing import Any

from demo.play import Player, side_by_side

ROUNDS = {
    1: ("2021-01-29", "2021-02-26", "2021-03-31", "2021-04-23", "2021-05-21", "2021-06-30"),
    2: ("2021-04-30", "2021-05-31", "2021-06-30", "2021-07-30", "2021-08-31", "2021-09-30"),
    3: ("2021-07-30", "2021-08-31", "2021-09-30", "2021-10-29", "2021-11-30", "2021-12-31"),
    4: ("2021-10-29", "2021-11-30", "2021-12-31", "2022-01-28", "2022-02-28", "2022-03-31"),
}
ACK_WAIT_SECONDS = 90.0
WAITING = ("APPROVED", "SENT")


async def publish_quarter(player: Player, bureaus: list[str]) -> None:
    """Every bureau's rounds of publicity for the quarter, each with its own second person."""
    await side_by_side(_publish(player, bureau) for bureau in bureaus)


async def _publish(player: Player, bureau: str) -> None:
    for day in ROUNDS[player.quarter]:
        await _round(player, bureau, day)


async def _round(player: Player, bureau: str, day: str) -> None:
    gateway, number, remaining = player.gateway, 0, 1
    while remaining:
        wanted = {"filter": {"eligible_by": day}, "proposed_on": day}
        key = player.key("propose", bureau, day, number)
        done = await gateway.call(f"credit.{bureau}", "POST", "/credit/v1/records:propose", key=key, json=wanted)
        remaining, number = done["remaining"], number + 1
        if done["proposal_id"] is None:
            return
        approval = {"proposal_id": done["proposal_id"], "approved_on": day}
        await gateway.call(f"chief.{bureau}", "POST", "/credit/v1/records:approve", key=player.key("approve", done["proposal_id"]), json=approval)
        exported = {"all_approved": True, "exported_on": day}
        await gateway.call(f"credit.{bureau}", "POST", "/credit/v1/exports", key=player.key("export", done["proposal_id"]), json=exported)
        player.tick("公示归集", done["proposed"])


async def records_of(player: Player, bureau: str, **wanted: Any) -> list[Any]:
    return await player.gateway.every(f"credit.{bureau}", "/credit/v1/records", **wanted)


async def wait_for_acknowledgements(player: Player) -> int:
    """Wait until nothing that was exported is without its acknowledgement; the number still waiting when time is up."""
    waiting = -1
    for _ in range(int(ACK_WAIT_SECONDS / 0.5)):
        found = await side_by_side(_count(player, state) for state in WAITING)
        waiting = sum(found)
        if waiting == 0:
            return 0
        await asyncio.sleep(0.5)
    return waiting


async def _count(player: Player, state: str) -> int:
    page = await player.gateway.call("credit.62", "GET", "/credit/v1/records", params={"state": state, "page_size": 200})
    return len(page["items"])
