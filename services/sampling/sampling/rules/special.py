"""Special paths (特殊情形): refusal, stop for illegal production, online purchase, goods kept at the firm, dangerous goods, kinds of sampling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sampling.rules.custody import RefusalReason
from sampling.rules.form import ControlType, TaskCategory
from sampling.rules.problem import Problem, shown
from sampling.rules.samples import Programme, Stage
from sampling.rules.stored import SLASH, Liable, StoredForm

SIGNATURES = 2
PROOFS_OF_REFUSAL = frozenset({"拒抽照片", "拒抽视频"})
NOTIFY_WITHIN = timedelta(hours=1)  # 立即报告, O18 art. 20; the hour is this platform's own (domain §9, 24)
DANGEROUS_GROUPS = frozenset({"HAZCHEM", "FIREWORKS", "OIL_COAL"})
EMERGENCY, MONITORING_TASK, ONLINE_MODE = "应急抽样", "11", "3"
_SC = re.compile(r"SC[0-9]{14}")


class StopReason(StrEnum):
    """Why sampling or testing ends without a test (终止抽样原因): O18 arts. 16 and 29, O15 art. 21."""

    NO_LICENCE = "无生产许可证"
    LICENCE_ENDED = "许可证已吊销、撤销或注销"
    LICENCE_EXPIRED = "许可证已过期"
    NO_CCC = "无强制性产品认证证书"
    NO_BUSINESS = "无营业执照"
    FORBIDDEN = "国家明令淘汰或禁止生产销售"
    OTHER = "其他涉嫌违法"


class RepeatException(StrEnum):
    """When the six months do not matter (O18 art. 7)."""

    FOLLOW_UP = "不合格产品跟踪抽查"
    EMERGENCY = "应急处置"


@dataclass(frozen=True, slots=True)
class Rights:
    """What a kind of sampling is bound to and what follows from it (O15 arts. 16 and 41; domain trap 8)."""

    bound_by_quantity: bool
    bound_by_place: bool
    needs_licence: bool
    fails_as: str
    may_reinspect: bool
    counts_as_found: bool


_SUPERVISION = Rights(True, True, True, "NON_CONFORMING", True, True)
_FREE = Rights(False, False, False, "PROBLEM", False, True)  # its problems are no failures, yet found (K3)
RIGHTS: Mapping[TaskCategory, Rights] = {
    TaskCategory.SUPERVISION: _SUPERVISION,
    TaskCategory.MONITORING: _SUPERVISION,
    TaskCategory.RISK_MONITORING: _FREE,
    # Evaluative sampling measures the pass rate: its failures are failures, but not problems that supervision found.
    TaskCategory.EVALUATION: Rights(True, True, True, "NON_CONFORMING", True, False),
}


def rights_of(form: StoredForm, document: Mapping[str, Any]) -> Rights:
    """The rights of a batch; an emergency is bound by no more than risk monitoring, yet its failures are failures (O15 art. 16)."""
    food = document.get("food") or {}
    rights = RIGHTS[TaskCategory(form.food.task_category if form.food else TaskCategory.SUPERVISION.value)]
    if food.get("sampling_type") == EMERGENCY:
        return Rights(False, False, False, rights.fails_as, rights.may_reinspect, rights.counts_as_found)
    return rights


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A refusal as the samplers recorded it (拒绝抽样认定书)."""

    on: date
    reason: RefusalReason
    note: str
    refused_at: datetime | None
    signers: tuple[str, ...]
    witness: str | None
    asked_price_fen: int | None


def check_refusal(refusal: Refusal, form: StoredForm, kinds: Collection[str], today: date) -> list[Problem]:
    """Evidence, two of the form's samplers, a reason that is one (O18 art. 20, O15 art. 21)."""
    problems = []
    if refusal.on > today:
        problems.append(Problem("date_future", "/on", "日期晚于今日", "in the future"))
    if refusal.on < form.sampled_on:
        problems.append(Problem("date_order", "/on", "拒抽日期早于抽样日期", "refused before the visit"))
    if refusal.reason is RefusalReason.SIGNATURE:
        zh = "仅拒绝签字盖章不属于拒绝抽样：封样时注明情况并由见证人签名"
        problems.append(Problem("refusal_not_enough", "/reason", zh, "refusing to sign is not by itself a refusal: seal with a note and a witness"))
    if not PROOFS_OF_REFUSAL.intersection(kinds):
        zh = "须先上传拒抽照片或拒抽视频"
        problems.append(Problem("refusal_evidence", "/evidence", zh, "a photo or a video of the refusal comes first"))
    problems += _check_signers(refusal.signers, form)
    if refusal.reason is RefusalReason.PRICE and refusal.asked_price_fen is None:
        problems.append(Problem("refusal_price", "/asked_price_fen", "样品价格明显不合理的须填对方要价", "say which price was asked"))
    return problems


