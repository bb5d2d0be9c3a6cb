"""The reserve sample (备样) and the notices of special paths (通报)."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter

from common.caller import Caller
from common.http import CallerDep, PageDep, PageOf, SessionDep, TodayDep, allow, page_of, router
from common.http.paging import keyset
from common.today import check_not_future
from sampling.actions import reserve, special
from sampling.rules.reserve import ReserveState
from sampling.schemas.custody import SpecialNoticeOut
from sampling.schemas.reserve import ArrivalIn, EndIn, LossIn, ReserveOut, TransferIn
from sampling.store import custody as store
from sampling.store import samples as sample_store

routes: APIRouter = router(tags=["reserve"])


@routes.get("/samples/{sample_id}/reserve")
async def show_reserve(sample_id: UUID, session: SessionDep) -> ReserveOut:
    """The reserve and until when it is kept, with the count (F25, P14)."""
    return ReserveOut.of(await reserve.show_reserve(session, sample_id))


@routes.post("/samples/{sample_id}/reserve/destroy")
async def destroy_reserve(
    sample_id: UUID, body: EndIn, session: SessionDep, today: TodayDep, caller: Caller = allow("laboratory", "officer")
) -> ReserveOut:
    """Destroy the reserve (处置备样): not before its date, never during a dispute (O15 art. 25)."""
    check_not_future(body.on, today, "/on")
    return ReserveOut.of(await reserve.end(session, caller, sample_id, ReserveState.DESTROYED, (body.on, body.note)))


@routes.post("/samples/{sample_id}/reserve/return")
async def return_reserve(
    sample_id: UUID, body: EndIn, session: SessionDep, today: TodayDep, caller: Caller = allow("laboratory", "officer")
) -> ReserveOut:
    """Give a free reserve back after the objection period (退还样品, O18 art. 33)."""
    check_not_future(body.on, today, "/on")
    return ReserveOut.of(await reserve.end(session, caller, sample_id, ReserveState.RETURNED, (body.on, body.note)))


@routes.post("/samples/{sample_id}/reserve/loss")
async def lose_reserve(
    sample_id: UUID, body: LossIn, session: SessionDep, today: TodayDep, caller: Caller = allow("laboratory", "officer")
) -> ReserveOut:
    """The reserve is gone (备样灭失); by the party's doing the first conclusion stands (O18 art. 39)."""
    check_not_future(body.on, today, "/on")
    return ReserveOut.of(await reserve.lose(session, caller, sample_id, body.cause, (body.on, body.note)))


@routes.post("/samples/{sample_id}/reserve/transfer")
async def transfer_reserve(sample_id: UUID, body: TransferIn, session: SessionDep, today: TodayDep, caller: Caller = allow("officer")) -> ReserveOut:
    """Send the reserve to the re-inspection laboratory, with seal number and photos of its state (O15 art. 33)."""
    check_not_future(body.on, today, "/on")
    sample = await sample_store.lock_own(session, sample_id, caller.bureau.code)
    await reserve.transfer(session, caller, sample, body.to_terms())
    return ReserveOut.of(await reserve.show_reserve(session, sample_id))


@routes.post("/samples/{sample_id}/reserve/arrival")
async def receive_reserve(
    sample_id: UUID, body: ArrivalIn, session: SessionDep, today: TodayDep, caller: Caller = allow("laboratory", "officer")
) -> ReserveOut:
    """The re-inspection laboratory confirms that the reserve came, and how its seal was."""
    check_not_future(body.on, today, "/on")
    return ReserveOut.of(await reserve.arrive(session, caller, sample_id, body.to_terms()))


@routes.get("/special-notices")
async def list_special_notices(
    session: SessionDep, caller: CallerDep, page: PageDep, kind: Literal["refusal", "illegal", "online"] | None = None, sample_id: UUID | None = None,
    open_only: bool = False,
) -> PageOf[SpecialNoticeOut]:  # fmt: skip
    """Notices that this bureau sent or got, newest first (通报)."""
    before = keyset(page, [UUID])
    wanted = {"kind": kind, "sample_id": sample_id, "open": open_only}
    rows = await store.list_notices(session, wanted, before[0] if before else None, page.limit)
    return page_of(rows, page, lambda row: (row.id,), lambda row: SpecialNoticeOut.of(row, caller.region is None))


@routes.post("/special-notices/{notice_id}/acknowledge")
async def acknowledge_notice(notice_id: UUID, session: SessionDep, caller: Caller = allow("officer")) -> SpecialNoticeOut:
    """The bureau that was told says so (签收通报)."""
    return SpecialNoticeOut.of(await special.acknowledge(session, caller, notice_id))
