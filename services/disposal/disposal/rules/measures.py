"""Measures (处置措施, domain.md 4.8): what each must say, and the order to correct with its re-check (O18 arts. 44-49)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from common.errors import Invalid, Refused
from disposal.rules.batch import Programme


class Kind(StrEnum):
    """Control, supervision and case measures; RESUME records that the party took up the product again (O18 art. 49)."""

    STOP_SALE = "STOP_SALE"  # 停止销售(下架)
    SEAL = "SEAL"  # 封存
    DETAIN = "DETAIN"  # 查封扣押
    CONFISCATE = "CONFISCATE"  # 没收
    RECALL = "RECALL"  # 召回
    DESTROY = "DESTROY"  # 无害化处理、销毁
    STOP_PRODUCTION = "STOP_PRODUCTION"  # 停产
    SITE_NOTICE = "SITE_NOTICE"  # 经营场所公示
    ORDER_CORRECT = "ORDER_CORRECT"  # 责令改正
    INTERVIEW = "INTERVIEW"  # 责任约谈
    RECHECK = "RECHECK"  # 复查
    FOLLOW_UP = "FOLLOW_UP"  # 跟踪抽查
    ASSIST = "ASSIST"  # 技术帮扶
    REGIONAL = "REGIONAL"  # 区域整治
    ANNOUNCE = "ANNOUNCE"  # 公告
    SUSPEND = "SUSPEND"  # 责令停业整顿
    REVOKE_LICENCE = "REVOKE_LICENCE"  # 吊销许可证
    REVOKE_BUSINESS = "REVOKE_BUSINESS"  # 吊销营业执照
    FINE = "FINE"  # 罚款
    WARNING = "WARNING"  # 警告
    NO_PENALTY = "NO_PENALTY"  # 不予处罚
    EXEMPT = "EXEMPT"  # 免予处罚
    TRANSFER_POLICE = "TRANSFER_POLICE"  # 移送公安
    TRANSFER_DEPT = "TRANSFER_DEPT"  # 移送部门
    TRANSFER_REGION = "TRANSFER_REGION"  # 移送异地
    RESUME = "RESUME"  # 恢复生产、销售


NO_PENALTY_KINDS = frozenset({Kind.NO_PENALTY, Kind.EXEMPT})
CASE_KINDS = frozenset({Kind.FINE, Kind.CONFISCATE, Kind.WARNING}) | NO_PENALTY_KINDS
EARLY_RESUMPTION = "O18 第49条:复查合格前不得恢复生产、销售"


@dataclass(frozen=True, slots=True)
class Taken:
    """A measure as it was taken."""

    kind: Kind
    taken_on: date
    served_on: date | None = None
    result: str | None = None
    quantity: object = None
    unit: str | None = None
    amount_fen: int | None = None
    case_no: str = ""


def check_content(one: Taken) -> None:
    """Each kind has its own required field; fields of other kinds are refused."""
    _check(one.kind is Kind.ORDER_CORRECT, one.served_on, "served_on", "责令改正须填写送达日期")
    _check(one.kind is Kind.RECHECK, one.result, "result", "复查须填写结果")
    _check(one.kind is Kind.FINE, one.amount_fen, "amount_fen", "罚款须填写金额")
    if (one.quantity is None) != (one.unit is None):
        raise Invalid("quantity_unit", "数量与单位须同时填写", "quantity and unit go together", pointer="/unit")
    if one.served_on is not None and one.served_on < one.taken_on:
        raise Invalid("date_order", "送达日期不能早于作出日期", "served before it was made", pointer="/served_on")


def _check(wanted: bool, value: object, name: str, words: str) -> None:
    if wanted and value is None:
        raise Invalid("measure_incomplete", words, f"{name} is required for this kind", pointer=f"/{name}")
    if not wanted and value is not None and name != "amount_fen":
        raise Invalid("measure_field", "此类措施没有该字段", f"{name} does not belong to this kind", pointer=f"/{name}")


def check_sequence(one: Taken, before: Sequence[Taken], programme: Programme, opens_on: date | None) -> None:
    """Order, re-check, announcement and second re-check of a product follow each other (O18 arts. 45-47); food has no such ladder."""
    if programme is not Programme.PRODUCT:
        return
    order = first(before, Kind.ORDER_CORRECT)
    if one.kind is Kind.ORDER_CORRECT and order:
        raise Refused("order_exists", "该分支已有责令改正通知", "an order to correct has been given already")
    if one.kind is Kind.RECHECK:
        _check_recheck(one, order, opens_on)
    if one.kind is Kind.ANNOUNCE and not _failed(before):
        raise Refused("recheck_not_failed", "复查不合格的,方可公告", "only a failed re-check is announced")


def _check_recheck(one: Taken, order: Taken | None, opens_on: date | None) -> None:
    if order is None:
        raise Refused("order_missing", "尚未责令改正,不能复查", "no order to correct has been given")
    if one.taken_on < (order.served_on or order.taken_on):
        raise Invalid("date_order", "复查日期不能早于责令改正送达日期", "the re-check lies before the order was served", pointer="/taken_on")
    if opens_on is not None and one.taken_on < opens_on:
        raise Refused("recheck_too_early", f"公告后六十日内不得再次复查,最早为{opens_on}", f"a second re-check opens on {opens_on}")


def violation(one: Taken, before: Iterable[Taken], programme: Programme) -> str:
    """Resuming before a passed re-check is itself a breach (O18 arts. 49, 51); empty otherwise."""
    taken = list(before)
    if one.kind is not Kind.RESUME or programme is not Programme.PRODUCT or passed(taken):
        return ""
    return EARLY_RESUMPTION


def first(taken: Iterable[Taken], kind: Kind) -> Taken | None:
    """The first measure of a kind."""
    return next((one for one in taken if one.kind is kind), None)


def passed(taken: Iterable[Taken]) -> bool:
    """Whether the last re-check was passed (复查合格)."""
    last = _last_recheck(taken)
    return last is not None and last.result == "conforming"


def _failed(taken: Iterable[Taken]) -> bool:
    last = _last_recheck(taken)
    return last is not None and last.result == "nonconforming"


def _last_recheck(taken: Iterable[Taken]) -> Taken | None:
    rechecks = [one for one in taken if one.kind is Kind.RECHECK]
    return max(rechecks, key=lambda one: one.taken_on) if rechecks else None


def check_rechecked(taken: Sequence[Taken], programme: Programme) -> None:
    """The closing guard of products: after an order to correct, a passed re-check, unless the firm's licence to trade is revoked (PQL art. 17)."""
    if programme is not Programme.PRODUCT or not first(taken, Kind.ORDER_CORRECT):
        return
    if not passed(taken) and not first(taken, Kind.REVOKE_BUSINESS):
        raise Refused("recheck_missing", "责令改正后尚未复查合格", "no passed re-check after the order to correct", pointer="/measures")


def rectified(programme: Programme, done: bool, taken: Sequence[Taken]) -> bool:
    """Whether publicity may say corrected (整改合格): the part is done and, after an order to correct, the re-check passed."""
    if programme is Programme.PRODUCT and first(taken, Kind.ORDER_CORRECT):
        return done and passed(taken)
    return done


def case_summary(taken: Iterable[Taken]) -> dict[str, Any]:
    """What another bureau may know of the case: number, result and amount (domain.md 8.3)."""
    cases = [one for one in taken if one.kind in CASE_KINDS]
    return {
        "case_no": next((one.case_no for one in cases if one.case_no), ""),
        "case_results": sorted({one.kind.value for one in cases}),
        "amount_fen": sum(one.amount_fen or 0 for one in cases),
    }
