"""The file of one bureau or one laboratory (TOML), checked whole before anything is done; every fault has a pointer, a code and words."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from common.http.problems import from_validation
from common.region import DIVISION, Region
from common.strict import Bool, Day, Line, Schema

Division6 = Annotated[str, StringConstraints(strict=True, pattern=rf"^{DIVISION}$")]
Role = Literal["planner", "approver", "officer", "chief", "sampler", "credit", "registrar", "expert_admin", "auditor"]
ROLES = frozenset[str](get_args(Role))
#: Hands that must be two people's (domain.md 8.2): who drafts does not approve, who handles does not grant the extension.
APART = (("planner", "approver"), ("officer", "chief"))
ALONE = "auditor"  # sees everything that is recorded, so has no hand in it


class Division(Schema):
    """The bureau's division (行政区划); a functional zone's last two characters may be letters."""

    code: Division6
    name: Annotated[Line, Field(max_length=60)]
    level: Literal["prefecture", "county"]
    parent: Division6
    valid_from: Day | None = None

    @property
    def region(self) -> Region:
        return Region.of_division(self.code)


class Person(Schema):
    """Somebody of the bureau; `invite` false: the identity provider behind Keycloak has the password."""

    username: Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z0-9][a-z0-9._-]{2,63}$")]
    name: Annotated[Line, Field(max_length=60)]
    roles: Annotated[list[Role], Field(min_length=1, max_length=9)]
    invite: Bool = True


class Quota(Schema):
    """Requests that all of a bureau, or a laboratory, may have in progress at once, in each process of a service."""

    requests_at_once: Annotated[int, Field(strict=True, ge=1, le=999)]


class Certificate(Schema):
    """CMA accreditation (资质认定证书)."""

    cma_no: Line
    valid_from: Day
    valid_to: Day


class Ability(Schema):
    """An item with a method that the laboratory may report on (能力附表)."""

    item: Line
    method: Line


class Laboratory(Schema):
    """A laboratory (承检机构), as `PUT /labs/{code}` takes it."""

    code: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z0-9]{2,12}$")]
    name: Line
    report_prefix: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z0-9]{0,12}$")] = ""
    division_code: Division6
    address: Line
    certificates: Annotated[list[Certificate], Field(min_length=1, max_length=20)]
    scope: Annotated[list[Ability], Field(min_length=1, max_length=20_000)]


class BureauFile(Schema):
    """A bureau that joins, or some more people of one that is there."""

    kind: Literal["bureau"]
    request: Annotated[Line, Field(max_length=120)]
    division: Division
    users: Annotated[list[Person], Field(max_length=200)] = []
    quota: Quota | None = None


class LaboratoryFile(Schema):
    """A laboratory that joins, or whose accreditation changes."""

    kind: Literal["laboratory"]
    request: Annotated[Line, Field(max_length=120)]
    laboratory: Laboratory
    quota: Quota | None = None


File = BureauFile | LaboratoryFile
_FILE: TypeAdapter[File] = TypeAdapter(Annotated[File, Field(discriminator="kind")])


@dataclass(frozen=True)
class Fault:
    """What is wrong, where, in both languages."""

    code: str
    pointer: str
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.zh} ({self.en}) [{self.code}]"


class Faulty(Exception):
    """The file, or what is there already, does not allow it; nothing has been done."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


def read(path: Path, province: str) -> File:
    """The file, or Faulty with everything that is wrong with it."""
    try:
        raw = _plain(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise Faulty([Fault("file_unreadable", "", f"文件无法读取:{path}", f"cannot be read: {error}")]) from error
    except tomllib.TOMLDecodeError as error:
        raise Faulty([Fault("file_syntax", "", "不是有效的 TOML", f"not TOML: {error}")]) from error
    return check(raw, province)


def check(raw: dict[str, Any], province: str) -> File:
    """What a file says, or Faulty."""
    if raw.get("kind") not in ("bureau", "laboratory"):
        raise Faulty([Fault("value_unknown", "/kind", "须为 bureau 或 laboratory", "bureau or laboratory")])
    try:
        found = _FILE.validate_python(raw)
    except ValidationError as error:
        raise Faulty(_faults(error)) from error
    faults = list(_bureau(found, province) if isinstance(found, BureauFile) else _laboratory(found))
    if faults:
        raise Faulty(faults)
    return found


def check_roles(roles: set[str], pointer: str) -> Iterator[Fault]:
    """Roles that one person may not hold together."""
    for pair in APART:
        if set(pair) <= roles:
            yield Fault("roles_together", pointer, f"{pair[0]} 与 {pair[1]} 不能由同一人担任", f"{pair[0]} and {pair[1]} must be two people")
    if ALONE in roles and len(roles) > 1:
        yield Fault("roles_together", pointer, "审计人员不得兼任其他角色", "an auditor has no other role")


def _plain(value: Any) -> Any:
    """Days as the API writes them; TOML knows them by itself."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


def _faults(error: ValidationError) -> list[Fault]:
    errors = [dict(each) | {"loc": each["loc"][1:]} for each in error.errors()]  # the first part is the kind
    zh, en = (from_validation(errors, english).problems or [] for english in (False, True))
    return [Fault(one["code"], one["pointer"], one["detail"], other["detail"]) for one, other in zip(zh, en, strict=True)]


def _bureau(file: BureauFile, province: str) -> Iterator[Fault]:
    own, above = file.division.region, Region.of_division(file.division.parent)
    fits = own.level == file.division.level and len(own.code) == len(above.code) + 2 and above.covers(own)
    if not fits or not own.code.startswith(province):
        zh = f"区划代码须以上级前缀 {above.code} 开头、属于本省 {province},且与级别相符"
        yield Fault("division_code", "/division/code", zh, f"the code must begin with {above.code}, lie in {province} and fit the level")
    names = [person.username for person in file.users]
    for place, person in enumerate(file.users):
        if names.index(person.username) != place:
            yield Fault("user_twice", f"/users/{place}/username", f"用户名重复:{person.username}", "the user name stands twice")
        yield from check_roles(set(person.roles), f"/users/{place}/roles")


def _laboratory(file: LaboratoryFile) -> Iterator[Fault]:
    for place, held in enumerate(file.laboratory.certificates):
        if held.valid_to < held.valid_from:
            yield Fault("date_order", f"/laboratory/certificates/{place}/valid_to", "证书截止日期早于起始日期", "it ends before it starts")
