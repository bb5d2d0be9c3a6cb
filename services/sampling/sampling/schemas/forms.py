"""The body of a form, built from its description: the same fields for FastAPI, OpenAPI and `GET /v1/forms/{kind}`."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StrictStr, StringConstraints, ValidationError, WithJsonSchema, create_model
from pydantic_core import PydanticCustomError

from common.errors import Invalid
from common.http.problems import from_validation
from common.strict import Bool, Day, Fen, Line, Paragraph, Quantity, Schema
from sampling.actions.imports import Imported, SheetRow
from sampling.actions.samples import Draft
from sampling.rules.codes import LISTS, codes_on, known_codes
from sampling.rules.codes_shape import Code
from sampling.rules.field import SLASH, Kind, Need, Source
from sampling.rules.field import Field as FormField
from sampling.rules.fields import FORMS, FormKind, body_fields
from sampling.rules.form_sheet import SheetColumn, heading_at, is_formula, read_heading, read_row
from sampling.rules.problem import Problem

MAX_SHOWN = 1000
_DROPPED = frozenset({"oil", "online", "check", "purchase", "team", "market"})  # parts that leave no trace when they are not sent


def _moment(value: Any) -> datetime:
    """ISO 8601 with seconds at most and an offset, e.g. 2021-02-01T10:30:00+08:00."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 32 and "T" in value else value
    except ValueError:
        found = None
    if not isinstance(found, datetime) or found.tzinfo is None or not 1990 <= found.year <= 2100:
        raise PydanticCustomError("datetime_format", "时间须写作 YYYY-MM-DDThh:mm:ss+08:00")
    return found


Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Division = Annotated[Line, StringConstraints(pattern=r"^[1-9][0-9]{3}[0-9A-Z]{2}$")]
_PLAIN: dict[Kind, Any] = {
    Kind.ID: UUID, Kind.DAY: Day, Kind.MOMENT: Moment, Kind.DECIMAL: Quantity, Kind.FEN: Fen, Kind.BOOL: Bool,
    Kind.DIVISION: Division,
}  # fmt: skip


class PersonIn(Schema):
    """One person with the number of the certificate (人员)."""

    name: Line
    certificate_no: Line = Field(description="证件编号")


def _type(field: FormField) -> Any:
    if field.kind is Kind.ENUM:
        return Literal[(*known_codes(field.codes), SLASH)] if field.slash else Literal[known_codes(field.codes)]
    if field.kind is Kind.PERSONS:
        return Annotated[list[PersonIn], Field(max_length=field.size)]
    if field.kind in (Kind.TEXTS, Kind.CLASSES):
        return Annotated[list[Line], Field(max_length=4 if field.kind is Kind.CLASSES else field.size)]
    if field.kind in _PLAIN:
        return _PLAIN[field.kind]
    if field.kind is Kind.PARAGRAPH:
        return Annotated[StrictStr, Field(max_length=field.size), *_checks(Paragraph)]
    limits: dict[str, Any] = {"min_length": 1, "max_length": field.size} | ({"pattern": field.pattern} if field.pattern else {})
    return Annotated[StrictStr, Field(**limits), *_checks(Line)]


def _checks(kind: Any) -> tuple[Any, ...]:
    """The checks of a text of common.strict without its length: a length that is asked after them would be told as a list's."""
    return tuple(check for check in kind.__metadata__ if isinstance(check, AfterValidator))


def _is_fixed(pointer: str) -> bool:
    """Whether every form needs the value from the body, so that its absence is a fault of the shape."""
    fields = [field for form in ("food", "product") for field in FORMS[form].fields if field.pointer == pointer]
    return len(fields) == 2 and all(f.default is None and (f.need is Need.REQUIRED or (f.rule is not None and not f.strict)) for f in fields)


def _entry(field: FormField) -> tuple[Any, Any]:
    kind, words = _type(field), field.label + (";`/` 表示不适用" if field.slash else "")
    if _is_fixed(field.pointer) and not (field.slash and field.kind is not Kind.USCC):
        return kind, Field(description=words)
    if field.default is not None:
        return kind, Field(field.default, description=words)
    return kind | None, Field(None, description=words)


