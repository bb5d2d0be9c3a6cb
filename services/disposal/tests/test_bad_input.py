"""Bad bodies: each gets its own code and pointer, and nothing is stored."""

import pytest

EVIDENCE = "ab" * 32
MEASURE = {"kind": "SEAL", "taken_on": "2026-01-06"}
FIVE = {"state": "done", "on": "2026-01-06", "evidence": [EVIDENCE]}

TABLE = [
    ("POST", "receive", {}, 422, "field_missing", "/received_on"),
    ("POST", "receive", {"received_on": "2026-1-6"}, 422, "date_format", "/received_on"),
    ("POST", "receive", {"received_on": "２０２６-01-06"}, 422, "date_format", "/received_on"),
    ("POST", "receive", {"received_on": "2026-02-30"}, 422, "date_format", "/received_on"),
    ("POST", "receive", {"received_on": "1899-01-01"}, 422, "date_range", "/received_on"),
    ("POST", "receive", {"received_on": "2099-01-01"}, 422, "date_future", "/received_on"),
    ("POST", "receive", {"received_on": "2026-01-04"}, 422, "date_before_report", "/received_on"),
    ("POST", "receive", {"received_on": "2026-01-06", "due_on": "2030-01-01"}, 422, "field_unknown", "/due_on"),
    ("POST", "receive", [], 422, "field_type", ""),
    ("POST", "measures", MEASURE | {"kind": "BURN"}, 422, "value_unknown", "/kind"),
    ("POST", "measures", MEASURE | {"taken_on": True}, 422, "date_format", "/taken_on"),
    ("POST", "measures", MEASURE | {"taken_on": "2099-01-01"}, 422, "date_future", "/taken_on"),
    ("POST", "measures", MEASURE | {"quantity": 12, "unit": "kg"}, 422, "decimal_format", "/quantity"),
    ("POST", "measures", MEASURE | {"quantity": "1_2", "unit": "kg"}, 422, "decimal_format", "/quantity"),
    ("POST", "measures", MEASURE | {"quantity": "-1", "unit": "kg"}, 422, "decimal_format", "/quantity"),
    ("POST", "measures", MEASURE | {"quantity": "１２", "unit": "kg"}, 422, "decimal_format", "/quantity"),
    ("POST", "measures", MEASURE | {"quantity": "12"}, 422, "quantity_unit", "/unit"),
    ("POST", "measures", MEASURE | {"amount_fen": True}, 422, "field_type", "/amount_fen"),
    ("POST", "measures", MEASURE | {"amount_fen": -1}, 422, "number_range", "/amount_fen"),
    ("POST", "measures", MEASURE | {"evidence": ["x"]}, 422, "format", "/evidence/0"),
    ("POST", "measures", MEASURE | {"evidence": [EVIDENCE] * 51}, 422, "list_length", "/evidence"),
    ("POST", "measures", MEASURE | {"details": "a\u202eb"}, 422, "text_control", "/details"),
    ("POST", "measures", MEASURE | {"details": "长" * 4001}, 422, "text_length", "/details"),
    ("POST", "measures", MEASURE | {"kind": "ORDER_CORRECT"}, 422, "measure_incomplete", "/served_on"),
    ("POST", "measures", MEASURE | {"kind": "RECHECK"}, 422, "measure_incomplete", "/result"),
    ("POST", "measures", MEASURE | {"kind": "RECHECK", "result": "ok"}, 422, "value_unknown", "/result"),
    ("POST", "measures", MEASURE | {"result": "conforming"}, 422, "measure_field", "/result"),
    ("PUT", "five/cause", FIVE | {"state": "DONE"}, 422, "value_unknown", "/state"),
    ("PUT", "five/cause", FIVE | {"evidence": []}, 422, "evidence_missing", "/evidence"),
    ("PUT", "five/cause", FIVE | {"on": None}, 422, "day_missing", "/on"),
    ("PUT", "five/cause", FIVE | {"state": "open"}, 422, "day_unexpected", "/on"),
    ("PUT", "five/cause", FIVE | {"state": "not_applicable", "evidence": []}, 422, "reason_missing", "/reason"),
    ("PUT", "five/reason", FIVE, 422, "value_unknown", "/path/part"),
    ("POST", "extensions", {"applied_on": "2026-01-20"}, 422, "field_missing", "/reason"),
    ("POST", "extensions", {"applied_on": "2026-01-20", "reason": ""}, 422, "text_empty", "/reason"),
    ("POST", "extensions", {"applied_on": "2026-01-20", "reason": "x", "days": 0}, 422, "number_range", "/days"),
    ("POST", "extensions", {"applied_on": "2026-01-20", "reason": "x", "days": 366}, 422, "number_range", "/days"),
    ("POST", "extensions", {"applied_on": "2026-01-20", "reason": "x", "days": "30"}, 422, "field_type", "/days"),
    ("POST", "extensions", {"applied_on": "2026-01-04", "reason": "x"}, 422, "date_before_report", "/applied_on"),
    ("POST", "extensions", {"applied_on": "2026-01-05", "reason": "x"}, 422, "date_order", "/applied_on"),
    ("POST", "close", {"closed_on": "2099-01-01"}, 422, "date_future", "/closed_on"),
    ("POST", "file", {"filed_on": "2026-01-07"}, 422, "field_missing", "/case_no"),
    ("POST", "file", {"filed_on": "2026-01-07", "case_no": ""}, 422, "text_empty", "/case_no"),
    ("POST", "dismiss", {"dismissed_on": "2026-1-7", "reason": "x"}, 422, "date_format", "/dismissed_on"),
    ("POST", "dismiss", {"dismissed_on": "2026-01-07", "reason": ""}, 422, "text_empty", "/reason"),
    ("POST", "supervise", {"kind": "scold", "text": "x"}, 422, "value_unknown", "/kind"),
]
RAW = [
    (b'{"received_on": "2026-01-06", "received_on": "2026-01-07"}', "json_duplicate_key"),
    (b'{"received_on": NaN}', "json_not_a_number"),
    (b'{"received_on": "2026-01-06\\u0000"}', "json_nul"),
    (b'{"received_on": "\\ud800"}', "json_surrogate"),
    (b'{"received_on": "2026-01-06"', "json_syntax"),
    (b"\xff\xfe", "json_encoding"),
]
_STORED = "SELECT (SELECT count(*) FROM measure) + (SELECT count(*) FROM five) + (SELECT count(*) FROM extension) AS n"


async def test_bad_bodies_get_their_code_and_pointer_and_store_nothing(world, platform):
    leg = await world.received(on="2026-01-06")
    fresh = await world.opened()
    officer, chief, found, wanted = world.who("officer", "620102"), world.who("chief", "620102"), [], []
    for method, act, body, status, code, pointer in TABLE:
        target = fresh if act == "receive" else leg
        answer = await (chief if act in ("file", "dismiss") else officer).request(method, f"/v1/legs/{target['id']}/{act}", json=body)
        found.append((act, str(body)[:80], answer.status_code, answer.json()["code"], answer.json().get("pointer")))
        wanted.append((act, str(body)[:80], status, code, pointer))
    assert found == wanted
    assert (await platform.rows(_STORED))[0]["n"] == 0
    assert [one["state"] for one in await platform.rows("SELECT state FROM leg ORDER BY id")] == ["RECEIVED", "OPENED"]


@pytest.mark.parametrize(("raw", "code"), RAW)
async def test_json_that_is_not_json_is_malformed(world, raw, code):
    leg = await world.opened()
    headers = {"Content-Type": "application/json"}
    answer = await world.who("officer", "620102").post(f"/v1/legs/{leg['id']}/receive", content=raw, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
