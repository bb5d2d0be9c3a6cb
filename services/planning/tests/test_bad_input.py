"""Bad bodies against our forms: each gets its own code and pointer, and nothing is stored."""

import base64
import json
from copy import deepcopy

import pytest

TABLES = ("catalogue_entry", "scheme", "scheme_item", "plan", "plan_line", "line_quota", "food_class", "population", "audit_entry", "outbox")


def put(body, path, value):
    """The body with the value at a path; `...` takes the field away."""
    changed = deepcopy(body)
    *way, last = path
    inner = changed
    for step in way:
        inner = inner[step]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return changed


CATALOGUE = [
    (("year",), 1999, "number_range", "/year"),
    (("year",), "2021", "field_type", "/year"),
    (("year",), True, "field_type", "/year"),
    (("entries",), [], "list_length", "/entries"),
    (("entries", 0, "measures"), [], "list_length", "/entries/0/measures"),
    (("entries", 0, "measures"), ["抽查"], "value_unknown", "/entries/0/measures/0"),
    (("entries", 0, "risk_level"), "极高", "value_unknown", "/entries/0/risk_level"),
    (("entries", 0, "licence_kind"), None, "value_unknown", "/entries/0/licence_kind"),
    (("entries", 0, "group"), "food", "format", "/entries/0/group"),
    (("entries", 0, "class"), ..., "field_missing", "/entries/0/class"),
    (("entries", 0, "code"), "FR 01", "format", "/entries/0/code"),
    (("entries", 0, "code"), "ＦＲ", "format", "/entries/0/code"),
    (("entries", 0, "name"), " ", "text_empty", "/entries/0/name"),
    (("entries", 0, "name"), "膜\u202e袋", "text_control", "/entries/0/name"),
    (("entries", 0, "valid_from"), "2021-02-30", "date_format", "/entries/0/valid_from"),
    (("entries", 0, "valid_from"), "2021/01/01", "date_format", "/entries/0/valid_from"),
    (("entries", 0, "version"), 2, "field_unknown", "/entries/0/version"),
]
SCHEME = [
    (("items",), [], "list_length", "/items"),
    (("items", 0, "methods"), [], "list_length", "/items/0/methods"),
    (("items", 0, "methods"), [""], "text_empty", "/items/0/methods/0"),
    (("items", 0, "max"), 5.0, "field_type", "/items/0/max"),
    (("items", 0, "max"), "1e5", "limit_format", "/items/0/max"),
    (("items", 0, "max"), "１２", "limit_format", "/items/0/max"),
    (("items", 0, "max"), "1_000", "limit_format", "/items/0/max"),
    (("items", 0, "min"), "5.1", "limit_order", "/items/0/min"),
    (("items", 0, "max"), None, "limit_missing", "/items/0/max"),
    (("items", 0, "unit"), None, "unit_missing", "/items/0/unit"),
    (("items", 0, "unit"), "mg kg", "format", "/items/0/unit"),
    (("items", 0, "kind"), "text", "value_unknown", "/items/0/kind"),
    (("items", 0, "kind"), "qualitative", "limit_unexpected", "/items/0/kind"),
    (("items", 0, "grade"), "C", "value_unknown", "/items/0/grade"),
    (("items", 0, "rounding_places"), 1.5, "field_type", "/items/0/rounding_places"),
    (("items", 0, "microbe_n"), 5, "microbe_unexpected", "/items/0/microbe_n"),
    (("valid_to",), "2017-01-01", "validity_order", "/valid_to"),
    (("programme",), "化妆品", "value_unknown", "/programme"),
    (("scheme_no",), "a b", "format", "/scheme_no"),
]
PLAN = [
    (("lines",), [], "list_length", "/lines"),
    (("plan_no",), "", "format", "/plan_no"),
    (("lines", 0, "quarter"), 5, "number_range", "/lines/0/quarter"),
    (("lines", 0, "batches"), 0, "number_range", "/lines/0/batches"),
    (("lines", 0, "batches"), "10", "field_type", "/lines/0/batches"),
    (("lines", 0, "batches"), True, "field_type", "/lines/0/batches"),
    (("lines", 0, "stage"), "网络", "value_unknown", "/lines/0/stage"),
    (("lines", 0, "laboratory_codes"), [], "list_length", "/lines/0/laboratory_codes"),
    (("lines", 0, "laboratory_codes"), ["L01", "L01"], "laboratory_twice", "/lines/0/laboratory_codes"),
    (("lines", 0, "risky"), 1, "field_type", "/lines/0/risky"),
    (("lines", 0, "unit_price_fen"), -1, "number_range", "/lines/0/unit_price_fen"),
    (("lines", 0, "sampling_due"), "2021-04-01", "due_outside_quarter", "/lines/0/sampling_due"),
    (("lines", 0, "test_due"), "2021-03-01", "due_order", "/lines/0/test_due"),
    (("lines", 0, "catalogue_code"), None, "entry_or_reason", "/lines/0/catalogue_code"),
    (("lines", 0, "reason_without_entry"), "舆情", "entry_or_reason", "/lines/0/catalogue_code"),
    (("lines", 0, "catalogue_code"), "XX-99", "entry_unknown", "/lines/0/catalogue_code"),
    (("lines", 0, "product_code"), "FR-02", "product_mismatch", "/lines/0/product_code"),
    (("lines", 0, "tags"), ["场所"] * 21, "list_length", "/lines/0/tags"),
]


