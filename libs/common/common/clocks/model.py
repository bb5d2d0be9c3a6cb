"""What a time limit (时限) is made of. Pure data: no clock of the machine, no session, no service."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class ClockRefused(ValueError):
    """A date that cannot be computed or a change of it that the law does not allow; `code` is stable, `message` is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class Unit(StrEnum):
    """What is counted (计算单位)."""

    WD = "WD"  # 工作日, State Council calendar
    CD = "CD"  # 日, calendar day
    H = "H"  # 小时
    M = "M"  # 月
    Y = "Y"  # 年


class Whose(StrEnum):
    """Whose time it is; it decides between one date and two (domain.md 2.12, weekend as last day)."""

    RIGHT = "right"  # 当事人权利: one date, rolled
    PARTY = "party"  # 当事人义务: one date, rolled
    OFFICE = "office"  # 机关、机构义务: legal date (rolled) and target date (not after the raw one)


class Mode(StrEnum):
    """What the period means."""

    BY = "by"  # act within it
    BEFORE = "before"  # act at least this long before the trigger
    WINDOW = "window"  # act between its opening and its end
    BAN = "ban"  # do not act until it is over
    KEEP = "keep"  # keep (retain, show, list) until it is over


class Roll(StrEnum):
    """What happens when the last day is a day of rest (末日顺延)."""

    WORKDAY = "workday"  # next working day, over weekends and holidays (default of domain.md 2.12)
    STATUTORY = "statutory"  # O18 art. 55 to the letter: over announced holidays only, an ordinary weekend stays
    NONE = "none"


class Tag(StrEnum):
    """How sure the rule is (domain.md 0.1)."""

    T = "T"  # article read
    M = "M"  # law, article number to be re-read
    C = "C"  # practice of existing systems
    U = "U"  # unverified, ask the bureau
    D = "D"  # default of this platform


class PauseKind(StrEnum):
    """Why time does not run (中止)."""

    TESTING = "testing"  # 检验、检测、鉴定
    CONSULTING = "consulting"  # 商请其他部门或专业机构
    FORCE_MAJEURE = "force_majeure"  # 不可抗力, approved

    @property
    def zh(self) -> str:
        """The word of the statutes."""
        return {"testing": "检验、检测、鉴定", "consulting": "商请其他部门或者机构", "force_majeure": "不可抗力"}[self.value]


@dataclass(frozen=True, slots=True)
class ExtensionRule:
    """One extension that a limit allows, in the limit's own unit; `length` None: as long as the approver says."""

    approver: str
    length: int | None = None
    usual: int | None = None
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """One time limit of domain.md 2.11. `length` None: the text gives no number (`agreed` may supply one)."""

    id: str
    name: str
    trigger: str
    duty: str
    length: int | None
    unit: Unit
    whose: Whose
    source: str
    tag: Tag
    mode: Mode = Mode.BY
    roll: Roll = Roll.WORKDAY
    extensions: tuple[ExtensionRule, ...] = ()
    pausable: tuple[PauseKind, ...] = ()
    agreeable: bool = False  # contract, detailed rules or a decision may set the length
    opens_after: int = 0  # WINDOW only: the first day is this one + 1
    local_holidays: bool = False  # no national limit counts a prefecture's own holidays (HOL art. 4)
    overrun: str = ""
    note: str = ""

    @property
    def is_law(self) -> bool:
        """True when the length is a text of law, False when practice or a default that the bureau must confirm."""
        return self.tag in (Tag.T, Tag.M)

    def may_pause(self, kind: PauseKind) -> bool:
        """Testing and consulting only where the article says so; approved force majeure stops any limit in days."""
        in_days = self.unit in (Unit.WD, Unit.CD) and self.mode is Mode.BY and bool(self.length)
        return in_days and (kind is PauseKind.FORCE_MAJEURE or kind in self.pausable)


@dataclass(frozen=True, slots=True)
class Extension:
    """An approved extension (延期审批), in the limit's unit."""

    length: int
    approved_on: date
    approved_by: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """Days that do not count (中止), both ends included. For a pause still open pass the day of asking as `end`."""

    start: date
    end: date
    kind: PauseKind
    reason: str = ""


class StepKind(StrEnum):
    """What one line of a proof says about its day."""

    START = "start"
    COUNTED = "counted"
    SKIPPED = "skipped"
    PAUSED = "paused"
    EXTENDED = "extended"
    ROLLED = "rolled"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a proof: the day (or hour), what was done with it, why, and the running number of days counted."""

    on: date
    kind: StepKind
    reason: str
    number: int


def local_day(moment: date) -> date:
    """The calendar day in Shanghai of a date or of an aware datetime."""
    if not isinstance(moment, datetime):
        return moment
    return local_time(moment).date()


def local_time(moment: date) -> datetime:
    """An aware datetime in Shanghai; a bare date or a naive datetime is refused."""
    if not isinstance(moment, datetime):
        raise ClockRefused("needs_time", "按小时计算的期限需要具体时刻，不能只有日期")
    if moment.tzinfo is None:
        raise ClockRefused("naive_time", "时刻缺少时区")
    return moment.astimezone(SHANGHAI)
