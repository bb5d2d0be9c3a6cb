"""Short words for writing fields down, and the fields that food and product forms share."""

from __future__ import annotations

from typing import Any

from sampling.rules import fields_rules as when
from sampling.rules.field import SLASH, Field, Kind, Need, Rule, Source

BASIS, PARTY, MAKER, THIRD, GOODS, BODY, PROOF = "基本信息", "被抽样单位", "标识生产企业", "第三方企业", "样品信息", "抽样单位", "凭证与签字"
POST_CODE, EMAIL = r"^([0-9]{6}|/)$", r"^([^@\s/]+@[^@\s/]+|/)$"


def text(pointer: str, label: str, group: str, **more: Any) -> Field:
    """A required text."""
    return Field(**({"pointer": pointer, "label": label, "group": group, "kind": Kind.TEXT, "need": Need.REQUIRED} | more))


def slashed(pointer: str, label: str, group: str, **more: Any) -> Field:
    """A required text for which `/` stands where it does not apply."""
    return text(pointer, label, group, **({"slash": True} | more))


def choice(pointer: str, label: str, group: str, codes: str, **more: Any) -> Field:
    """A required value of a code list."""
    return text(pointer, label, group, **({"kind": Kind.ENUM, "codes": codes} | more))


def optional(pointer: str, label: str, group: str, **more: Any) -> Field:
    return text(pointer, label, group, **({"need": Need.OPTIONAL} | more))


def needed(pointer: str, label: str, group: str, rule: Rule, **more: Any) -> Field:
    """A conditional field."""
    return text(pointer, label, group, **({"need": Need.CONDITIONAL, "rule": rule, "strict": True} | more))


def given(pointer: str, label: str, group: str, **more: Any) -> Field:
    """A field that the platform fills: task, numbers, dates of later acts."""
    return text(pointer, label, group, source=Source.PLATFORM, **more)


def proof(kind: str, label: str, **more: Any) -> Field:
    """A file that is kept as evidence beside the form (证据): photo or document with hash, place and time."""
    return text(f"/evidence/{kind}", label, PROOF, **({"kind": Kind.FILE, "source": Source.EVIDENCE} | more))


def head(group: str = BASIS) -> tuple[Field, ...]:
    """What every form begins with."""
    return (
        choice("/programme", "类别", group, "programme"),
        text("/task_id", "任务", group, kind=Kind.ID),
        given("/task_source", "任务来源", group, national="sp_s_2_1"),
    )


def firm(section: str, who: str, group: str, national: dict[str, str], rule: Rule | None = None) -> tuple[Field, ...]:
    """A firm on the form (单位): name, code, place, persons. With a rule the whole firm may be left out."""
    need = {"need": Need.CONDITIONAL, "rule": rule} if rule else {}

    def of(name: str, label: str, **more: Any) -> Field:
        return text(f"/{section}/{name}", f"{who}{label}", group, national=national.get(name, ""), **(need | more))

    loose: dict[str, Any] = {"slash": True, "default": SLASH, "need": Need.REQUIRED if not rule else Need.OPTIONAL, "rule": None}
    return (
        of("name", "名称", size=200, slash=section == "producer"),
        of("uscc", "统一社会信用代码/营业执照号", kind=Kind.USCC, slash=True, size=18),
        of("division_code", "所在地(省市县)", kind=Kind.DIVISION),
        of("address", "地址", slash=section == "producer"),
        of("legal_person", "法定代表人(负责人)", private=True, size=60, **loose),
        of("contact", "联系人", private=True, size=60, **loose),
        of("phone", "联系电话", private=True, size=40, **loose),
    )


def amounts() -> tuple[Field, ...]:
    """How much was there and how much was taken."""
    return (
        text("/base_quantity", "抽样基数/批量", GOODS, kind=Kind.DECIMAL, national="sp_s_206"),
        text("/quantity", "抽样数量(含备样)", GOODS, kind=Kind.DECIMAL, national="sp_n_15"),
        text("/reserve_quantity", "备样数量", GOODS, kind=Kind.DECIMAL, national="sp_s_208"),
        text("/unit", "数量单位", GOODS, size=20, national="sp_s_6"),
        needed("/reserve_reason", "无备样原因", GOODS, when.NO_RESERVE, kind=Kind.PARAGRAPH, default=""),
        choice("/reserve_place", "备样封存地点", GOODS, "reserve_place", default="检验机构"),
        text("/sampled_on", "抽样日期", GOODS, kind=Kind.DAY, national="sp_d_38"),
        optional("/sampled_at", "抽样时间", GOODS, kind=Kind.MOMENT),
    )


def team() -> tuple[Field, ...]:
    """Who sampled (抽样单位、抽样人员): at least two persons, O18 art. 15, O15 art. 14."""
    return (
        text("/sampling_body", "抽样单位名称", BODY, national="sp_s_35", need=Need.OPTIONAL),
        choice("/team/level", "抽样单位级别", BODY, "body_level", national="sp_s_36", need=Need.OPTIONAL),
        optional("/team/address", "抽样单位地址", BODY),
        optional("/team/post_code", "抽样单位邮编", BODY, pattern=POST_CODE, size=6, slash=True),
        optional("/team/fax", "抽样单位传真", BODY, size=40, slash=True),
        text("/samplers", "抽样人员", BODY, kind=Kind.PERSONS, national="sp_s_37", size=10),
        slashed("/team/phone", "抽样人员电话", BODY, private=True, size=40, national="sp_s_39"),
        slashed("/team/leader", "抽样单位负责人", BODY, size=60, national="sp_s_40"),
        slashed("/team/email", "抽样单位电子邮箱", BODY, private=True, pattern=EMAIL, size=100, national="sp_s_42"),
        optional("/officers", "监管人员执法证号", BODY, kind=Kind.TEXTS, size=10, default=[]),
    )


def proofs(letter: str) -> tuple[Field, ...]:
    """Evidence and signatures (凭证、签字): kept beside the form, eight photos in practice."""
    return (
        proof("form", "抽样单电子版"),
        proof("letter", letter),
        *(proof(f"photo_{n}", label) for n, label in enumerate(
            ("店面(厂门)照片", "证照照片", "货架照片", "库存照片", "标签照片", "封样照片", "两份样品照片", "人员与样品照片"), start=1)),
        proof("receipt", "购物票据", need=Need.OPTIONAL),
        proof("sampler_signature", "抽样人员签字"),
        proof("party_signature", "被抽样单位签字或盖章(拒签须注明并有见证人)"),
    )  # fmt: skip
