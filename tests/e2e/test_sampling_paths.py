"""The special paths of a batch with real tokens: refused, not available, licence gone, six months, rejected at the door; papers, sheets, numbers."""

import asyncio
import hashlib
import io
import secrets
from dataclasses import replace
from datetime import date, timedelta

import pytest
import python_calamine
import xlsxwriter
from own_batches import (
    FOOD,
    NEIGHBOUR,
    ORGANISER,
    OWNER,
    PRODUCT,
    WORKS,
    Own,
    file,
    number,
    photo,
    problem,
    publish_tasks,
    replacement,
    unseen,
    video,
)  # fmt: skip

from common.today import today
from demo.forms import report_of
from demo.results import verdict_of
from demo.uscc import make_uscc
from sampling.rules.field import Kind, value_at
from sampling.rules.form_sheet import columns_of
from sampling.rules.sheets import COLUMNS, HEAD_FIELDS, ITEM_FIELDS

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SAMPLER, OFFICER = f"sampler.{OWNER}", f"officer.{OWNER}"
VISIT = date(2026, 6, 10)
SORBIC = "山梨酸及其钾盐(以山梨酸计)"


@pytest.fixture(scope="module")
def tasks(world):
    return asyncio.run(publish_tasks(world))


@pytest.fixture
def own(world, gateway, tasks):
    return Own(world, gateway, tasks)


async def test_scenario_24_a_refusal_needs_its_proof_and_two_signers(own):
    draft = own.draft(PRODUCT, VISIT)
    alone = await own.ask(SAMPLER, "POST", "/sampling/v1/samples", json=draft.form | {"samplers": draft.form["samplers"][:1]})
    assert (alone.status_code, "samplers_count" in alone.text) == (422, True), "one person samples nothing"
    batch = await own.written(draft)
    signers = [person["certificate_no"] for person in batch.form["samplers"]]
    body = {"on": str(VISIT), "reason": "样品价格明显不合理", "asked_price_fen": 900_000, "note": "标价90元,要价9000元", "signers": signers}
    path = f"/sampling/v1/samples/{batch.id}/refuse"
    assert problem(await own.ask(SAMPLER, "POST", path, json=body)) == (422, "refusal_evidence")
    await file(own, batch, "拒抽照片", photo())
    await file(own, batch, "拒抽视频", video(), "拒抽.mp4", "video/mp4")
    assert problem(await own.ask(SAMPLER, "POST", path, json=body | {"signers": signers[:1]})) == (422, "refusal_signatures")
    assert (await own.must(SAMPLER, "POST", path, json=body))["state"] == "REFUSED"
    told = (await own.must(f"officer.{ORGANISER}", "GET", "/sampling/v1/special-notices", params={"sample_id": batch.id}))["items"]
    assert {(notice["to_role"], notice["to_region_code"]) for notice in told} == {("organiser", ORGANISER), ("county", OWNER)}
    assert all(notice["due_at"] > notice["happened_at"] for notice in told)
    paper = await issued(own, batch, "refusal", facts="现场负责人要价明显高于标价,拒绝按标价出售")
    assert paper["number"].startswith("拒抽〔2026〕")
    await unseen(own, f"/sampling/v1/samples/{batch.id}", f"/sampling/v1/samples/{batch.id}/evidence", f"/sampling/v1/documents/{paper['id']}")


async def test_nothing_to_sample_asks_the_planner_for_another_draw(own):
    batch = await own.written(own.draft(PRODUCT, VISIT))
    gone = await own.act("sampler", batch, "not-available", {"on": str(VISIT), "reason": "停产/停业", "note": "门店已停业"})
    assert gone["state"] == "NOT_SAMPLED"
    row = await replacement(own, batch)
    assert (row["cause"], row["reason"], row["region_code"], row["source_region_code"]) == ("NOT_SAMPLED", "停产/停业", OWNER, ORGANISER)
    path, grant = f"/planning/v1/replacements/{row['id']}/answer", {"decision": "grant", "drawn_name": "另一门店", "drawn_division_code": OWNER}
    assert (await own.ask(f"planner.{NEIGHBOUR}", "POST", path, json=grant)).status_code == 404
    assert (await own.must("planner.62", "POST", path, json=grant))["state"] == "GRANTED"
    assert problem(await own.ask("planner.62", "POST", path, json=grant)) == (409, "replacement_state")


