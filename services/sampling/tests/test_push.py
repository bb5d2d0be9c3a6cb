"""The laboratory push (design.md section 6), on real PostgreSQL through the public API."""

import asyncio
import hashlib
import json
from datetime import timedelta

import jwt
import pytest
from longzhi.sampling.v1.events_pb2 import ReportAccepted, ReportReplaced
from sampling_cases import ELSEWHERE, FOOD_FORM, FORM, NOTICE, PREFECTURE, failed_report, food_report, report

from common.today import today


async def counts(platform):
    rows = await platform.rows(
        "SELECT (SELECT count(*) FROM report) AS r, (SELECT count(*) FROM report_item) AS i, (SELECT count(*) FROM push_batch) AS b"
    )
    return tuple(rows[0].values())


async def test_a_conforming_report_is_accepted_with_items_event_audit_and_receipt(platform, batch):
    sample = await batch.received()
    answer = await batch.push(report(sample["sample_no"]))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert list(body) == ["accepted", "unchanged", "rejected", "batch_id", "receipt", "results"]
    assert (body["accepted"], body["unchanged"], body["rejected"]) == (1, 0, 0)
    result = body["results"][0]
    assert result == {"report_no": "GSZJ-2021-000123", "status": "accepted", "report_id": result["report_id"], "version": 1, "problems": []}
    assert await counts(platform) == (1, 2, 1)
    shown = (await batch.officer().get(f"/v1/samples/{sample['id']}")).json()
    assert (shown["state"], shown["effective_report_id"]) == ("CONFORMING", result["report_id"])
    [fact] = await platform.facts(ReportAccepted)
    assert (fact.report_id, fact.verdict, fact.version, fact.item_count, fact.reported_on) == (result["report_id"], "合格", 1, 2, "2021-02-10")
    assert (fact.batch.sample_no, fact.batch.produced_on, fact.batch.period) == (sample["sample_no"], "2021-01-04", "2021Q1")
    assert [(p.role, p.division_code) for p in fact.batch.parties] == [("seller", "620102"), ("producer", "620902")]
    envelope = next(e for e in await platform.facts() if e.type.endswith("ReportAccepted"))
    assert (envelope.key, envelope.region_code) == (sample["id"], "620102")
    acts = await platform.rows("SELECT act, region_code FROM audit_entry ORDER BY seq")
    assert [a["act"] for a in acts] == ["sample.create", "sample.seal", "sample.receive", "report.accept"]
    assert await platform.rows("SELECT 1 FROM row_grant") == []


async def test_a_failed_report_crosses_to_the_producers_bureau_by_a_grant(platform, batch):
    sample = await batch.failed()
    [grant] = await platform.rows("SELECT region_code, kind, grantee_code, basis, expires_on FROM row_grant")
    in_two_years = today() + timedelta(days=730)
    assert abs((grant.pop("expires_on") - in_two_years).days) <= 1
    assert grant == {"region_code": "620102", "kind": "sample", "grantee_code": ELSEWHERE, "basis": "O18 art. 43"}
    elsewhere = batch.officer(ELSEWHERE)
    assert (await elsewhere.get(f"/v1/samples/{sample['id']}")).json()["state"] == "NON_CONFORMING"
    report_seen = (await elsewhere.get(f"/v1/reports/{sample['report_id']}")).json()
    assert [i["judgement"] for i in report_seen["items"]] == ["不合格项", "合格项"]
    assert "0.21 mg/m³" in report_seen["items"][0]["explanation"]
    assert [g["basis"] for g in (await elsewhere.get("/v1/grants", params={"basis": "O18 art. 43"})).json()["items"]] == ["O18 art. 43"]
    assert (await elsewhere.get("/v1/grants", params={"basis": "none"})).json()["items"] == []
    assert (await batch.officer("620602").get(f"/v1/samples/{sample['id']}")).status_code == 404
    [fact] = await platform.facts(ReportAccepted)
    assert (fact.verdict, fact.serious) == ("不合格", True), "an A item failed"
    assert [(f.item, f.result, f.limit, f.unit) for f in fact.failed_items] == [("甲醛释放量", "0.21", "≤0.124 mg/m³", "mg/m³")]


async def test_a_food_failure_has_the_food_basis(platform, batch):
    await batch.failed(FOOD_FORM, food_report)
    assert [g["basis"] for g in await platform.rows("SELECT basis FROM row_grant")] == ["O15 art. 28"]
    [fact] = await platform.facts(ReportAccepted)
    assert (fact.verdict, fact.serious, fact.batch.programme) == ("不合格", False, "食品")


