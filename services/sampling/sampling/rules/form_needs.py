"""A form against its description (抽样单栏目校验): what must be filled, where `/` stands, which values the lists have on the day of sampling."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sampling.rules.codes import food_child, has_food_children, is_in_force, parents_of
from sampling.rules.field import SLASH, Document, Field, Kind, Need, Source, is_given, value_at
from sampling.rules.fields import EXTRAS, FORMS, body_fields, extras_of, form_of, list_fields
from sampling.rules.problem import Problem, shown

_LOOSE = frozenset({"producer", "consignor"})  # parts that the form may lack; whether it may is asked in form_checks


def check_description(document: Document) -> tuple[Problem, ...]:
    """Every fault of the document against the description of its form."""
    on = date.fromisoformat(document["sampled_on"])
    fields = [field for field in list_fields(document) if field.source is Source.FORM]
    faults = [fault for field in fields if not _is_left_out(document, field) for fault in _check(document, field, on)]
    return (*faults, *_check_strangers(document, fields), *_check_extras(document))


def _is_left_out(document: Document, field: Field) -> bool:
    return field.section in _LOOSE and document.get(field.section) is None


def _check(document: Document, field: Field, on: date) -> Iterator[Problem]:
    value = value_at(document, field.pointer)
    if field.pointer == "/sample_no":
        return  # tasks.check_fit and samples.check_sample_no decide about numbers
    if is_given(value):
        yield from _check_value(field, value, on)
        return
    applies = field.need is Need.REQUIRED or (field.rule is not None and field.rule.applies(document))
    if applies and field.default in (None, SLASH, "") and not (field.slash and not _is_strict(document, field)):
        words = f"（{field.rule.zh}）" if field.rule is not None else ""
        more = f" {field.rule.en}" if field.rule is not None else ""
        yield Problem("field_required", field.pointer, f"{field.label}必填{words}", f"{field.name} is required{more}")
    elif value == SLASH and not field.slash:
        yield Problem("slash_not_allowed", field.pointer, f"{field.label}不接受「/」", f"{field.name} does not accept /")


def _is_strict(document: Document, field: Field) -> bool:
    return field.strict and field.rule is not None and field.rule.applies(document)


def _check_value(field: Field, value: Any, on: date) -> Iterator[Problem]:
    if field.kind is Kind.ENUM and not is_in_force(field.codes, value, on):
        zh = f"{field.label}「{shown(value)}」在 {on} 不在代码表内"
        yield Problem("code_not_in_force", field.pointer, zh, f"not a code of {field.codes} on {on}")
    elif field.kind is Kind.CLASSES:
        yield from _check_classes(field, value, on)
    elif field.kind is Kind.PERSONS and len(value) < field.least:
        yield Problem("list_length", field.pointer, f"{field.label}不少于{field.least}名", f"at least {field.least} entries")


def _check_classes(field: Field, names: list[str], on: date) -> Iterator[Problem]:
    """The path down the year's tree; where the tree knows no classes below, names are taken as written."""
    parent = ""
    for place, name in enumerate(names):
        if name == SLASH or (place and not has_food_children(parent, on)):
            return
        found = food_child(parent, name, on)
        if found is None and place == 0:
            yield Problem("food_class_unknown", f"{field.pointer}/{place}", f"{on.year} 年食品分类中没有「{shown(name)}」", "no such food class")
        if found is None:
            return
        parent = found.code


def _check_strangers(document: Document, fields: list[Field]) -> Iterator[Problem]:
    """What only another form has must not stand on this one."""
    own = {field.pointer for field in fields}
    for pointer, field in body_fields().items():
        value = value_at(document, pointer)
        is_extra = field.section in EXTRAS
        if pointer not in own and not is_extra and is_given(value) and value != field.default:
            zh = f"{form_of(document).title}没有「{field.label}」一栏"
            yield Problem("field_not_of_form", pointer, zh, f"this form has no field {field.name}")


def _check_extras(document: Document) -> Iterator[Problem]:
    """An extra part that no rule calls for: a fuel's tank on a flour form."""
    for extra in extras_of(document):
        if extra.rule is not None and not extra.rule.applies(document):
            pointer = f"/{extra.section}"
            yield Problem("section_not_needed", pointer, f"本单不应填写{FORMS[extra.name].title}", f"this form takes no part {extra.section}")


def check_venue(document: Document) -> tuple[Problem, ...]:
    """The venue (抽样地点、渠道) is one of the stage's (§4.7)."""
    venue, stage, on = document.get("venue"), document["stage"], date.fromisoformat(document["sampled_on"])
    if not is_given(venue) or stage in parents_of("venue", str(venue), on):
        return ()
    zh = f"「{stage}」环节没有抽样地点「{shown(str(venue))}」"
    return (Problem("venue_stage", "/venue", zh, "the venue does not belong to the stage"),)