def _compile(name: str, title: str, fields: Iterable[FormField]) -> type[Schema]:
    """A model of nested parts; a part is required when one of its fields is and no rule lets it out."""
    top: dict[str, Any] = {}
    parts: dict[str, list[FormField]] = {}
    for field in fields:
        if field.source is not Source.FORM:
            continue
        if field.section:
            parts.setdefault(field.section, []).append(field)
        else:
            top[field.name] = _entry(field)
    for section, own in parts.items():
        body: dict[str, Any] = {field.name: _entry(field) for field in own}
        part: Any = create_model(f"{name}_{section}", __base__=Schema, __doc__=own[0].group, **body)
        top[section] = (part, Field(description=own[0].group)) if section in ("sampled_party", "product") else (part | None, None)
    return create_model(name, __base__=Schema, __doc__=title, **top)


if TYPE_CHECKING:

    class SampleIn(Schema):
        """The body of a form; its fields are made from the description."""

        sample_no: str | None
        task_id: UUID

else:
    SampleIn = _compile("SampleIn", "抽样单:食品、产品、成品油与网络抽样附加项", body_fields().values())


def document_of(body: BaseModel) -> dict[str, Any]:
    """The plain document that is stored: what was sent, and the defaults that readers rely on."""
    found = body.model_dump(mode="json", exclude={"sample_no"})
    return {name: _written(part) for name, part in found.items() if not (name in _DROPPED and part is None)}


def _written(part: Any) -> Any:
    return {name: value for name, value in part.items() if value is not None} if isinstance(part, dict) else part


def draft_of(body: SampleIn) -> Draft:
    """The form as actions take it."""
    return Draft(document_of(body), body.task_id, body.sample_no)


class CodeOut(Schema):
    """One code; `parent` is what it belongs to, `until` its last day."""

    code: str
    zh: str
    parent: str
    since: date
    until: date | None
    remark: str

    @classmethod
    def of(cls, code: Code) -> "CodeOut":
        return cls(code=code.code, zh=code.zh, parent=code.parent, since=code.since, until=code.until, remark=code.remark)


class CodesOut(Schema):
    """A code list as it was on a day (代码表)."""

    name: str
    title: str
    source: str
    on: date
    items: list[CodeOut]

    @classmethod
    def of(cls, name: str, on: date) -> "CodesOut":
        found = LISTS[name]
        return cls(name=name, title=found.title, source=found.source, on=on, items=[CodeOut.of(code) for code in codes_on(name, on)])


class ListOut(Schema):
    """A code list's name."""

    name: str
    title: str
    source: str


class ListsOut(Schema):
    """All code lists."""

    items: list[ListOut]


class RuleOut(Schema):
    """When a conditional field must be filled."""

    zh: str
    en: str


class FieldOut(Schema):
    """One field (栏目): pointer into the body of POST /v1/samples, label, type, need, list, national key."""

    pointer: str
    label: str
    group: str
    type: str
    max_length: int | None
    pattern: str | None
    need: str
    rule: RuleOut | None
    slash: bool
    private: bool
    source: str
    national_key: str | None
    codes: str | None
    values: list[CodeOut] | None

    @classmethod
    def of(cls, field: FormField, on: date) -> "FieldOut":
        rule = RuleOut(zh=field.rule.zh, en=field.rule.en) if field.rule else None
        values = [CodeOut.of(code) for code in codes_on(field.codes, on)] if field.kind is Kind.ENUM else None
        length = field.size if field.kind in (Kind.TEXT, Kind.PARAGRAPH, Kind.USCC, Kind.PERSONS, Kind.TEXTS) else None
        return cls(
            pointer=field.pointer, label=field.label, group=field.group, type=field.kind.value, max_length=length, pattern=field.pattern or None,
            need=field.need.value, rule=rule, slash=field.slash, private=field.private, source=field.source.value,
            national_key=field.national or None, codes=field.codes or None, values=values,
        )  # fmt: skip


