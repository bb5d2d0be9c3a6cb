"""Enterprises (企业): the words of the register, who owns the record, and how names are found and personal data shown."""

import hashlib
import hmac
import json
import re
from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Literal, get_args

from common.errors import Invalid, Refused
from common.fragments import bigrams as bigrams
from common.fragments import fold as fold
from common.fragments import fragment_of as fragment_of
from common.region import Region

Kind = Literal[
    "生产企业", "经营企业", "餐饮服务提供者", "集中交易市场开办者", "网络平台提供者", "进口商", "委托方", "小作坊",
    "小经营店", "摊贩", "食用农产品销售者",
]  # fmt: skip
Size = Literal["大", "中", "小", "微"]
Grade = Literal["A", "B", "C", "D"]
Status = Literal["存续", "迁出", "注销", "吊销", "撤销", "停业", "歇业"]
KINDS, SIZES, GRADES, STATUSES = (frozenset[str](get_args(each)) for each in (Kind, Size, Grade, Status))
IN_OPERATION = "存续"

_PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}", re.ASCII)
_PRODUCT = re.compile(r"[0-9A-Z][0-9A-Z-]{1,19}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Firm:
    """One enterprise as a form or a sheet tells it: public facts, the bureau's own facts, and its contact."""

    uscc: str
    name: str
    kind: str
    status: str
    division_code: str
    address: str
    size: str | None
    industry: str
    risk_grade: str | None
    products: tuple[str, ...]
    legal_person: str
    phone: str

    @property
    def owner(self) -> Region:
        """The bureau of the actual place (实际经营地), never of the place of registration."""
        return Region.of_division(self.division_code)


def check_division(code: str, known: Collection[str]) -> None:
    """Refuse a division that is not in the province's table or no longer in force."""
    if code not in known:
        raise Invalid("division_unknown", "行政区划代码不在本省现行区划表中", "not a division of this province in force", pointer="/division_code")


def check_owner(owner: Region, bureau: Region) -> None:
    """A bureau registers what lies in its own place; the actual place decides (domain §4.6)."""
    if owner != bureau:
        raise Refused("division_not_own", "实际地址不在本机关辖区,请由所在地市场监管部门登记", "the actual place belongs to another bureau")


def check_phone(phone: str) -> None:
    """Refuse what is neither a mobile nor a landline number."""
    if phone and not _PHONE.fullmatch(phone):
        raise Invalid("phone_format", "联系电话须为手机号码或带区号的固定电话", "not a telephone number", pointer="/contact/phone")


def check_products(codes: Collection[str]) -> None:
    """Refuse what cannot be a code of the catalogue (监管目录) or a food class; planning owns the catalogue itself."""
    for code in codes:
        if not _PRODUCT.fullmatch(code):
            raise Invalid("product_code", f"产品目录代码格式不正确:{code[:30]}", "not a product code", pointer="/products")


def mask_person(name: str) -> str:
    """张**: the family name only."""
    return name[:1] + "*" * (len(name) - 1)


_TOLD = tuple(field.name for field in fields(Firm) if field.name != "products")


def fingerprint(mark: bytes, firm: Firm) -> bytes:
    """A keyed mark of everything that the firm's record says, so that an import sees what has not changed."""
    told = [getattr(firm, name) for name in _TOLD]
    return hmac.new(mark, json.dumps([*told, sorted(firm.products)], ensure_ascii=False).encode(), hashlib.sha256).digest()
