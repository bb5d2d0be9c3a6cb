"""Bad bodies: each has its own code and pointer, and nothing is stored."""

import pytest

APPLICATIONS = [
    ({"number": "gs-1"}, "format", "/experts/0/number"),
    ({"number": 1}, "field_type", "/experts/0/number"),
    ({"pool": "ALL"}, "value_unknown", "/experts/0/pool"),
    ({"sex": "F"}, "value_unknown", "/experts/0/sex"),
    ({"name": ""}, "text_empty", "/experts/0/name"),
    ({"name": "甲\u202e乙"}, "text_control", "/experts/0/name"),
    ({"name": "甲\n乙"}, "text_control", "/experts/0/name"),
    ({"birth_year": "1970"}, "field_type", "/experts/0/birth_year"),
    ({"birth_year": True}, "field_type", "/experts/0/birth_year"),
    ({"birth_year": 1800}, "number_range", "/experts/0/birth_year"),
    ({"unit_uscc": "91620102MA700000XF"}, "uscc_check", "/experts/0/unit_uscc"),
    ({"unit_uscc": "9162"}, "format", "/experts/0/unit_uscc"),
    ({"specialities": []}, "list_length", "/experts/0/specialities"),
    ({"specialities": ["a b"]}, "format", "/experts/0/specialities/0"),
    ({"residence_code": "6２"}, "format", "/experts/0/residence_code"),
    ({"residence_code": "620"}, "format", "/experts/0/residence_code"),
    ({"certificate_until": "2024-6-30"}, "date_format", "/experts/0/certificate_until"),
    ({"certificate_until": "2024-06-31"}, "date_format", "/experts/0/certificate_until"),
    ({"certificate_until": "2024-06-30"}, "certificate", "/experts/0/certificate_until"),
    ({"phone": "1389310"}, "format", "/experts/0/phone"),
    ({"phone": "１３８９３１００００１"}, "format", "/experts/0/phone"),
    ({"interests": [{"uscc": "91620102MA700000XE"}]}, "field_missing", "/experts/0/interests/0/until"),
    ({"interests": [{"uscc": "91620102MA700000XE", "until": 20210101}]}, "date_format", "/experts/0/interests/0/until"),
    ({"interests": [{"uscc": "91620102MA700000XE", "until": "2022-01-01"}] * 2}, "list_duplicate", "/experts/0/interests"),
    ({"state": "ACTIVE"}, "field_unknown", "/experts/0/state"),
]
DRAWS = [
    ({"size": 4}, "panel_size", "/size"),
    ({"size": 1}, "number_range", "/size"),
    ({"size": 3.0}, "field_type", "/size"),
    ({"size": 17}, "number_range", "/size"),
    ({"pool": None}, "value_unknown", "/pool"),
    ({"request_id": ""}, "format", "/request_id"),
    ({"request_id": "a b"}, "format", "/request_id"),
    ({"recuse_usccs": ["x"]}, "format", "/recuse_usccs/0"),
    ({"recuse_regions": [""]}, "format", "/recuse_regions/0"),
    ({"drawn_on": "2021-02-29"}, "date_format", "/drawn_on"),
    ({"drawn_on": "1989-01-01"}, "date_range", "/drawn_on"),
    ({"drawn_on": "2099-01-01"}, "date_future", "/drawn_on"),
    ({"seed": "00"}, "field_unknown", "/seed"),
]


def fault(answer):
    body = answer.json()
    return answer.status_code, body["code"], body["pointer"]


@pytest.mark.parametrize(("changes", "code", "pointer"), APPLICATIONS)
async def test_a_bad_application_stores_nothing(platform, admin, make, changes, code, pointer):
    answer = await admin.post("/v1/experts:batch", json={"experts": [make.application(1, **changes)]})
    assert fault(answer) == (422, code, pointer)
    assert await platform.rows("SELECT 1 FROM expert UNION ALL SELECT 1 FROM expert_private") == []


@pytest.mark.parametrize(("changes", "code", "pointer"), DRAWS)
async def test_bad_terms_draw_nothing(platform, planner, make, changes, code, pointer):
    answer = await planner.post("/v1/draws", json=make.request(**changes))
    assert fault(answer) == (422, code, pointer)
    assert await platform.rows("SELECT 1 FROM draw UNION ALL SELECT 1 FROM outbox") == []


async def test_more_than_500_applications_are_refused(platform, admin, make):
    answer = await admin.post("/v1/experts:batch", json={"experts": [make.application(n) for n in range(501)]})
    assert fault(answer) == (422, "list_length", "/experts")
    assert await platform.rows("SELECT 1 FROM expert") == []


@pytest.mark.parametrize(
    ("act", "body", "code", "pointer"),
    [
        ("suspend", {"on": "2099-01-01", "reason": "x"}, "date_future", "/on"),
        ("suspend", {"on": "2020-01-01", "reason": "x"}, "date_order", "/on"),
        ("suspend", {"on": "2021-01-01"}, "field_missing", "/reason"),
        ("remove", {"on": "2021-01-01", "cause": "BAD", "reason": "x"}, "value_unknown", "/cause"),
        ("notice", {"notice_from": "2021-01-01"}, "field_missing", "/from"),
        ("scores", {"year": 2021, "attendance": 31, "quality": 0, "discipline": 0, "scored_on": "2022-01-01"}, "number_range", "/attendance"),
        ("scores", {"year": 2021, "attendance": 1, "quality": 0, "discipline": 0, "scored_on": "2099-01-01"}, "date_future", "/scored_on"),
        ("phone:unmask", {"reason": " "}, "text_empty", "/reason"),
    ],
)
async def test_a_bad_act_changes_nothing(platform, admin, pool, act, body, code, pointer):
    before = await platform.rows("SELECT state, revision FROM expert ORDER BY id")
    answer = await admin.post(f"/v1/experts/{pool[0]}/{act}", json=body)
    assert fault(answer) == (422, code, pointer)
    assert await platform.rows("SELECT state, revision FROM expert ORDER BY id") == before


async def test_a_notice_in_a_year_without_calendar_is_bad_input(admin, make):
    made = await admin.post("/v1/experts:batch", json={"experts": [make.application(1)]})
    url = f"/v1/experts/{made.json()['items'][0]['id']}"
    await admin.post(f"{url}/review", json={"reviewed_on": "1999-01-04"})
    assert fault(await admin.post(f"{url}/notice", json={"from": "1999-01-05"})) == (422, "date_range", "/from")