async def test_risk_monitoring_finds_problems_without_legs(platform, batch):
    form = FOOD_FORM | {"food": FOOD_FORM["food"] | {"task_category": "风险监测"}}
    sample = await batch.received(form)
    pushed = food_report(sample["sample_no"], verdict="问题", report_class="一般问题报告")
    pushed["items"][0]["judgement"] = "问题项"
    assert (await batch.push(pushed)).json()["accepted"] == 1
    assert (await batch.officer().get(f"/v1/samples/{sample['id']}")).json()["state"] == "PROBLEM"


async def test_the_same_again_is_unchanged_and_other_content_a_conflict(platform, batch):
    sample = await batch.conforming()
    again = (await batch.push(report(sample["sample_no"]))).json()
    assert (again["unchanged"], again["accepted"]) == (1, 0)
    assert again["results"][0]["report_id"] == sample["report_id"]
    left_out = {k: v for k, v in report(sample["sample_no"]).items() if v is not None}
    assert (await batch.push(left_out)).json()["unchanged"] == 1, "null and absent are the same content"
    other = (await batch.push(report(sample["sample_no"], conclusion="别的结论"))).json()
    assert other["results"][0]["problems"][0]["code"] == "report_conflict"
    assert (await counts(platform))[:2] == (1, 2)
    assert len(await platform.facts(ReportAccepted)) == 1


async def test_a_correction_before_the_notice_makes_a_new_version(platform, batch):
    sample = await batch.conforming()
    corrected = failed_report(sample["sample_no"], "GSZJ-2021-000123G1", replaces="GSZJ-2021-000123")
    result = (await batch.push(corrected)).json()["results"][0]
    assert (result["status"], result["version"]) == ("accepted", 2)
    versions = (await batch.officer().get(f"/v1/samples/{sample['id']}/reports")).json()["items"]
    assert [(v["version"], v["state"], v["verdict"]) for v in versions] == [(1, "REPLACED", "合格"), (2, "ACCEPTED", "不合格")]
    [fact] = await platform.facts(ReportReplaced)
    assert (fact.old_report_id, fact.current.version) == (sample["report_id"], 2)
    assert (await batch.officer().get(f"/v1/samples/{sample['id']}")).json()["state"] == "NON_CONFORMING"
    assert (await batch.push(corrected)).json()["unchanged"] == 1
    same_number = report(sample["sample_no"], "GSZJ-2021-000123G1", replaces="GSZJ-2021-000123G1")
    assert (await batch.push(same_number)).json()["results"][0]["version"] == 3


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"report_no": "N-9"}, "sample_reported"),
        ({"report_no": "N-9", "replaces": "N-8"}, "replaces_unknown"),
        ({"report_no": "N-9", "replaces": "GSZJ-2021-000124"}, None),
    ],
)
async def test_what_may_replace_a_report(batch, changes, code):
    sample = await batch.failed()
    result = (await batch.push(failed_report(sample["sample_no"], **changes))).json()["results"][0]
    assert [p["code"] for p in result["problems"]] == ([code] if code else [])


async def test_after_the_notice_a_correction_needs_approval(platform, batch):
    sample = await batch.notified()
    late = failed_report(sample["sample_no"], "N-9", replaces="GSZJ-2021-000124")
    assert (await batch.push(late)).json()["results"][0]["problems"][0]["code"] == "replace_needs_approval"
    assert (await counts(platform))[0] == 1


async def test_partial_takes_the_good_and_explains_the_bad_in_order(platform, batch):
    first, second = await batch.received(), await batch.received()
    bad = failed_report(second["sample_no"], "N-2", verdict="合格", report_class="合格报告")
    body = (await batch.push(report("SCP99620102A00100001", "N-0"), report(first["sample_no"], "N-1"), bad, {"report_no": 7})).json()
    assert [r["status"] for r in body["results"]] == ["rejected", "accepted", "rejected", "rejected"]
    assert [r["report_no"] for r in body["results"]] == ["N-0", "N-1", "N-2", None]
    assert body["results"][0]["problems"] == [
        {"code": "sample_unknown", "pointer": "/sample_no", "detail": "没有委托给本机构的样品「SCP99620102A00100001」"}
    ]
    assert {p["code"] for p in body["results"][2]["problems"]} == {"verdict_mismatch"}
    assert (await counts(platform))[0] == 1