def _check_signers(signers: Sequence[str], form: StoredForm) -> list[Problem]:
    """Two of the form's samplers, by the numbers of their certificates."""
    known = {person.certificate_no for person in form.samplers}
    strange = [index for index, number in enumerate(signers) if number not in known]
    if strange:
        pointer = f"/signers/{strange[0]}"
        return [Problem("refusal_signer", pointer, "签名人不是本抽样单的抽样人员", "the signer is no sampler of this form")]
    if len(set(signers)) < SIGNATURES:
        return [Problem("refusal_signatures", "/signers", "拒绝抽样认定书须有两名抽样人员签名", "two samplers sign the record of a refusal")]
    return []


def notify_by(happened_at: datetime) -> datetime:
    """Until when organiser and county must know."""
    return happened_at + NOTIFY_WITHIN


@dataclass(frozen=True, slots=True)
class Stop:
    """Illegal production is evident without a test (终止抽样)."""

    on: date
    reason: StopReason
    licence_no: str | None
    note: str


def check_stop(stop: Stop, sampled_on: date, today: date) -> list[Problem]:
    """A day that can be, and words where the reason alone says nothing."""
    problems = []
    if stop.on > today:
        problems.append(Problem("date_future", "/on", "日期晚于今日", "in the future"))
    if stop.on < sampled_on:
        problems.append(Problem("date_order", "/on", "终止日期早于抽样日期", "stopped before the visit"))
    if stop.reason is StopReason.OTHER and not stop.note.strip():
        problems.append(Problem("note_missing", "/note", "选择其他的须说明", "'other' needs a note"))
    return problems


#: What these reasons say is said of whoever makes the product; the others are about the party that was visited (O18 arts. 16, 29; O15 art. 21).
ABOUT_MAKER = frozenset({StopReason.NO_LICENCE, StopReason.LICENCE_ENDED, StopReason.LICENCE_EXPIRED, StopReason.NO_CCC, StopReason.FORBIDDEN})


def suspect(reason: StopReason, liable: Sequence[Liable]) -> Liable:
    """Whom a stop is about: its bureau is told, and a case is proposed to it."""
    maker = next((party for party in liable if party.role == "producer"), None)
    return maker if maker is not None and reason in ABOUT_MAKER else liable[0]


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence as the directory knows it, with its status on the day asked."""

    kind: str
    number: str
    status: str
    valid_from: str
    valid_to: str


@dataclass(frozen=True, slots=True)
class LicenceQuestion:
    """Whose licence is asked for, of which kind and number, on which day."""

    uscc: str
    kind: str
    number: str
    on: date


def licence_question(form: StoredForm, document: Mapping[str, Any]) -> LicenceQuestion | None:
    """What the directory is asked before sealing: at the producer's the day of the visit counts, elsewhere the day of production (domain §4.5)."""
    maker = form.sampled_party if form.stage == Stage.PRODUCTION else form.producer
    if maker is None or maker.uscc in ("", SLASH) or not rights_of(form, document).needs_licence:
        return None
    on = form.sampled_on if form.stage == Stage.PRODUCTION else form.product.production_date or form.sampled_on
    if form.programme == Programme.PRODUCT and form.product.control_type == ControlType.LICENCE:
        return LicenceQuestion(maker.uscc, "XK", form.product.certificate_no, on)
    if form.programme == Programme.FOOD and _SC.fullmatch(maker.licence_no):
        return LicenceQuestion(maker.uscc, "SC", maker.licence_no, on)
    return None


def check_licences(asked: LicenceQuestion, held: Iterable[Licence] | None) -> list[Problem]:
    """The named licence held good on the day, in one of its terms: a renewed one keeps its number (延续). A firm that the directory does not know
    proves nothing (held is None)."""
    if held is None:
        return []
    named = [licence for licence in held if licence.kind == asked.kind and _plain(licence.number) == _plain(asked.number)]
    if not named:
        zh = f"名录中该企业没有许可证「{shown(asked.number)}」，涉嫌无证生产，应终止抽样（{_article(asked)}）"
        return [Problem("licence_absent", "/product/certificate_no", zh, "the firm holds no such licence: stop the sampling")]
    if any(licence.status == "有效" for licence in named):
        return []
    last = max(named, key=lambda licence: licence.valid_from)
    zh = f"许可证「{shown(asked.number)}」在 {asked.on} 的状态为「{last.status}」，应终止抽样（{_article(asked)}）"
    return [Problem("licence_invalid", "/product/certificate_no", zh, f"the licence did not hold on {asked.on}: stop the sampling")]


