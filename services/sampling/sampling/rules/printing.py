"""Values of a form as a person reads them (打印视图、导出): one text per field, `/` where nothing was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any, NamedTuple

from sampling.rules.codes import LISTS
from sampling.rules.divisions import COUNTIES, PREFECTURES
from sampling.rules.field import SLASH, Document, Field, Kind, Source, is_given, value_at
from sampling.rules.fields import list_fields

_SHANGHAI = timezone(timedelta(hours=8))
_NAMES = {name: {code.code: code.zh for code in found.codes} for name, found in LISTS.items()}
_LEVELS = {2: "省级", 4: "市级", 6: "县级"}
_TASK_KINDS = {2: "省级监督抽查", 4: "市级监督抽查", 6: "县级监督抽查"}


class Line(NamedTuple):
    """One row of the printed form."""

    pointer: str
    label: str
    value: str


class Group(NamedTuple):
    """A block of rows under one heading."""

    name: str
    lines: tuple[Line, ...]


@cache
def bureau_name(code: str) -> str:
    """The bureau of a covering prefix, e.g. 兰州市城关区市场监督管理局."""
    if len(code) == 2:
        return "甘肃省市场监督管理局"
    return "".join((PREFECTURES.get(code[:4], code[:4]), COUNTIES.get(code, code) if len(code) == 6 else "", "市场监督管理局"))


@cache
def place_names(division: str) -> tuple[str, str, str]:
    """Province, prefecture and county of a division code; outside Gansu the code stands for itself."""
    if not division.startswith("62"):
        return division[:2] + "0000", division[:4] + "00", division
    return "甘肃省", PREFECTURES.get(division[:4], division[:4]), COUNTIES.get(division, "" if division.endswith("00") else division)


class Facts(NamedTuple):
    """What the platform knows of a form beside its document."""

    owner: str
    source: str
    values: Mapping[str, str]

    def value(self, field: Field, document: Document) -> Any:
        """The written value, or what the platform fills in for it."""
        found = value_at(document, field.pointer) if field.source is Source.FORM else self.values.get(field.pointer)
        return found if is_given(found) else self.fallback(field.pointer)

    def fallback(self, pointer: str) -> str | None:
        """What the platform says of a field where the form says nothing."""
        return _filled(self.owner, self.source).get(pointer) or self.values.get(pointer)


@cache
def _filled(owner: str, source: str) -> Mapping[str, str]:
    """What the platform says where the form says nothing; a bureau's forms share it."""
    return {
        "/task_source": bureau_name(source), "/sampling_body": bureau_name(owner), "/team/level": _LEVELS[len(owner)],
        "/food/reporting_class_a": f"抽检监测({_LEVELS[len(source)]}本级)", "/check/task_kind": _TASK_KINDS[len(source)],
    }  # fmt: skip


def written(field: Field, value: Any) -> str:
    """A value in words."""
    return _wording(field)(value) if is_given(value) else SLASH


def _wording(field: Field) -> Callable[[Any], str]:
    """How a field's values are put in words."""
    if field.kind in _SHAPES:
        return _SHAPES[field.kind]
    if field.codes:
        names = _NAMES[field.codes]
        return lambda value: str(names.get(value, value))
    return str


def _moment(value: str) -> str:
    return datetime.fromisoformat(value).astimezone(_SHANGHAI).strftime("%Y-%m-%d %H:%M")


_SHAPES: Mapping[Kind, Callable[[Any], str]] = {
    Kind.BOOL: lambda value: "是" if value else "否",
    Kind.MOMENT: _moment,
    Kind.FEN: lambda value: f"{value // 100}.{value % 100:02d}",
    Kind.CLASSES: " > ".join,
    Kind.TEXTS: "、".join,
    Kind.PERSONS: lambda people: "、".join(f"{person['name']}({person['certificate_no']})" for person in people),
    Kind.DIVISION: lambda value: "".join(place_names(value)) if value.startswith("62") else str(value),
}


def label_of(field: Field) -> str:
    """The label as printed: money is written in yuan."""
    return field.label.replace("(分)", "(元)")


def print_view(document: Document, facts: Facts) -> tuple[Group, ...]:
    """The whole form, block by block, in the order of its description; documents and screens set it as they like."""
    groups: dict[str, list[Line]] = {}
    for field in list_fields(document):
        groups.setdefault(field.group, []).append(Line(field.pointer, label_of(field), written(field, facts.value(field, document))))
    return tuple(Group(name, tuple(lines)) for name, lines in groups.items())


#: Fields of the form for which the platform speaks where the form is silent.
_SPOKEN_FOR = frozenset({"/sample_no", *_filled("62", "62")})


def text_of(field: Field) -> Callable[[Document, Facts], str]:
    """One field in words: what hangs on the field alone is settled here, once, and not for each form of a long list."""
    words, pointer, is_ours = _wording(field), field.pointer, field.source is not Source.FORM
    is_spoken_for = is_ours or pointer in _SPOKEN_FOR

    def text(document: Document, facts: Facts) -> str:
        value = facts.values.get(pointer) if is_ours else value_at(document, pointer)
        if is_given(value):
            return words(value)
        spoken = facts.fallback(pointer) if is_spoken_for else None
        return words(spoken) if spoken else SLASH

    return text


def by_pointer(fields: tuple[Field, ...]) -> dict[str, Field]:
    return {field.pointer: field for field in fields}


def list_labels(fields: tuple[Field, ...]) -> Iterator[str]:
    yield from map(label_of, fields)