async def test_atomic_stores_all_or_nothing_and_a_dry_run_nothing(platform, batch):
    first, second = await batch.received(), await batch.received()
    good, bad = report(first["sample_no"], "N-1"), report("SCP99620102A00100001", "N-0")
    body = (await batch.push(good, bad, mode="atomic")).json()
    assert (body["accepted"], body["rejected"]) == (0, 2)
    assert [r["problems"][0]["code"] for r in body["results"]] == ["batch_rejected", "sample_unknown"]
    dry = (await batch.push(good, bad, dry_run=True)).json()
    assert (dry["accepted"], dry["rejected"], dry["batch_id"], dry["receipt"], dry["results"][0]["report_id"]) == (1, 1, None, None, None)
    assert (await counts(platform))[:2] == (0, 0)
    both = (await batch.push(good, report(second["sample_no"], "N-2"), mode="atomic")).json()
    assert both["accepted"] == 2
    assert (await counts(platform))[:2] == (2, 4)


async def test_twins_in_one_call_are_refused(batch):
    sample = await batch.received()
    twice = (await batch.push(report(sample["sample_no"], "N-1"), report(sample["sample_no"], "N-2"), report(sample["sample_no"], "N-1"))).json()
    assert [[p["code"] for p in r["problems"]] for r in twice["results"]] == [[], ["sample_twice"], ["report_twice"]]


async def test_a_laboratory_pushes_only_for_its_own_received_samples(platform, batch):
    sample = await batch.received()
    other = (await batch.push(report(sample["sample_no"]), lab="L02")).json()
    assert other["results"][0]["problems"][0]["code"] == "sample_unknown"
    draft, sealed = await batch.draft(), await batch.sealed()
    body = (await batch.push(report(draft["sample_no"], "N-1"), report(sealed["sample_no"], "N-2"))).json()
    assert [r["problems"][0]["code"] for r in body["results"]] == ["sample_unknown", "sample_state"]
    assert (await batch.officer().post("/v1/reports:batch", json={"reports": []})).json()["code"] == "role_missing"
    strange = platform.client("x", "laboratory", region="620102")
    assert (await strange.post("/v1/reports:batch", json={"reports": [{}]}, headers={"Idempotency-Key": "k"})).json()["code"] == "laboratory_only"
    unknown = await batch.push(report(sample["sample_no"]), lab="L99")
    assert (unknown.status_code, unknown.json()["code"]) == (409, "laboratory_unknown")


async def test_the_key_is_required_and_a_repeated_call_answers_the_same_bytes(platform, batch):
    sample = await batch.received()
    body = {"reports": [report(sample["sample_no"])]}
    without = await batch.lab().post("/v1/reports:batch", json=body)
    assert (without.status_code, without.json()["code"]) == (422, "idempotency_key_required")
    first = await batch.push(*body["reports"], key="one")
    again = await batch.push(*body["reports"], key="one")
    assert again.content == first.content and again.headers["idempotent-replay"] == "true"
    other = await batch.push(report(sample["sample_no"], conclusion="x"), key="one")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await counts(platform) == (1, 2, 1)


