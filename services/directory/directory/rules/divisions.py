"""Divisions (行政区划) that join at run time, such as functional zones (功能区): which code, level and parent fit together."""

from dataclasses import dataclass
from datetime import date

from common.errors import Invalid, Refused
from common.region import Region

#: The level that a division may have below another; a prefecture without counties (嘉峪关) may get some.
BELOW = {"province": "prefecture", "prefecture": "county"}


@dataclass(frozen=True, slots=True)
class DivisionForm:
    """A division as the province writes it."""

    code: str
    name: str
    level: str
    parent_code: str
    valid_from: date | None
    valid_to: date | None
    successor_code: str | None

    @property
    def facts(self) -> tuple[str, date | None, date | None, str | None]:
        """What may change later: name, time of validity, successor."""
        return self.name, self.valid_from, self.valid_to, self.successor_code


def check_form(form: DivisionForm, parent_level: str | None) -> None:
    """Refuse a code that does not lie below its parent: superiors see by the code's beginning, so a wrong one would show rows to strangers."""
    if parent_level is None:
        raise Invalid("division_unknown", "上级行政区划代码不存在", "there is no such division above it", pointer="/parent_code")
    if BELOW.get(parent_level) != form.level:
        raise Invalid("division_level", "级别与上级区划不符", "the level does not fit the division above it", pointer="/level")
    own, above = Region.of_division(form.code), Region.of_division(form.parent_code)
    if own.level != form.level or own == above or not above.covers(own):
        zh = f"区划代码须以上级前缀 {above.code} 开头,且与级别相符(功能区末两位可用字母,如 6201A1)"
        raise Invalid("division_code", zh, f"the code must begin with {above.code} and fit the level", pointer="/code")
    if form.valid_from and form.valid_to and form.valid_to < form.valid_from:
        raise Invalid("date_order", "截止日期早于起始日期", "it ends before it begins", pointer="/valid_to")


def check_change(known: tuple[str, str | None], form: DivisionForm) -> None:
    """Level and parent stay: rows, users and plans are owned by them already."""
    if known != (form.level, form.parent_code):
        raise Refused("division_in_use", "区划已启用,级别和上级不能更改;请启用新代码", "level and parent of a division that is there cannot change")