async def test_a_licence_revoked_between_plan_and_visit_stops_the_sampling(own):
    firm = {
        "uscc": make_uscc("91", OWNER, f"{int(number()):08X}"), "name": f"白银测试电器{number()}厂", "kind": "生产企业", "division_code": OWNER,
        "address": "白银市白银区测试路1号", "products": ["DA-07"],
    }  # fmt: skip
    made = await own.must(f"registrar.{OWNER}", "POST", "/directory/v1/enterprises", json=firm)
    licence_no = f"(甘)XK06-001-{secrets.randbelow(10**5):05d}"
    licence = {"kind": "XK", "number": licence_no, "valid_from": "2024-01-01", "valid_to": "2029-01-01"}
    held = await own.must(f"registrar.{OWNER}", "POST", f"/directory/v1/enterprises/{made['id']}/licences", json=licence)
    draft = own.draft(WORKS, VISIT)
    party = draft.form["sampled_party"] | {name: firm[name] for name in ("uscc", "name", "division_code", "address")}
    producer = {name: value for name, value in party.items() if name != "area_type"}
    goods = draft.form["product"] | {"control_type": "生产许可证", "certificate_no": licence_no}
    draft.form |= {
        "sampled_party": party,
        "producer": producer,
        "product": goods,
        "stage": "生产",
        "venue": "成品库(已检区)",
        "place": party["address"],
    }
    batch = await own.written(draft)
    revoked = {"status": "吊销", "on": "2026-06-01", "reason": "不再具备生产条件"}
    await own.must(f"registrar.{OWNER}", "POST", f"/directory/v1/licences/{held['id']}/status", json=revoked)
    refused = await own.ask(SAMPLER, "POST", f"/sampling/v1/samples/{batch.id}/seal", json=own.seals(batch))
    assert problem(refused) == (409, "licence_invalid")
    assert "第十六条" in refused.text
    stopped = await own.act("sampler", batch, "stop", {"on": str(VISIT), "reason": "许可证已吊销、撤销或注销", "licence_no": licence_no})
    assert stopped["state"] == "STOPPED_ILLEGAL"
    notices = (await own.must(OFFICER, "GET", "/sampling/v1/special-notices", params={"sample_id": batch.id, "kind": "illegal"}))["items"]
    assert notices


async def test_scenario_22_the_same_model_is_not_checked_twice_within_six_months(own):
    first = await own.sealed(own.draft(PRODUCT, date(2026, 1, 20)))
    again = own.draft(PRODUCT, VISIT)
    again.form |= {name: first.form[name] for name in ("producer", "sampled_party")}
    again.form["product"] = first.form["product"] | {"lot_no": "20260520A1", "production_date": "2026-05-20"}
    batch = await own.written(again)
    path = f"/sampling/v1/samples/{batch.id}/seal"
    refused = await own.ask(SAMPLER, "POST", path, json=own.seals(batch))
    assert problem(refused) == (409, "repeat_within_six_months")
    assert "2026-07-20" in refused.text
    goods, producer = first.form["product"], first.form["producer"]
    asked = {
        "producer_name": producer["name"], "producer_uscc": producer["uscc"], "standard": goods["standard"], "spec": goods["spec"],
        "brand": goods["brand"], "on": str(VISIT),
    }  # fmt: skip
    told = await own.must(f"planner.{OWNER}", "GET", "/planning/v1/repeats", params=asked)
    assert (told["found"], told["until"], "2026-01-20" in told["proof"]) == (True, "2026-07-20", True)
    follow_up = own.seals(batch) | {"repeat": {"kind": "不合格产品跟踪抽查", "paper": "跟踪抽查通知〔2026〕3号"}}
    assert (await own.must(SAMPLER, "POST", path, json=follow_up))["state"] == "SAMPLED"


