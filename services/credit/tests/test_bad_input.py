"""Bad bodies: each gets its own code and place, and nothing is stored."""

from uuid import uuid4

import pytest

SOME, DAY = str(uuid4()), "2021-04-01"
GROUNDS = {"reason": "样品真实性异议成立", "basis": "O45 第11条", "on": "2021-04-05"}
BAD = [
    ("/v1/records:propose", "credit", {"proposed_on": "2021-04-01"}, "selection", ""),
    ("/v1/records:propose", "credit", {"record_ids": [], "proposed_on": "2021-04-01"}, "list_length", "/record_ids"),
    ("/v1/records:propose", "credit", {"record_ids": ["x"], "proposed_on": "2021-04-01"}, "uuid_format", "/record_ids/0"),
    ("/v1/records:propose", "credit", {"record_ids": [SOME], "proposed_on": "2021-4-1"}, "date_format", "/proposed_on"),
    ("/v1/records:propose", "credit", {"record_ids": [SOME], "proposed_on": "2099-01-01"}, "date_future", "/proposed_on"),
    ("/v1/records:propose", "credit", {"record_ids": [SOME], "filter": {"eligible_by": "2021-04-01"}, "proposed_on": "2021-04-01"}, "selection", ""),
    (
        "/v1/records:propose",
        "credit",
        {"filter": {"eligible_by": DAY, "period": "2021"}, "proposed_on": DAY},
        "format",
        "/filter/period",
    ),
    ("/v1/records:propose", "credit", {"record_ids": [SOME] * 1001, "proposed_on": "2021-04-01"}, "list_length", "/record_ids"),
    ("/v1/records:propose", "credit", {"record_ids": [SOME], "proposed_on": "2021-04-01", "all": True}, "field_unknown", "/all"),
    ("/v1/records:approve", "chief", {"approved_on": "2021-04-01"}, "selection", ""),
    ("/v1/records:approve", "chief", {"proposal_id": 1, "approved_on": "2021-04-01"}, "uuid_format", "/proposal_id"),
    ("/v1/records:approve", "chief", {"proposal_id": SOME, "approved_on": "2099-01-01"}, "date_future", "/approved_on"),
    ("/v1/exports", "credit", {"all_approved": False, "exported_on": "2021-04-01"}, "value_unknown", "/all_approved"),
    ("/v1/exports", "credit", {"all_approved": True}, "field_missing", "/exported_on"),
    ("/v1/exports", "credit", {"all_approved": True, "exported_on": "2099-01-01"}, "date_future", "/exported_on"),
    (f"/v1/records/{SOME}/withdraw", "chief", GROUNDS | {"reason": " "}, "text_empty", "/reason"),
    (f"/v1/records/{SOME}/withdraw", "chief", GROUNDS | {"reason": "a\u202eb"}, "text_control", "/reason"),
    (f"/v1/records/{SOME}/withdraw", "chief", {"reason": "x", "on": "2021-04-01"}, "field_missing", "/basis"),
    (f"/v1/records/{SOME}/resubmit", "credit", {"on": "2021-04-01", "party_uscc": "91620102MA0000000A"}, "uscc_check", "/party_uscc"),
    (f"/v1/records/{SOME}/resubmit", "credit", {"on": "2021-04-01", "party_name": "x" * 301}, "text_length", "/party_name"),
]


async def test_bad_input_is_refused_with_its_code_and_place_and_stores_nothing(credit):
    for path, role, body, code, pointer in BAD:
        refused = await credit.person(role).post(path, json=body)
        assert (refused.status_code, refused.json()["code"], refused.json()["pointer"]) == (422, code, pointer), (path, body, refused.text)
    assert await credit.platform.rows("SELECT 1 FROM audit_entry") == []


@pytest.mark.parametrize(
    ("path", "query"),
    [("records", "state=GONE"), ("records", "due_before=2021"), ("records", "page_token=x"), ("due", "as_of=soon"), ("records", "period=Q1")],
)
async def test_a_bad_query_is_refused(credit, path, query):
    assert (await credit.person("credit").get(f"/v1/{path}?{query}")).status_code == 422