async def test_the_receipt_can_be_checked_by_anybody(platform, batch):
    sample = await batch.received()
    body = json.dumps({"mode": "partial", "reports": [report(sample["sample_no"]), report("SCP99620102A00100001", "N-0")]}).encode()
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    answer = (await batch.lab().post("/v1/reports:batch", content=body, headers=headers)).json()
    keys = (await platform.client().get("/v1/receipts/keys")).json()
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(answer["receipt"])["kid"]]
    said = jwt.decode(answer["receipt"], key.key, algorithms=["EdDSA"])
    assert said["body_sha256"] == hashlib.sha256(body).hexdigest()
    assert (said["batch_id"], said["laboratory"], said["reports"]) == (answer["batch_id"], "L01", 2)
    accepted, refused = json.loads(body)["reports"]

    def canonical(value):
        if isinstance(value, dict):
            return {k: canonical(v) for k, v in value.items() if v is not None}
        return [canonical(v) for v in value] if isinstance(value, list) else value

    def sha(value):
        return hashlib.sha256(json.dumps(canonical(value), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()

    rows = [[r["report_no"], r["report_id"], sha(p), r["status"]] for r, p in zip(answer["results"], (accepted, refused), strict=True)]
    assert said["results_sha256"] == hashlib.sha256(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
    stored = await platform.rows("SELECT content_sha256, receipt FROM report JOIN push_batch b ON b.id = batch_id")
    assert stored == [{"content_sha256": rows[0][2], "receipt": answer["receipt"]}]


async def test_a_missing_receipt_key_stops_the_push_and_nothing_is_stored(platform, batch, tmp_path):
    sample = await batch.received()
    object.__setattr__(platform.runtime.clients, "receipt_key_file", str(tmp_path / "none.pem"))
    platform.runtime.clients.kept.pop(("receipt_key",), None)
    answer = await batch.push(report(sample["sample_no"]))
    assert (answer.status_code, answer.json()["code"]) == (503, "receipt_key_missing")
    assert await counts(platform) == (0, 0, 0)


async def test_the_scheme_of_the_production_date_judges(batch):
    product = FORM["product"] | {"name": "刨花板", "catalogue_code": "HD-01", "production_date": "2018-04-30", "standard": "GB 18580-2001"}
    sample = await batch.received(product=product)
    pushed = report(sample["sample_no"])
    pushed["items"] = [pushed["items"][0] | {"result": "5.0", "max": "9.0"}]
    result = (await batch.push(pushed)).json()["results"][0]
    assert result["status"] == "accepted", result


async def test_nothing_is_judged_without_a_scheme(batch):
    sample = await batch.received(product=FORM["product"] | {"catalogue_code": "HD-01", "production_date": "2009-12-31"})
    result = (await batch.push(report(sample["sample_no"]))).json()["results"][0]
    assert [p["code"] for p in result["problems"]] == ["scheme_missing"]


async def test_peers_are_asked_once_a_minute(platform, batch):
    for number in range(3):
        sample = await batch.received()
        await batch.push(report(sample["sample_no"], f"N-{number}"))
    assert platform.runtime.clients.directory.asked == 1
    assert platform.runtime.clients.planning.asked == 2, "one task, one product"


async def test_english_is_spoken_when_asked(batch):
    body = {"reports": [report("SCP99620102A00100001")]}
    headers = {"Idempotency-Key": "k", "Accept-Language": "en"}
    answer = (await batch.lab().post("/v1/reports:batch", json=body, headers=headers)).json()
    assert answer["results"][0]["problems"][0]["detail"] == "no such sample is assigned to this laboratory"


async def test_reports_are_listed_by_verdict_and_days_for_those_in_reach(batch):
    await batch.failed()
    await batch.conforming()
    for client, expected in (
        (batch.officer(), 2),
        (batch.officer(PREFECTURE), 2),
        (batch.lab(), 2),
        (batch.lab("L02"), 0),
        (batch.officer("620103"), 0),
    ):
        assert len((await client.get("/v1/reports")).json()["items"]) == expected
    officer = batch.officer()
    assert [r["verdict"] for r in (await officer.get("/v1/reports", params={"verdict": "不合格"})).json()["items"]] == ["不合格"]
    assert (await officer.get("/v1/reports", params={"from": "2021-02-11"})).json()["items"] == []
    assert len((await officer.get("/v1/reports", params={"from": "2021-02-10", "to": "2021-02-10"})).json()["items"]) == 2
    page = (await officer.get("/v1/reports", params={"page_size": 1})).json()
    rest = (await officer.get("/v1/reports", params={"page_size": 1, "page_token": page["next_page_token"]})).json()
    assert rest["next_page_token"] is None and page["items"][0]["id"] > rest["items"][0]["id"]


async def test_two_notices_are_enough_for_the_trail(batch):
    sample = await batch.failed()
    answer = await batch.officer().post(f"/v1/samples/{sample['id']}/notices", json=NOTICE)
    assert answer.status_code == 201


async def test_two_calls_with_the_same_reports_at_once_store_them_once(platform, batch):
    numbers = [(await batch.received())["sample_no"] for _ in range(3)]
    reports = [report(number, f"N-{number}") for number in numbers]
    answers = await asyncio.gather(batch.push(*reports, key="a"), batch.push(*reversed(reports), key="b"))
    assert sorted((a.json()["accepted"], a.json()["unchanged"]) for a in answers) == [(0, 3), (3, 0)]
    assert (await counts(platform))[:2] == (3, 6)
    assert len(await platform.facts(ReportAccepted)) == 3