async def stored(platform):
    return {table: (await platform.rows(f"SELECT count(*) AS n FROM {table}"))[0]["n"] for table in TABLES}


async def refuse_all(platform, client, url, good, cases):
    before = await stored(platform)
    for path, value, code, pointer in cases:
        answer = await client.post(url, json=put(good, path, value))
        assert (answer.status_code, answer.json()["code"], answer.json()["pointer"]) == (422, code, pointer), (path, value, answer.text)
    assert await stored(platform) == before


async def test_bad_catalogues(platform, make):
    good = {"year": 2021, "entries": [make.entry()]}
    await refuse_all(platform, make.planner, "/v1/catalogue:batch", good, CATALOGUE)
    twice = await make.planner.post("/v1/catalogue:batch", json=good | {"entries": [make.entry(), make.entry()]})
    assert (twice.json()["code"], twice.json()["pointer"]) == ("code_twice", "/entries/1/code")
    many = await make.planner.post("/v1/catalogue:batch", json=good | {"entries": [make.entry()] * 501})
    assert (many.json()["code"], many.json()["pointer"]) == ("list_length", "/entries")


async def test_bad_schemes(platform, make):
    await refuse_all(platform, make.planner, "/v1/schemes", make.scheme(), SCHEME)


async def test_bad_plans(platform, make):
    await make.published_catalogue(make.entry(), make.entry("FB-04", measures=["监督检查"]))
    cases = [*PLAN, (("lines", 0, "catalogue_code"), "FB-04", "measure_missing", "/lines/0/catalogue_code")]
    await refuse_all(platform, make.planner, "/v1/plans", make.plan(), cases)
    without = make.line(catalogue_code=None, reason_without_entry="舆情")
    await refuse_all(platform, make.planner, "/v1/plans", make.plan(without), [(("name",), "x", "product_missing", "/lines/0/product_code")])
    many = await make.planner.post("/v1/plans", json=make.plan(*[make.line(f"n{n}") for n in range(301)]))
    assert (many.status_code, many.json()["pointer"]) == (422, "/lines")


