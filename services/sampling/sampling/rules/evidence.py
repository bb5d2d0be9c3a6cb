"""Evidence of a batch (影像证据): its kinds, what each may be, and the list of what is missing (O18 arts. 18, 20, 25, O15 art. 18)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sampling.rules.problem import Problem

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Family(StrEnum):
    """What a file is, roughly."""

    IMAGE = "图片"
    VIDEO = "视频"
    PAPER = "PDF"


class EvidenceKind(StrEnum):
    """What a piece of evidence shows (证据种类)."""

    SHOPFRONT = "店面"
    LICENCE = "营业执照"
    SHELF = "货架"
    STOCK = "库存"
    LABEL = "标签"
    SEALING = "封样"
    SAMPLES = "样品"
    PEOPLE = "人样合影"
    PURCHASE = "购物票据"
    FORM = "抽样单"
    NOTICE = "告知书"
    PROCESS = "抽样过程"
    STORAGE = "储运条件"
    REFUSAL_PHOTO = "拒抽照片"
    REFUSAL_VIDEO = "拒抽视频"
    ABSENCE = "未抽到现场"
    UNBOXING = "拆封"
    PAGE_SELLER = "网页截图-经营者信息"
    PAGE_PRODUCT = "网页截图-商品展示"
    PAGE_ORDER = "网页截图-订单"
    PAGE_PAYMENT = "网页截图-支付记录"
    RESERVE = "备样状态"
    SERVICE = "送达回证"
    SIGNATURE = "签名"
    OBJECTION = "异议材料"
    OTHER = "其他"


_K = EvidenceKind
ON_SITE = (_K.SHOPFRONT, _K.LICENCE, _K.SHELF, _K.STOCK, _K.LABEL, _K.SEALING, _K.SAMPLES, _K.PEOPLE)
ONLINE = (_K.PAGE_SELLER, _K.PAGE_PRODUCT, _K.PAGE_ORDER, _K.PAGE_PAYMENT, _K.UNBOXING, _K.STORAGE, _K.SAMPLES, _K.SEALING)
REFUSAL = frozenset({_K.REFUSAL_PHOTO, _K.REFUSAL_VIDEO})  # one of them proves a refusal (O18 art. 20)

_VIDEO = frozenset({Family.VIDEO})
_PHOTO = frozenset({Family.IMAGE})
_PAPER = frozenset({Family.IMAGE, Family.PAPER})
_SCENE = frozenset({Family.IMAGE, Family.VIDEO})
_FAMILIES: Mapping[EvidenceKind, frozenset[Family]] = {
    **dict.fromkeys((_K.SHOPFRONT, _K.SHELF, _K.STOCK, _K.LABEL, _K.SEALING, _K.SAMPLES, _K.PEOPLE, _K.REFUSAL_PHOTO), _PHOTO),
    **dict.fromkeys((_K.LICENCE, _K.PURCHASE, _K.FORM, _K.NOTICE, _K.PAGE_SELLER, _K.PAGE_PRODUCT, _K.PAGE_ORDER, _K.PAGE_PAYMENT), _PAPER),
    **dict.fromkeys((_K.SERVICE, _K.SIGNATURE), _PAPER),
    **dict.fromkeys((_K.PROCESS, _K.STORAGE, _K.ABSENCE, _K.UNBOXING, _K.RESERVE), _SCENE),
    _K.REFUSAL_VIDEO: _VIDEO,
    _K.OBJECTION: frozenset(Family),
    _K.OTHER: frozenset(Family),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a piece was taken (WGS-84 degrees)."""

    latitude: Decimal
    longitude: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the person who files a piece says of it."""

    kind: EvidenceKind
    taken_at: datetime
    place: Place | None = None
    device: str = ""
    note: str = ""
    file_name: str = ""
    content_type: str = ""


def check_declared(declared: Declared, family: Family, today: date) -> list[Problem]:
    """The kind fits the file, the moment is not ahead of us, and the place is in China (which also finds swapped coordinates)."""
    problems = []
    if family not in _FAMILIES[declared.kind]:
        allowed = "、".join(sorted(_FAMILIES[declared.kind]))
        problems.append(Problem("evidence_kind_media", "/kind", f"「{declared.kind}」须为{allowed}", f"this kind is never a {family.name.lower()}"))
    if declared.taken_at.astimezone(SHANGHAI).date() > today:
        problems.append(Problem("date_future", "/taken_at", "拍摄时间晚于今日", "taken in the future"))
    place = declared.place
    if place is not None and not (3 <= place.latitude <= 54 and 73 <= place.longitude <= 136):
        problems.append(
            Problem("evidence_place", "/latitude", "拍摄位置不在国内,请核对经纬度", "the place is not in China; latitude and longitude swapped?")
        )
    return problems


def list_required(form: Mapping[str, Any]) -> tuple[EvidenceKind, ...]:
    """The eight kinds of a visit, or those of an online purchase (网络抽样)."""
    return ONLINE if form.get("online") else ON_SITE


def list_missing(form: Mapping[str, Any], have: Collection[str]) -> list[str]:
    """Kinds that a batch still lacks, in the order in which they are taken."""
    return [kind.value for kind in list_required(form) if kind.value not in have]


def check_complete(form: Mapping[str, Any], have: Collection[str]) -> list[Problem]:
    """`evidence_missing` with the list, for a bureau that seals nothing without its photos."""
    missing = list_missing(form, have)
    if not missing:
        return []
    return [Problem("evidence_missing", "/evidence", f"缺少证据:{'、'.join(missing)}", f"missing evidence: {', '.join(missing)}")]


def proves_refusal(have: Collection[str]) -> bool:
    """Whether a photo or a video of the refusal is on file (拒抽, O18 art. 20)."""
    return any(kind.value in have for kind in REFUSAL)
