"""HTTP routes. Dates are business dates; the future is refused."""

from collections.abc import Callable
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from common.caller import Caller
from common.http import PageDep, PageOf, RuntimeDep, SessionDep, TodayDep, allow, check_match, etag, no_key, page_of
from common.http import router as new_router
from common.http.paging import keyset
from common.today import check_not_future
from experts import schemas, store
from experts.actions import panels
from experts.actions import pool as acts
from experts.rules import panel
from experts.rules.pool import ExpertState, Pool
from experts.rules.seats import MemberState

router: APIRouter = new_router(tags=["experts"])


def _match(request: Request) -> Callable[[int], None]:
    return partial(check_match, request)


def _contact_key(runtime: RuntimeDep) -> str:
    key: str = runtime.settings.contact_key
    return key


def _draw_seed(runtime: RuntimeDep) -> bytes:
    return bytes.fromhex(runtime.settings.draw_seed)


def _target(draw_id: UUID, expert_id: UUID, match: "MatchDep") -> panels.Target:
    return panels.Target(draw_id, expert_id, match)


MatchDep = Annotated[Callable[[int], None], Depends(_match)]
ContactKeyDep = Annotated[str, Depends(_contact_key)]
DrawSeedDep = Annotated[bytes, Depends(_draw_seed)]
TargetDep = Annotated[panels.Target, Depends(_target)]
ADMIN = allow("expert_admin")
READER = allow(*panels.READERS)
DRAWER = allow(*panels.DRAWERS)
RECORDER = allow(*panels.RECORDERS)


@router.post("/experts:batch", status_code=201, summary="批量登记入库申请")
async def apply(body: schemas.BatchIn, session: SessionDep, key: ContactKeyDep, caller: Caller = ADMIN) -> schemas.ExpertsOut:
    wanted = [each.to_applicant() for each in body.experts]
    return schemas.ExpertsOut(items=await acts.apply(session, caller, wanted, key))


@router.post("/experts:review-batch", summary="批量评审")
async def review_many(body: schemas.ReviewManyIn, session: SessionDep, today: TodayDep, caller: Caller = ADMIN) -> schemas.ExpertsOut:
    check_not_future(body.reviewed_on, today, "/reviewed_on")
    return schemas.ExpertsOut(items=await acts.review(session, caller, body.ids, body.reviewed_on, opinion=body.opinion))


@router.post("/experts:notice-batch", summary="批量公示")
async def notice_many(body: schemas.NoticeManyIn, session: SessionDep, today: TodayDep, caller: Caller = ADMIN) -> schemas.ExpertsOut:
    check_not_future(body.notice_from, today, "/from")
    return schemas.ExpertsOut(items=await acts.give_notice(session, caller, body.ids, body.notice_from))


@router.post("/experts:activate-batch", summary="批量入库")
async def activate_many(body: schemas.ActivateManyIn, session: SessionDep, today: TodayDep, caller: Caller = ADMIN) -> schemas.ExpertsOut:
    check_not_future(body.on, today, "/on")
    return schemas.ExpertsOut(items=await acts.activate(session, caller, body.ids, body.on))


@router.post("/experts:expire", summary="任期届满出库")
async def expire(body: schemas.ExpireIn, session: SessionDep, today: TodayDep, caller: Caller = ADMIN) -> schemas.ExpertsOut:
    check_not_future(body.on, today, "/on")
    return schemas.ExpertsOut(items=await acts.expire(session, caller, body.on))


@router.get("/experts", summary="专家名单")
async def list_experts(
    *,
    session: SessionDep,
    page: PageDep,
    pool: Pool | None = None,
    state: ExpertState | None = None,
    speciality: Annotated[str | None, Query(min_length=1, max_length=60)] = None,
    caller: Caller = READER,
) -> PageOf[schemas.ExpertOut]:
    filters = {"pool": pool, "state": state, "speciality": speciality}
    rows = await store.list_experts(session, filters, keyset(page, [UUID]), page.limit)
    return page_of(rows, page, lambda row: (row.id,), schemas.ExpertOut.model_validate)


@router.get("/experts/{expert_id}", summary="专家详情")
async def show_expert(expert_id: UUID, session: SessionDep, response: Response, caller: Caller = READER) -> schemas.ExpertDetail:
    expert = await store.get_expert(session, expert_id)
    response.headers["ETag"] = etag(expert.revision)
    private = await store.find_private(session, expert_id)
    interests = await store.list_interests(session, [expert_id]) if private else []
    scores = await store.list_scores(session, expert_id)
    return schemas.ExpertDetail.of(expert, private.phone_masked if private else None, interests, scores)


