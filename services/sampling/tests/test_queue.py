"""What waits, late ones first, and how laboratories kept their time (K13)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sampling_cases import FOOD_FORM, NEIGHBOUR, failed_report, food_report, report
from sqlalchemy import text

from common.clocks import LIMITS, due, national_calendar
from common.db import Scope
from sampling.rules.timeliness import deadline, due_days, rate, standing
from sampling.store import queue as store

UNTIL = {"from": "2021-01-01", "to": "2021-12-31"}


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(0, 0, None), (0, 3, "0.00"), (3, 3, "100.00"), (2, 3, "66.67"), (1, 3, "33.33"), (1, 8, "12.50"), (1, 1600, "0.06"), (1, 16000, "0.01")],
)
def test_a_rate_has_two_decimals_half_up_and_nothing_without_a_denominator(part, whole, said):
    assert rate(part, whole) == said


def test_limits_are_those_of_the_clocks_and_their_proof_counts_every_day():
    assert deadline("F02", date(2026, 4, 30)).legal == due(LIMITS["F02"], date(2026, 4, 30), national_calendar()).legal
    found = standing("F01", date(2026, 4, 30), date(2026, 5, 12))
    assert (found.due, found.late, found.colour) == (date(2026, 5, 11), True, "红"), "scenario 4"
    assert [step["number"] for step in found.proof if step["kind"] == "counted"] == [1, 2, 3, 4, 5]
    urgent = standing("F05", datetime(2026, 1, 5, 8, 30, tzinfo=UTC), datetime(2026, 1, 6, 9, 30, tzinfo=UTC))
    assert urgent.late and urgent.due == datetime(2026, 1, 6, 9, 0, tzinfo=UTC), "24 hours from the next full hour"
    table = due_days(("F03",), date(2026, 2, 11), date(2026, 2, 12))
    assert table == {"day": [date(2026, 2, 11), date(2026, 2, 12)], "F03": [date(2026, 2, 27), date(2026, 2, 28)]}


async def test_a_laboratorys_queue_has_what_it_must_receive_and_report_the_latest_first(batch):
    sealed = await batch.sealed(FOOD_FORM)
    received = await batch.received()
    found = (await batch.lab().get("/v1/queue")).json()["items"]
    rows = [(w["stage"], w["sample_id"], w["clock"], w["due"], w["late"], w["colour"]) for w in found]
    # received 2021-02-03: 20 working days, with Spring Festival 11-17 Feb and work on 7 and 20 Feb; sealed 2021-02-01: 5 working days
    assert rows == [
        ("receive", sealed["id"], "F01", "2021-02-07", True, "红"),
        ("report", received["id"], "P03", deadline("P03", date(2021, 2, 3)).legal.isoformat(), True, "红"),
    ]
    assert found[0]["proof"][0]["kind"] == "start" and found[0]["left"] < 0
    assert [w["stage"] for w in (await batch.lab().get("/v1/queue", params={"stage": "report"})).json()["items"]] == ["report"]
    assert (await batch.lab("L02").get("/v1/queue")).json()["items"] == []
    await batch.push(report(received["sample_no"]))
    assert [w["stage"] for w in (await batch.lab().get("/v1/queue")).json()["items"]] == ["receive"]


async def test_what_has_no_limit_of_its_own_comes_last(batch):
    product = await batch.sealed()
    food = await batch.received(FOOD_FORM)
    found = (await batch.lab().get("/v1/queue")).json()["items"]
    assert [(w["sample_id"], w["clock"], w["due"]) for w in found] == [(food["id"], "F02", found[0]["due"]), (product["id"], None, None)]


async def test_the_queue_is_read_page_by_page_without_gap_or_repetition(batch):
    made = [(await batch.received())["id"] for _ in range(4)] + [(await batch.sealed(FOOD_FORM))["id"]] + [(await batch.sealed())["id"]]
    seen, token, pages = [], None, 0
    while pages == 0 or token:
        page = (await batch.lab().get("/v1/queue", params={"page_size": 2} | ({"page_token": token} if token else {}))).json()
        seen, token, pages = seen + [w["sample_id"] for w in page["items"]], page["next_page_token"], pages + 1
    assert sorted(seen) == sorted(made) and len(seen) == len(set(seen)) and pages == 3
    for bad in ("WyIiXQ", "WyIiLCJ4IiwiIiwiIiwiIl0", "x"):
        assert (await batch.lab().get("/v1/queue", params={"page_token": bad})).json()["code"] == "page_token"


async def test_a_bureaus_queue_begins_with_24_hour_reports_and_has_corrections_to_decide(batch):
    urgent = await batch.failed(FOOD_FORM, food_report, report_class="24小时限时报告")
    told = await batch.notified()
    ask = {"verdict": "不合格", "reason": "编号有误", "approver": "签字人丙"}
    assert (await batch.lab().post(f"/v1/samples/{told['id']}/corrections", json=ask)).status_code == 201
    found = (await batch.officer().get("/v1/queue")).json()["items"]
    assert [(w["stage"], w["sample_id"], w["clock"]) for w in found] == [("urgent", urgent["id"], "F05"), ("decide", told["id"], None)]
    assert found[0]["due"] > datetime.now(UTC).isoformat()[:16] and not found[0]["late"]
    assert (await batch.officer(NEIGHBOUR).get("/v1/queue")).json()["items"] == []


async def test_an_approved_correction_waits_for_its_laboratory(batch):
    told = await batch.notified()
    ask = {"verdict": "不合格", "reason": "编号有误", "approver": "签字人丙"}
    asked = (await batch.lab().post(f"/v1/samples/{told['id']}/corrections", json=ask)).json()
    approve = f"/v1/corrections/{asked['id']}/approve"
    assert (await batch.platform.client("chief", "chief", region="620102").post(approve, json={"note": "同意"})).status_code == 200
    [waiting] = (await batch.lab().get("/v1/queue")).json()["items"]
    assert (waiting["stage"], waiting["clock"], waiting["sample_id"]) == ("correct", "F04", told["id"])


async def test_k13_counts_effective_reports_by_their_day_of_issue(batch):
    in_time = await batch.received()
    await batch.push(report(in_time["sample_no"], "N-1"))
    last = deadline("P03", date(2021, 2, 3)).legal
    edge = await batch.received()
    await batch.push(report(edge["sample_no"], "N-2", issued_on=last.isoformat()))
    late = await batch.received()
    await batch.push(failed_report(late["sample_no"], "N-3", issued_on=(last + timedelta(days=1)).isoformat()))
    food = await batch.failed(FOOD_FORM, food_report)
    assert food["report_id"]
    whole = (await batch.lab().get("/v1/timeliness", params=UNTIL)).json()
    counted = {row["programme"]: row for row in whole["items"]}
    assert (counted["产品"]["reports"], counted["产品"]["reports_on_time"], counted["产品"]["rate"]) == (3, 2, "66.67")
    assert (counted["产品"]["conforming"], counted["产品"]["conforming_on_time"], counted["产品"]["conforming_rate"]) == (2, 2, "100.00")
    assert (counted["产品"]["failed"], counted["产品"]["failed_rate"]) == (1, "100.00")
    assert (counted["食品"]["reports"], counted["食品"]["rate"], counted["食品"]["conforming_rate"]) == (1, "100.00", None)
    for region in ("620102", "6201", "62"):
        assert (await batch.officer(region).get("/v1/timeliness", params=UNTIL)).json()["items"] == whole["items"]
    for region in ("620103", "6202"):
        assert (await batch.officer(region).get("/v1/timeliness", params=UNTIL)).json()["items"] == []
    empty = {"from": "2021-06-01", "to": "2021-06-30"}
    assert (await batch.lab().get("/v1/timeliness", params=empty)).json()["items"] == []
    assert (await batch.lab("L02").get("/v1/timeliness", params=UNTIL)).json()["items"] == []


@pytest.mark.parametrize(("days", "code"), [(("2021-02-01", "2021-01-01"), "date_order"), (("2020-01-01", "2021-12-31"), "period_too_long")])
async def test_a_period_that_is_none_is_refused(batch, days, code):
    answer = await batch.lab().get("/v1/timeliness", params={"from": days[0], "to": days[1]})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


MANY = """
    INSERT INTO sample (id, region_code, source_region_code, task_id, programme, sample_no, number_issued, form, product_code, product_name, stage,
        sampled_on, assigned_laboratory, laboratory_code, place_region_code, period, state, created_by, sealed_on, received_on)
    SELECT gen_random_uuid(), '6201' || (10 + n % 80), '62', gen_random_uuid(), '产品', 'N' || n, false, '{}', 'HD-01', 'x', '流通', '2021-02-01',
        'L01', 'L0' || n % 9, '620102', '2021Q1', 'RECEIVED', 'x', '2021-02-01', date '2021-02-01' + n % 300 FROM generate_series(1, 20000) AS n
"""


async def test_the_streams_of_the_queue_are_index_ranges_under_row_level_security(platform):
    await platform.rows(MANY)
    await platform.rows("ANALYZE sample")
    async with platform.session(Scope(laboratory="L01", subject="lab-L01")) as session:
        for stream, index in ((store.LABORATORY[1], "sample_queue_receive_idx"), (store.LABORATORY[3], "sample_queue_report_idx")):
            given = {
                ":who": "'L01'",
                ":programme": "'产品'",
                ":since": "'2021-03-01'",
                ":id": f"'{'0' * 8}-0000-0000-0000-{'0' * 12}'",
                ":limit": "51",
            }
            statement = str(stream.query)
            for name, value in given.items():
                statement = statement.replace(name, value)
            plan = "\n".join((await session.execute(text(f"EXPLAIN {statement}"))).scalars())
            assert index in plan and "Seq Scan on sample" not in plan, plan