async def test_scenario_4_a_sample_on_its_way_is_tracked_and_rejected_at_the_door(own):
    batch = await own.sealed(own.draft(FOOD, date(2026, 4, 30)))
    sent = {"way": "快递", "dispatched_on": "2026-04-30", "courier": "顺丰", "tracking_no": f"SF{number()}"}
    assert (await own.act("sampler", batch, "dispatch", sent))["due_on"] == "2026-05-11"
    await own.act("sampler", batch, "tracking", {"at": "2026-05-05T09:00:00+08:00", "place": "兰州转运中心", "celsius": "12.5"})
    bad = own.receipt(batch, received_on="2026-05-08", checks={**own.receipt(batch)["checks"], "seal": "fault"})
    path = f"/sampling/v1/samples/{batch.id}/receipt"
    assert problem(await own.ask(own.first_lab(batch), "POST", path, json=bad)) == (422, "receipt_must_reject")
    refused = bad | {"decision": "reject", "reasons": ["封条破损"]}
    assert (await own.must(own.first_lab(batch), "POST", path, json=refused))["state"] == "SAMPLE_REJECTED"
    custody = await own.must(OFFICER, "GET", f"/sampling/v1/samples/{batch.id}/custody")
    assert (custody["delivery"]["clock"], custody["delivery"]["due_on"]) == ("F01", "2026-05-11")
    assert any("2026-05-09" in line for line in custody["delivery"]["proof"])
    assert {event["act"] for event in custody["events"]} >= {"waypoint"}
    assert (await replacement(own, batch))["cause"] == "SAMPLE_REJECTED"
    await unseen(own, f"/sampling/v1/samples/{batch.id}/custody")


async def issued(own, batch, kind, **fields):
    body = {"kind": kind, "issued_on": str(batch.plan.sampled_on), "fields": fields}
    return await own.act("officer", batch, "documents", body)


async def test_evidence_and_papers_are_kept_and_a_paper_is_verified_by_anybody(own):
    batch = await own.sealed(own.draft(PRODUCT, VISIT))
    picture = photo()
    kept = await file(own, batch, "店面", picture)
    assert (kept["sha256"], kept["has_thumbnail"]) == (hashlib.sha256(picture).hexdigest(), True)
    original = await own.must(OFFICER, "GET", f"/sampling/v1/evidence/{kept['id']}/original")
    small = await own.must(OFFICER, "GET", f"/sampling/v1/evidence/{kept['id']}/thumbnail")
    assert (original.content == picture, small.content[:3], small.headers["content-type"]) == (True, b"\xff\xd8\xff", "image/jpeg")
    listed = await own.must(OFFICER, "GET", f"/sampling/v1/samples/{batch.id}/evidence")
    assert "店面" not in listed["missing"]
    assert not listed["complete"]

    paper = await issued(own, batch, "sampling_form")
    pdf = await own.must(OFFICER, "GET", f"/sampling/v1/documents/{paper['id']}/file")
    assert (pdf.content[:4], hashlib.sha256(pdf.content).hexdigest()) == (b"%PDF", paper["sha256"])
    mark = await own.must(None, "GET", f"/sampling/v1/documents/verify/{paper['code']}")
    assert (mark["number"], mark["sha256"], mark["region_code"], mark["withdrawn"]) == (paper["number"], paper["sha256"], OWNER, False)
    html = await own.must(None, "GET", f"/sampling/v1/documents/verify/{paper['code']}", headers={"Accept": "text/html"})
    party = batch.form["sampled_party"]
    assert [word for word in (party["name"], party["phone"], party["contact"], party["uscc"]) if word in html.text or word in str(mark)] == []
    assert paper["number"] in html.text
    root = f"/sampling/v1/samples/{batch.id}"
    await unseen(
        own, root, f"{root}/evidence", f"{root}/documents", f"{root}/print", f"{root}/custody", f"{root}/reserve", f"{root}/reports",
        f"/sampling/v1/evidence/{kept['id']}", f"/sampling/v1/evidence/{kept['id']}/original", f"/sampling/v1/evidence/{kept['id']}/thumbnail",
        f"/sampling/v1/documents/{paper['id']}", f"/sampling/v1/documents/{paper['id']}/file",
    )  # fmt: skip
    for path in (f"{root}/evidence", f"/sampling/v1/evidence/{kept['id']}"):
        assert (await own.ask(own.first_lab(batch), "GET", path)).status_code in (403, 404), "laboratories work blind"


