"""What officers do with the non-conforming batches: serve the result, work each leg until the five are in place, close it."""

import asyncio
import hashlib
from datetime import date, timedelta
from typing import Any

from demo.play import Played, Player, side_by_side

LEG_WAIT_SECONDS = 60.0
LATE_EVERY, EXTENDED_EVERY, OPEN_EVERY = 29, 17, 41  # a few legs are late, a few extended, a few still open: as in life
OPEN_STATES = ("OPENED", "RECEIVED", "CONTROLLED", "CAUSE_FOUND", "RECTIFYING", "RECHECK", "PENALTY_DECIDED", "NO_PENALTY", "PUBLISHED")
Leg = dict[str, Any]


def proof(*parts: object) -> list[str]:
    """Hash of a piece of evidence; the file itself stays with the bureau."""
    return [hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()]


async def notify(player: Player, batch: Played) -> None:
    """Serve every liable party with the result (告知), a few days after the report."""
    who, path = f"officer.{batch.plan.task.region_code}", f"/sampling/v1/samples/{batch.sample_id}/notices"
    for number, party in enumerate(batch.parties):
        served = batch.plan.issued_on + timedelta(days=2 + number)
        body = {"party_role": party["role"], "method": "直接送达" if number == 0 else "邮寄送达", "served_on": str(served)}
        body |= {"receipt_no": f"SD-{batch.plan.sequence}-{number}", "signed_by": party["name"][:20]}
        await player.gateway.call(who, "POST", path, key=player.key("notice", batch.plan.sequence, number), json=body)
        player.tick("告知", 1)


async def find_legs(player: Player, batches: list[Played]) -> list[Leg]:
    """The legs of these batches, as the owner sees them, once all of them are there."""
    wanted = {batch.sample_id: len(batch.parties) for batch in batches}
    owners = sorted({batch.plan.task.region_code for batch in batches})
    async with asyncio.timeout(LEG_WAIT_SECONDS):
        while True:
            found = await side_by_side(_legs_of(player, owner) for owner in owners)
            legs = [leg for some in found for leg in some if leg["sample_id"] in wanted]
            unique = {leg["id"]: leg for leg in legs}
            if len(unique) >= sum(wanted.values()):
                return sorted(unique.values(), key=lambda leg: (leg["sample_no"], leg["party_role"]))
            await asyncio.sleep(0.5)


async def _legs_of(player: Player, owner: str) -> list[Leg]:
    who = f"officer.{owner}"
    states = [*OPEN_STATES, "CLOSED", "HALTED"]
    here = await player.gateway.every(who, "/disposal/v1/legs", state=states)
    elsewhere = await player.gateway.every(who, "/disposal/v1/legs", state=states, elsewhere=True)
    return here + elsewhere


async def work_leg(player: Player, number: int, leg: Leg) -> None:
    """One leg from its receipt to its closing; the sender of an outbound leg waits for the other province's acknowledgement."""
    desk = _Desk(player, leg, date.fromisoformat(leg["reported_on"]))
    if leg["outbound"]:
        await desk.act("acknowledge", "acknowledge", {"acknowledged_on": desk.day(12), "by": "省外市场监督管理部门"})
    else:
        await _control(desk)
        if number % OPEN_EVERY == OPEN_EVERY - 1:
            return  # still in hand when the quarter is looked at
        if number % EXTENDED_EVERY == EXTENDED_EVERY - 1:
            await _extend(desk)
        await _finish(desk, late=number % LATE_EVERY == LATE_EVERY - 1)
    player.tick("核查处置", 1)


class _Desk:
    """One leg on the desk of its bureau."""

    def __init__(self, player: Player, leg: Leg, start: date) -> None:
        self.player, self.leg, self.start = player, leg, start
        self.root = f"/disposal/v1/legs/{leg['id']}"

    def day(self, after: int) -> str:
        return str(self.start + timedelta(days=after))

    async def act(self, step: str, path: str, body: dict[str, Any], *, role: str = "officer", method: str = "POST") -> Any:
        key = self.player.key("leg", self.leg["sample_no"], self.leg["party_role"], step)
        return await self.player.gateway.call(f"{role}.{self.leg['region_code']}", method, f"{self.root}/{path}", key=key, json=body)

    async def measure(self, kind: str, after: int, **more: Any) -> None:
        body = {"kind": kind, "taken_on": self.day(after), "evidence": proof(self.leg["id"], kind)} | more
        await self.act(f"measure-{kind}", "measures", body)

    async def settle(self, part: str, after: int) -> None:
        body = {"state": "done", "on": self.day(after), "evidence": proof(self.leg["id"], part)}
        await self.act(f"five-{part}", f"five/{part}", body, method="PUT")


async def _control(desk: _Desk) -> None:
    await desk.act("receive", "receive", {"received_on": desk.day(3)})
    seller = desk.leg["party_role"] == "seller"
    await desk.measure("STOP_SALE" if seller else "STOP_PRODUCTION", 4, details="已停止销售" if seller else "已停止生产同种产品")
    await desk.settle("risk_control", 4)
    await desk.measure("ORDER_CORRECT", 6, served_on=desk.day(6), details="责令改正")


async def _extend(desk: _Desk) -> None:
    asked = await desk.act("extend", "extensions", {"applied_on": desk.day(40), "days": 30, "reason": "复查检验排期"})
    await desk.act("extended", f"extensions/{asked['id']}/approve", {"approved_on": desk.day(41)}, role="chief")


async def _finish(desk: _Desk, *, late: bool) -> None:
    await desk.settle("cause", 15)
    await desk.settle("rectification", 30)
    await desk.measure("RECHECK", 40, result="conforming", details="复查合格")
    if desk.leg["party_role"] == "seller":
        reason = {
            "state": "not_applicable",
            "on": desk.day(44),
            "reason": "已履行进货查验义务,不予处罚",
            "evidence": proof(desk.leg["id"], "penalty"),
        }
        await desk.act("penalty", "five/penalty", reason, method="PUT")
        await desk.act("penalty-approved", "five/penalty/approve", {"approved_on": desk.day(45)}, role="chief")
        await desk.measure("NO_PENALTY", 45)
    else:
        case = {"case_no": f"甘市监罚〔2021〕{int(desk.leg['id'][-4:], 16) % 9000 + 1000}号", "amount_fen": 1_000_000, "details": "罚款"}
        await desk.measure("FINE", 45, **case)
        await desk.settle("penalty", 45)
    await desk.settle("disclosure", 50)
    await desk.act("close", "close", {"closed_on": desk.day(150 if late else 55)})