def _plain(number: str) -> str:
    return "".join(unicodedata.normalize("NFKC", number).upper().split())


def _article(asked: LicenceQuestion) -> str:
    return "《产品质量监督抽查管理暂行办法》第十六条" if asked.kind == "XK" else "《食品安全抽样检验管理办法》第二十一条"


@dataclass(frozen=True, slots=True)
class Kept:
    """The sample stays at the firm under seal (样品封存于企业): O18 art. 23."""

    seal_mark: str
    keeper: str
    told_liable: bool


@dataclass(frozen=True, slots=True)
class Unsigned:
    """The party took part but would not sign (拒绝签字盖章): a note and a witness stand for it."""

    note: str
    witness: str


@dataclass(frozen=True, slots=True)
class RepeatBasis:
    """Why the six months do not matter, and the paper that says so."""

    kind: RepeatException
    paper: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What was special about a sealing."""

    kept: Kept | None = None
    unsigned: Unsigned | None = None
    repeat: RepeatBasis | None = None
    dangerous: bool = False

    @property
    def is_special(self) -> bool:
        return bool(self.kept or self.unsigned or self.repeat or self.dangerous)


def check_circumstances(told: Circumstances, form: StoredForm, document: Mapping[str, Any]) -> list[Problem]:
    """Keeping at the firm is for products whose firm knows that it answers; online the buyers do not unpack (O18 arts. 23-26, O15 art. 18)."""
    problems = []
    if told.kept is not None and form.programme == Programme.FOOD:
        problems.append(Problem("kept_food", "/kept", "食品样品不得留存于被抽样单位", "a food sample does not stay at the firm"))
    elif told.kept is not None and not told.kept.told_liable:
        zh = "须告知企业不得转移、调换、毁损封存的样品及其责任（《产品质量监督抽查管理暂行办法》第二十三条）"
        problems.append(Problem("kept_not_told", "/kept/told_liable", zh, "tell the firm that it answers for the sealed sample"))
    if document.get("online"):
        problems += check_purchase(document["online"], form)
    return problems


def check_purchase(online: Mapping[str, Any], form: StoredForm) -> list[Problem]:
    """Those who bought do not unpack, two unpack, and test and reserve sample are both bought and sealed (O18 arts. 25-26, O15 art. 18)."""
    buyers, unpackers = _persons(online.get("buyers")), _persons(online.get("unpackers"))
    problems = []
    if len(unpackers) < SIGNATURES:
        problems.append(Problem("unpackers_count", "/online/unpackers", "拆封人员不得少于两名", "two persons unpack"))
    if buyers & unpackers:
        zh = "买样人员不得参与拆封（《产品质量监督抽查管理暂行办法》第二十五条、《食品安全抽样检验管理办法》第十八条）"
        problems.append(Problem("buyer_unpacks", "/online/unpackers", zh, "who bought the sample does not unpack it"))
    if form.reserve_quantity <= 0 and not form.reserve_reason.strip():
        zh = "网络抽样须同时购买检样和备样"
        problems.append(Problem("purchase_reserve", "/reserve_quantity", zh, "buy the test and the reserve sample together"))
    return problems


def _persons(told: Any) -> set[str]:
    """Certificate numbers tell persons apart, names where there is none."""
    return {person.get("certificate_no") or person.get("name", "") for person in told or () if isinstance(person, Mapping)}


@dataclass(frozen=True, slots=True)
class RepeatQuestion:
    """What planning is asked: the product as O18 art. 7 means it, the day, and who organises the check."""

    producer_uscc: str
    producer_name: str
    standard: str
    brand: str
    spec: str
    on: date
    source_region_code: str
    sample_id: str


@dataclass(frozen=True, slots=True)
class RepeatFound:
    """The check that stands in the way."""

    checked_on: date
    source_region_code: str
    superior: bool


def repeat_question(told: Circumstances, form: StoredForm, document: Mapping[str, Any], asking: tuple[str, str]) -> RepeatQuestion | None:
    """None where the six months do not apply: food, risk monitoring, follow-up of a failure, emergency, nothing to compare (O18 art. 7)."""
    monitoring = (document.get("check") or {}).get("task_kind") == MONITORING_TASK
    maker = form.sampled_party if form.stage == Stage.PRODUCTION else form.producer
    if form.programme != Programme.PRODUCT or told.repeat is not None or monitoring or maker is None or form.product.spec in ("", SLASH):
        return None
    product = form.product
    return RepeatQuestion(maker.uscc, maker.name, product.standard, product.brand, product.spec, form.sampled_on, *asking)