def cell(kind, value):
    """How a value is written into the sheet."""
    if value is None:
        return ""
    if kind is Kind.PERSONS:
        return "；".join(f"{person['name']} {person['certificate_no']}" for person in value)
    shapes = {Kind.CLASSES: " > ".join, Kind.TEXTS: ";".join, Kind.BOOL: lambda v: "是" if v else "否", Kind.FEN: lambda v: f"{v / 100:.2f}"}
    return shapes.get(kind, str)(value)


def workbook(headings, rows):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate([headings, *rows]):
            for place, text in enumerate(row):
                sheet.write_string(line, place, text)
    return out.getvalue()


async def headings_of(own, path, who=None):
    answer = await own.must(who, "GET", path)
    return python_calamine.load_workbook(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()[0]


async def test_forms_come_in_by_the_template_and_a_trial_stores_nothing(own):
    columns = columns_of("product")
    headings = await headings_of(own, "/sampling/v1/forms/product/template")
    assert headings == [column.heading for column in columns]
    good, bad = own.draft(PRODUCT, VISIT).form, own.draft(PRODUCT, VISIT).form
    bad["sampled_party"] = bad["sampled_party"] | {"uscc": bad["sampled_party"]["uscc"][:-1] + "?"}
    sheet = workbook(headings, [[cell(c.field.kind, value_at(form, c.field.pointer)) for c in columns] for form in (good, bad)])
    path, heads = "/sampling/v1/samples:import", {"Content-Type": XLSX}
    trial = await own.must(SAMPLER, "POST", path, params={"kind": "product", "dry_run": "true"}, content=sheet, headers=heads)
    assert (trial["read"], trial["good"], trial["stored"], {p["row"] for p in trial["problems"]}) == (2, 1, [], {3}), trial
    done = await own.must(SAMPLER, "POST", path, params={"kind": "product"}, content=sheet, headers=heads)
    [stored] = done["stored"]
    shown = await own.must(OFFICER, "GET", f"/sampling/v1/samples/{stored['id']}")
    assert (stored["row"], shown["state"], shown["sample_no"]) == (2, "PLANNED", stored["sample_no"])
    await unseen(own, f"/sampling/v1/samples/{stored['id']}")


async def test_a_device_takes_a_block_of_numbers_and_gives_the_rest_back(own):
    order = {"device": f"PDA-{number()}", "count": 3, "level": "S", "year": 2026}
    block = await own.must(SAMPLER, "POST", "/sampling/v1/number-blocks", json=order)
    assert len(block["unused"]) == 3
    draft = own.draft(PRODUCT, VISIT)
    draft.form["sample_no"] = block["unused"][1]
    batch = await own.written(draft)
    assert batch.sample_no == block["unused"][1]
    twice = own.draft(PRODUCT, VISIT)
    twice.form["sample_no"] = block["unused"][1]
    assert problem(await own.ask(SAMPLER, "POST", "/sampling/v1/samples", json=twice.form))[1] == "number_used"
    path = f"/sampling/v1/number-blocks/{block['id']}"
    await own.must(SAMPLER, "POST", f"{path}/return")
    twice.form["sample_no"] = block["unused"][2]
    assert problem(await own.ask(SAMPLER, "POST", "/sampling/v1/samples", json=twice.form))[1] == "number_returned"
    await unseen(own, path)


def sheet_rows(report, name):
    """A report as rows of the laboratory's sheet: the national sixteen columns, its own columns in the first row only."""
    head = {column: report.get(field) or "" for column, field in HEAD_FIELDS.items()} | {"主检": ";".join(report["tested_by"])}
    head |= {"报告文件名": report["file"]["name"], "报告文件SHA-256": report["file"]["sha256"]}
    rows = []
    for place, item in enumerate(report["items"]):
        row = {column: item.get(field) or "" for column, field in ITEM_FIELDS.items()}
        row |= {"抽样单编号": report["sample_no"], "报告书编号": report["report_no"], "样品名称": name} | (head if place == 0 else {})
        rows.append([row.get(column, "") for column in COLUMNS])
    return rows


async def test_the_laboratorys_queue_and_its_excel(own):
    batch = await own.received(own.draft(FOOD, today() - timedelta(days=9)))
    lab = own.first_lab(batch)
    waiting = [one for one in await own.gateway.every(lab, "/sampling/v1/queue", stage="report") if one["sample_id"] == batch.id]
    assert [(one["stage"], one["clock"], one["late"], len(one["proof"]) > 1) for one in waiting] == [("report", "F02", False, True)]
    report = report_of(batch.plan, batch.sample_no)
    headings = await headings_of(own, "/sampling/v1/reports/template", lab)
    assert [heading.rstrip("*") for heading in headings] == list(COLUMNS), "a star marks what is needed"
    sheet, heads = workbook(headings, sheet_rows(report, batch.plan.product_name)), {"Content-Type": XLSX}
    trial = await own.must(lab, "POST", "/sampling/v1/reports:import", params={"dry_run": "true"}, content=sheet, headers=heads)
    assert (trial["accepted"], trial["problems"], await own.state(batch)) == (1, [], "RECEIVED")
    await own.must(lab, "POST", "/sampling/v1/reports:import", content=sheet, headers=heads)
    assert await own.state(batch) == "CONFORMING"
    again = await own.try_push(batch, report)
    assert again["status"] == "unchanged", "the sheet and the push mean the same report"
    own.keep(batch, again)
    assert batch.id not in [one["sample_id"] for one in await own.gateway.every(lab, "/sampling/v1/queue", stage="report")]


async def test_scenario_10_a_conforming_report_is_corrected_only_with_the_organisers_approval(own):
    batch = await own.reported(own.draft(FOOD, date(2026, 1, 5), tested_to=date(2026, 1, 14), issued_on=date(2026, 1, 15)))
    kept = await own.must(OFFICER, "GET", f"/sampling/v1/samples/{batch.id}/reserve")
    assert kept["keeping"]["until"] == "2026-04-15"
    failing = own.plan(FOOD, date(2026, 1, 5), (SORBIC,)).items
    plan = batch.plan
    items = tuple(next(new for new in failing if new.spec.item == row.spec.item) if row.spec.item == SORBIC else row for row in plan.items)
    corrected = report_of(replace(plan, items=items, verdict=verdict_of(items)), batch.sample_no)
    corrected |= {
        "report_no": f"{plan.report_no}-G1", "replaces": plan.report_no, "tested_to": "2026-03-01", "issued_on": "2026-03-02",
    }  # fmt: skip
    refused = await own.try_push(batch, corrected)
    assert [found["code"] for found in refused["problems"]] == ["replace_needs_approval"]
    wish = {"verdict": "不合格", "reason": "复核发现称量记录有误", "approver": plan.testers[2]}
    asked = await own.must(own.first_lab(batch), "POST", f"/sampling/v1/samples/{batch.id}/corrections", json=wish)
    assert (asked["state"], asked["told"]) == ("REQUESTED", True)
    path = f"/sampling/v1/corrections/{asked['id']}/approve"
    assert (await own.ask(f"officer.{NEIGHBOUR}", "POST", path, json={"note": "同意"})).status_code == 404
    assert (await own.must(f"officer.{ORGANISER}", "POST", path, json={"note": "经核实同意更正"}))["state"] == "APPROVED"
    first = batch.report_id
    await own.push(batch, corrected)
    assert (await own.must(OFFICER, "GET", f"/sampling/v1/samples/{batch.id}/reserve"))["keeping"]["until"] == "2026-09-02"
    versions = (await own.must(OFFICER, "GET", f"/sampling/v1/samples/{batch.id}/reports"))["items"]
    assert [(row["id"], row["version"], row["verdict"], row["state"]) for row in versions] == [
        (first, 1, "合格", "REPLACED"), (batch.report_id, 2, "不合格", "ACCEPTED"),
    ]  # fmt: skip
    await own.until(own.legs, batch, {"seller": "OPENED", "producer": "OPENED"})
    notice = await own.serve(batch, "seller", date(2026, 3, 4))
    assert notice["objection_until"] == "2026-03-13"
    events = await own.gateway.every(f"officer.{ORGANISER}", "/sampling/v1/quality-events", laboratory=own.first_lab(batch).removeprefix("lab-"))
    assert [event["kind"] for event in events if event["sample_id"] == batch.id] == ["VERDICT_CHANGED"]


async def test_the_ledger_holds_after_the_special_paths(world):
    found = await world.ledger()
    assert found.holds, found.text()