@router.post("/experts/{expert_id}/review", summary="评审")
async def review(
    *, expert_id: UUID, body: schemas.ReviewIn, session: SessionDep, today: TodayDep, match: MatchDep, response: Response, caller: Caller = ADMIN
) -> schemas.ExpertOut:
    check_not_future(body.reviewed_on, today, "/reviewed_on")
    [expert] = await acts.review(session, caller, [expert_id], body.reviewed_on, opinion=body.opinion, match=match)
    response.headers["ETag"] = etag(expert.revision)
    return schemas.ExpertOut.model_validate(expert)


@router.post("/experts/{expert_id}/notice", summary="公示")
async def give_notice(
    *, expert_id: UUID, body: schemas.NoticeIn, session: SessionDep, today: TodayDep, match: MatchDep, response: Response, caller: Caller = ADMIN
) -> schemas.ExpertOut:
    check_not_future(body.notice_from, today, "/from")
    [expert] = await acts.give_notice(session, caller, [expert_id], body.notice_from, match=match)
    response.headers["ETag"] = etag(expert.revision)
    return schemas.ExpertOut.model_validate(expert)


@router.post("/experts/{expert_id}/activate", summary="入库或恢复")
async def activate(
    *, expert_id: UUID, body: schemas.ActivateIn, session: SessionDep, today: TodayDep, match: MatchDep, response: Response, caller: Caller = ADMIN
) -> schemas.ExpertOut:
    check_not_future(body.on, today, "/on")
    [expert] = await acts.activate(session, caller, [expert_id], body.on, match=match)
    response.headers["ETag"] = etag(expert.revision)
    return schemas.ExpertOut.model_validate(expert)


@router.post("/experts/{expert_id}/suspend", summary="暂停")
async def suspend(
    *, expert_id: UUID, body: schemas.SuspendIn, session: SessionDep, today: TodayDep, match: MatchDep, response: Response, caller: Caller = ADMIN
) -> schemas.ExpertOut:
    check_not_future(body.on, today, "/on")
    expert = await acts.suspend(session, caller, expert_id, body.on, reason=body.reason, match=match)
    response.headers["ETag"] = etag(expert.revision)
    return schemas.ExpertOut.model_validate(expert)


@router.post("/experts/{expert_id}/remove", summary="出库")
async def remove(
    *, expert_id: UUID, body: schemas.RemoveIn, session: SessionDep, today: TodayDep, match: MatchDep, response: Response, caller: Caller = ADMIN
) -> schemas.ExpertOut:
    check_not_future(body.on, today, "/on")
    expert = await acts.remove(session, caller, expert_id, acts.Removal(body.cause, body.on, body.reason), match=match)
    response.headers["ETag"] = etag(expert.revision)
    return schemas.ExpertOut.model_validate(expert)


@router.post("/experts/{expert_id}/scores", status_code=201, summary="年度评分")
async def score(
    *, expert_id: UUID, body: schemas.ScoreIn, session: SessionDep, today: TodayDep, match: MatchDep, caller: Caller = ADMIN
) -> schemas.ScoreOut:
    check_not_future(body.scored_on, today, "/scored_on")
    given = acts.YearScore(body.year, body.to_score(), body.scored_on)
    return schemas.ScoreOut.model_validate(await acts.score(session, caller, expert_id, given, match=match))


@router.post("/experts/{expert_id}/phone:unmask", summary="查看联系电话(留痕)", dependencies=[Depends(no_key)])
async def unmask_phone(
    *, expert_id: UUID, body: schemas.ReasonIn, session: SessionDep, key: ContactKeyDep, response: Response, caller: Caller = ADMIN
) -> schemas.PhoneOut:
    response.headers["Cache-Control"] = "no-store"
    return schemas.PhoneOut(phone=await acts.unmask_phone(session, caller, expert_id, body.reason, key))


def _drawn(drawn: panels.Drawn, response: Response) -> schemas.DrawDetail:
    response.headers["ETag"] = etag(drawn.draw.revision)
    return schemas.DrawDetail.of(drawn.draw, drawn.members, protocol=drawn.draw.protocol)


