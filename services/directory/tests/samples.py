"""Bodies and rows for the tests; organisation codes begin with MAX, so that no real firm can be meant."""

from stdnum.cn import uscc as stdnum_uscc

from directory.rules.numbers import USCC_ALPHABET, body_check

HEADING = "uscc,name,kind,legal_person,division_code,address,premises_division_code,phone,size,industry,risk_grade,status,products,licences"


def make_uscc(serial: int, division: str = "620102", classes: str = "91") -> str:
    """A valid code that belongs to nobody."""
    digits = ""
    for _ in range(5):
        serial, rest = divmod(serial, len(USCC_ALPHABET))
        digits = USCC_ALPHABET[rest] + digits
    body = "MAX" + digits
    head = classes + division + body + body_check(body)
    return head + stdnum_uscc.calc_check_digit(head)


def enterprise(serial: int = 1, **changes) -> dict:
    body = {
        "uscc": make_uscc(serial), "name": "兰州砚星塑料包装有限公司", "kind": "生产企业", "status": "存续", "division_code": "620102",
        "address": "甘肃省兰州市城关区砚星路8号", "size": "小", "industry": "塑料制品业", "risk_grade": "B", "products": ["FR-01", "FR-06"],
        "contact": {"legal_person": "张砚星", "phone": "19900000001"},
    }  # fmt: skip
    return body | changes


def row(serial: int = 1, **changes) -> str:
    """One row of an import sheet."""
    cells = {
        "uscc": make_uscc(serial), "name": f"兰州荻川{serial}食品有限公司", "kind": "生产企业", "legal_person": "李荻", "division_code": "620102",
        "address": "城关区荻川路1号", "premises_division_code": "620102", "phone": "19900000002", "size": "微", "industry": "食品",
        "risk_grade": "A", "status": "存续", "products": "0302;0102", "licences": "SC|SC10162010200018|2018-01-01|2023-01-01|有效",
    } | changes  # fmt: skip
    return ",".join(cells[column] for column in HEADING.split(","))


def sheet(*rows: str) -> bytes:
    return "\n".join((HEADING, *rows)).encode()


def laboratory(**changes) -> dict:
    body = {
        "name": "甘肃陇砚产品质量检验研究院", "report_prefix": "LYZJ", "division_code": "620102", "address": "兰州市城关区砚园路18号",
        "certificates": [
            {"cma_no": "182800340101", "valid_from": "2018-05-10", "valid_to": "2024-05-09"},
            {"cma_no": "122800340101", "valid_from": "2012-05-10", "valid_to": "2018-05-09"},
        ],
        "scope": [{"item": "甲醛释放量", "method": "GB/T 17657-2013 4.60"}, {"item": "铅", "method": "GB 31604.9-2016"}],
    }  # fmt: skip
    return body | changes