class FormOut(Schema):
    """One form: its fields in order with the lists of the day, and the JSON Schema of its part of the body."""

    kind: str
    title: str
    law: str
    on: date
    rule: RuleOut | None
    fields: list[FieldOut]
    json_schema: dict[str, Any]

    @classmethod
    def of(cls, form: FormKind, on: date) -> "FormOut":
        rule = RuleOut(zh=form.rule.zh, en=form.rule.en) if form.rule else None
        schema = _compile(f"form_{form.name}", form.title, form.fields).model_json_schema()
        fields = [FieldOut.of(field, on) for field in form.fields]
        return cls(kind=form.name, title=form.title, law=form.law, on=on, rule=rule, fields=fields, json_schema=schema)


def sheet_drafts(kind: str, rows: Sequence[Sequence[str]]) -> tuple[list[SheetRow], list[SheetColumn | None]]:
    """The rows of an uploaded sheet as forms; empty rows are passed over, unreadable cells become faults in their place."""
    if not rows:
        raise Invalid("sheet_empty", "表格没有内容", "the sheet is empty")
    columns = read_heading(kind, rows[0])
    filled = [(number, cells) for number, cells in enumerate(rows[1:], start=2) if any(cell.strip() for cell in cells)]
    return [_row(number, read_row(kind, columns, cells), cells) for number, cells in filled], columns


def _row(number: int, raw: dict[str, Any], cells: Sequence[str]) -> SheetRow:
    if any(is_formula(cell.strip()) for cell in cells):
        return SheetRow(number, None, (Problem("text_formula", "", "单元格以 = + - @ 开头,疑似公式", "a cell looks like a formula"),))
    try:
        return SheetRow(number, draft_of(SampleIn.model_validate(raw)))
    except ValidationError as error:
        told = error.errors(include_url=False, include_context=False)
        zh, en = (from_validation(list(told), english).problems or [] for english in (False, True))
        return SheetRow(number, None, tuple(Problem(z["code"], z["pointer"], z["detail"], e["detail"]) for z, e in zip(zh, en, strict=True)))


class CellFault(Schema):
    """One wrong cell: row of the sheet (the heading is row 1), heading of its column, pointer into the form."""

    row: int
    column: str | None
    code: str
    pointer: str
    detail: str


class StoredRow(Schema):
    """A row that became a form."""

    row: int
    id: UUID
    sample_no: str


class ImportOut(Schema):
    """What became of a sheet; of more than 1,000 faults the first are shown, `faults` counts all."""

    dry_run: bool
    read: int
    good: int
    faults: int
    problems: list[CellFault]
    stored: list[StoredRow]

    @classmethod
    def of(cls, done: Imported, columns: Sequence[SheetColumn | None], *, dry_run: bool, english: bool) -> "ImportOut":
        shown = [
            CellFault(row=row, column=heading_at(columns, p.pointer), code=p.code, pointer=p.pointer, detail=p.en if english else p.zh)
            for row, p in done.faults[:MAX_SHOWN]
        ]
        stored = [StoredRow(row=row, id=sample.id, sample_no=sample.sample_no) for row, sample in done.stored]
        return cls(dry_run=dry_run, read=done.read, good=done.good, faults=len(done.faults), problems=shown, stored=stored)


class PrintLine(Schema):
    """One row of the printed form."""

    pointer: str
    label: str
    value: str


class PrintGroup(Schema):
    """A block of the printed form."""

    name: str
    lines: list[PrintLine]


class PrintOut(Schema):
    """The form as label and value, in the order of the paper form (打印视图); personal fields masked."""

    sample_id: UUID
    sample_no: str
    title: str
    groups: list[PrintGroup]


class ReasonIn(Schema):
    """Why personal fields are looked at (查看事由)."""

    reason: Line


class PersonalOut(Schema):
    """Personal values in clear, by pointer into the form."""

    sample_id: UUID
    values: dict[str, str]