async def test_bad_acts(platform, make):
    ids = await make.approved(make.line(risky=False))
    plan, line = f"/v1/plans/{ids['plan_id']}", f"/v1/plans/{ids['plan_id']}/lines/{ids['line_id']}"
    day = "2999-01-01"
    for url, body, code, pointer in (
        (plan + "/publish", {"published_on": "2099-01-01"}, "date_future", "/published_on"),
        (plan + "/publish", {"published_on": day}, "date_range", "/published_on"),
        (plan + "/publish", {}, "field_missing", "/published_on"),
        (plan + "/cancel", {"remark": ""}, "text_empty", "/remark"),
        (line + "/panel", {"size": 3, "drawn_on": "2099-01-01"}, "date_future", "/drawn_on"),
        (line + "/panel", {"size": 0, "drawn_on": "2021-01-05"}, "number_range", "/size"),
        (line + "/panel", {"size": 3, "drawn_on": "2021-01-05", "recuse_usccs": ["x"]}, "format", "/recuse_usccs/0"),
        (line + "/quotas:allocate", {"basis": "weights"}, "weights_basis", "/weights"),
        (line + "/quotas:allocate", {"basis": "area"}, "value_unknown", "/basis"),
        (line + "/quotas:allocate", {"basis": "population", "minimum": -1}, "number_range", "/minimum"),
        (line + "/quotas:allocate", make.EQUAL | {"weights": [{"region_code": "6201022", "weight": 1}]}, "format", "/weights/0/region_code"),
        (line + "/quotas:allocate", make.EQUAL | {"weights": [{"region_code": "620102", "weight": 0.5}]}, "field_type", "/weights/0/weight"),
    ):
        answer = await make.planner.post(url, json=body)
        assert (answer.status_code, answer.json()["code"], answer.json()["pointer"]) == (422, code, pointer), (url, body, answer.text)
    assert (await make.planner.get("/v1/plans/nonsense")).json()["code"] == "uuid_format"
    assert (await make.planner.get("/v1/catalogue")).json()["pointer"] == "/query/year"


async def test_an_even_panel_is_refused(make):
    ids = await make.risky()
    answer = await make.planner.post(f"/v1/plans/{ids['plan_id']}/lines/{ids['line_id']}/panel", json={"size": 4, "drawn_on": "2021-01-05"})
    assert (answer.status_code, answer.json()["code"], answer.json()["pointer"]) == (422, "panel_size", "/size")


async def test_bad_trees_and_populations(platform, make):
    province = make.at("62")
    root = {"code": "01", "name": "粮食加工品", "level": 1}
    classes = [
        (("classes", 0, "level"), 5, "number_range", "/classes/0/level"),
        (("classes", 0, "level"), 2, "parent_unknown", "/classes/0/parent_code"),
        (("classes", 0, "parent_code"), "02", "parent_unexpected", "/classes/0/parent_code"),
        (("classes",), [root, root], "code_twice", "/classes/1/code"),
    ]
    await refuse_all(platform, province.planner, "/v1/food-classes:batch", {"year": 2021, "classes": [root]}, classes)
    people = [
        (("populations", 0, "people"), -1, "number_range", "/populations/0/people"),
        (("populations", 0, "code"), "城关", "format", "/populations/0/code"),
        (("source",), "", "text_empty", "/source"),
        (("populations",), [{"code": "6202", "people": 1}] * 2, "code_twice", "/populations/1/code"),
    ]
    good = {"year": 2020, "source": "普查", "populations": [{"code": "6202", "people": 1}]}
    await refuse_all(platform, province.planner, "/v1/populations:batch", good, people)


def token(*parts):
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("/v1/catalogue?year=2021&q=%00", "address_nul"),
        ("/v1/catalogue?year=2021&group=%00", "address_nul"),
        ("/v1/catalogue/2021/%00", "address_nul"),
        ("/v1/schemes?product_code=%00", "address_nul"),
        ("/v1/tasks?product_code=%00", "address_nul"),
        ("/v1/tasks?quarter=99999999999999999999", "number_range"),
        ("/v1/tasks?state=OPEN", "value_unknown"),
        ("/v1/catalogue?year=2021&page_token=" + token("a\0", "b", 1), "page_token"),
        ("/v1/catalogue?year=2021&page_token=" + token("a\ud800", "b", 1), "page_token"),
        ("/v1/catalogue?year=2021&page_token=" + token("a", "b", 10**30), "page_token"),
        ("/v1/catalogue?year=2021&page_token=" + token(1, 2, 3), "page_token"),
        ("/v1/food-classes?year=2021&page_token=" + token("a"), "page_token"),
        ("/v1/schemes?page_token=" + token("a", "yesterday", "x"), "page_token"),
    ],
)
async def test_bad_addresses_are_refused_and_never_an_error_of_ours(make, url, code):
    answer = await make.planner.get(url)
    assert (answer.status_code, answer.json()["code"]) == (400 if code == "address_nul" else 422, code)