@router.post("/draws", status_code=201, summary="抽取专家组", responses={200: {"model": schemas.DrawDetail, "description": "drawn before"}})
async def draw_panel(
    *, body: schemas.DrawIn, session: SessionDep, today: TodayDep, seed: DrawSeedDep, response: Response, caller: Caller = DRAWER
) -> schemas.DrawDetail:
    drawn = await panels.draw_panel(session, caller, body.to_terms(), today, seed)
    response.status_code = 201 if drawn.is_new else 200
    return _drawn(drawn, response)


@router.get("/draws", summary="抽取记录")
async def list_draws(
    session: SessionDep,
    page: PageDep,
    pool: Pool | None = None,
    purpose: Annotated[str | None, Query(min_length=1, max_length=300)] = None,
    caller: Caller = READER,
) -> PageOf[schemas.DrawOut]:
    rows = await store.list_draws(session, {"pool": pool, "purpose": purpose}, keyset(page, [UUID]), page.limit)
    members = await store.list_members(session, [row.id for row in rows])
    return page_of(rows, page, lambda row: (row.id,), lambda row: schemas.DrawOut.of(row, [m for m in members if m.draw_id == row.id]))


@router.get("/draws/{draw_id}", summary="抽取详情")
async def show_draw(draw_id: UUID, session: SessionDep, response: Response, caller: Caller = READER) -> schemas.DrawDetail:
    draw = await store.get_draw(session, draw_id)
    return _drawn(panels.Drawn(draw, await store.list_members(session, [draw_id])), response)


@router.get("/draws/{draw_id}/replay", summary="复盘")
async def replay(draw_id: UUID, session: SessionDep, caller: Caller = READER) -> schemas.ReplayOut:
    draw = await store.get_draw(session, draw_id)
    return schemas.ReplayOut.of(draw, panel.replay(draw.seed, draw.protocol))


@router.post("/draws/{draw_id}/reveal", summary="揭示种子")
async def reveal(
    *, draw_id: UUID, body: schemas.RevealIn, session: SessionDep, today: TodayDep, match: MatchDep, response: Response, caller: Caller = DRAWER
) -> schemas.DrawDetail:
    check_not_future(body.revealed_on, today, "/revealed_on")
    return _drawn(await panels.reveal(session, caller, draw_id, body.revealed_on, match), response)


@router.post("/draws/{draw_id}/members/{expert_id}/recuse", summary="当事人申请回避")
async def recuse(
    *, target: TargetDep, body: schemas.RecuseIn, session: SessionDep, today: TodayDep, response: Response, caller: Caller = DRAWER
) -> schemas.DrawDetail:
    check_not_future(body.asked_on, today, "/asked_on")
    return _drawn(await panels.recuse(session, caller, target, body.asked_on, body.reason), response)


@router.post("/draws/{draw_id}/members/{expert_id}/decline", summary="专家不能参加")
async def decline(
    *, target: TargetDep, body: schemas.DeclineIn, session: SessionDep, today: TodayDep, response: Response, caller: Caller = DRAWER
) -> schemas.DrawDetail:
    check_not_future(body.declined_on, today, "/declined_on")
    leave = panels.Leave(MemberState.DECLINED, body.declined_on, body.reason, refused=not body.with_cause)
    return _drawn(await panels.decline(session, caller, target, leave), response)


@router.post("/draws/{draw_id}/members/{expert_id}/declare", summary="利害关系声明")
async def declare(
    *, target: TargetDep, body: schemas.DeclareIn, session: SessionDep, today: TodayDep, response: Response, caller: Caller = RECORDER
) -> schemas.DrawDetail:
    check_not_future(body.declared_on, today, "/declared_on")
    declaration = panels.Declaration(body.declared_on, body.has_interest, body.reason)
    return _drawn(await panels.declare(session, caller, target, declaration), response)


@router.post("/draws/{draw_id}/members/{expert_id}/opinion", summary="登记专家意见")
async def give_opinion(
    *, target: TargetDep, body: schemas.OpinionIn, session: SessionDep, today: TodayDep, response: Response, caller: Caller = RECORDER
) -> schemas.DrawDetail:
    check_not_future(body.given_on, today, "/given_on")
    return _drawn(await panels.give_opinion(session, caller, target, panels.Given(body.opinion, body.text, body.given_on)), response)
