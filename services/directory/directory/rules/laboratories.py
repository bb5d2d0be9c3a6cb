"""Laboratories (承检机构): what an accreditation must look like."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from common.errors import Invalid
from directory.rules.numbers import check_cma_number


@dataclass(frozen=True, slots=True)
class LaboratoryForm:
    """A laboratory as the province writes it, whole."""

    code: str
    name: str
    report_prefix: str
    division_code: str
    address: str
    certificates: Sequence[tuple[str, date, date]]
    scope: Sequence[tuple[str, str]]


def check_certificates(certificates: Sequence[tuple[str, date, date]]) -> None:
    """Refuse a wrong number, a period that ends before it starts, and the same certificate twice."""
    for number, start, last in certificates:
        check_cma_number(number)
        if last < start:
            raise Invalid("date_order", "证书截止日期早于起始日期", "the certificate ends before it starts", pointer="/certificates")
    if len({(number, start) for number, start, _ in certificates}) != len(certificates):
        raise Invalid("certificate_repeated", "同一证书重复出现", "the same certificate stands twice", pointer="/certificates")
