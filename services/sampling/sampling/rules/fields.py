"""The sampling forms as declarative descriptions (抽样单栏目说明): API schema, validation, print view and import sheet all come from here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from sampling.rules import fields_extra, fields_food, fields_product, fields_rules
from sampling.rules.field import Document, Field, Kind, Need, Rule, Source

__all__ = ["FORMS", "Document", "Field", "FormKind", "Kind", "Need", "Rule", "Source", "form_of", "list_fields", "private_fields"]


@dataclass(frozen=True, slots=True)
class FormKind:
    """One form, or an extra part that a form gets when its rule applies."""

    name: str
    title: str
    law: str
    fields: tuple[Field, ...]
    section: str = ""
    rule: Rule | None = None


FORMS: Mapping[str, FormKind] = {
    "food": FormKind("food", "食品安全抽样检验抽样单", "O15 art. 17", fields_food.FIELDS),
    "product": FormKind("product", "产品质量监督抽查抽样单", "O18 art. 18", fields_product.FIELDS),
    "oil": FormKind("oil", "成品油抽样附加项", "[C] domain 2.3.4", fields_extra.OIL_FIELDS, "oil", fields_rules.OIL),
    "online": FormKind("online", "网络抽样附加项", "O18 art. 25, O15 art. 18", fields_extra.ONLINE_FIELDS, "online", fields_rules.ONLINE),
}
_NAMES = {"食品": "food", "产品": "product"}
EXTRAS = ("oil", "online")


def form_of(document: Document) -> FormKind:
    """The form that a document's programme says."""
    return FORMS[_NAMES[document["programme"]]]


def extras_of(document: Document) -> Iterator[FormKind]:
    """The extra parts that the document has, or must have."""
    for name in EXTRAS:
        extra = FORMS[name]
        if document.get(extra.section) is not None or (extra.rule is not None and extra.rule.applies(document)):
            yield extra


def list_fields(document: Document) -> Iterator[Field]:
    """All fields that the document's form has, its extra parts last."""
    yield from form_of(document).fields
    for extra in extras_of(document):
        yield from extra.fields


@cache
def body_fields() -> Mapping[str, Field]:
    """Every field of the API's body by its pointer, the product's wording before the food's."""
    found: dict[str, Field] = {}
    for name in ("product", "food", *EXTRAS):
        for field in FORMS[name].fields:
            if field.source is Source.FORM:
                found.setdefault(field.pointer, field)
    return found


@cache
def private_fields() -> Mapping[str, Field]:
    """The personal fields (个人信息), by pointer."""
    return {pointer: field for pointer, field in body_fields().items() if field.private}
