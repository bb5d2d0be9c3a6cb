"""Corrected reports: the four rows of domain §2.6, scenario 10, and the quality event of the laboratory."""

import dataclasses
from datetime import date
from uuid import UUID

import pytest
from longzhi.sampling.v1.events_pb2 import QualityEventOpened, ReportAccepted, ReportReplaced
from sampling_cases import FOOD_FORM, METHOD_ASH, FakeDirectory, FakePlanning, failed_report, food_report, item, make_clients, report

from sampling.clients import Clients
from sampling.rules.corrections import Allowance, Standing, check_replacement, is_told
from sampling.rules.decisions import World
from sampling.rules.samples import SampleState as S

WIRED = "standings" in {field.name for field in dataclasses.fields(World)}
needs_hook = pytest.mark.skipif(not WIRED, reason="the push does not yet ask for approvals (World.standings)")
OLD, OTHER = UUID(int=1), UUID(int=2)
ISSUED = date(2026, 1, 15)  # F03 carries a conforming conclusion to the bureau by 2026-01-26


class YoungDirectory(FakeDirectory):
    """The same laboratories, with certificates of today."""

    async def GetLaboratory(self, request, timeout, metadata):
        found = await super().GetLaboratory(request, timeout, metadata)
        for certificate in found.certificates:
            certificate.valid_to = "2030-01-01"
        return found


@pytest.fixture
def fake_clients(receipt_key):
    made = make_clients(receipt_key)
    return dataclasses.replace(made, directory=YoungDirectory()) if isinstance(made, Clients) else Clients(YoungDirectory(), FakePlanning(), 5.0)


def standing(verdict="合格", allowance=None):
    return Standing(OLD, verdict, ISSUED, allowance)


def allowed(verdict="不合格", report_id=OLD):
    return Allowance(OTHER, report_id, verdict)


@pytest.mark.parametrize(
    ("state", "held", "verdict", "issued_on", "code"),
    [
        (S.NON_CONFORMING, standing("不合格"), "合格", date(2026, 3, 2), None),  # row 1: nobody has been told
        (S.NON_CONFORMING, None, "合格", date(2026, 3, 2), None),
        (S.PROBLEM, standing("问题"), "合格", date(2026, 3, 2), None),
        (S.CONFORMING, standing(), "合格", date(2026, 3, 2), None),  # the same verdict
        (S.CONFORMING, standing(), "不合格", date(2026, 1, 26), None),  # the last day of F03
        (S.CONFORMING, standing(), "不合格", date(2026, 1, 27), "replace_needs_approval"),
        (S.CONFORMING, standing(allowance=allowed()), "不合格", date(2026, 3, 2), None),
        (S.CONFORMING, standing(allowance=allowed("合格")), "不合格", date(2026, 3, 2), "correction_verdict"),
        (S.CONFORMING, standing(allowance=allowed(report_id=OTHER)), "不合格", date(2026, 3, 2), "replace_needs_approval"),
        (S.NOTIFIED, standing("不合格"), "不合格", date(2026, 3, 2), "replace_needs_approval"),  # row 2
        (S.NOTIFIED, standing("不合格", allowed()), "不合格", date(2026, 3, 2), None),
        (S.NOTIFIED, standing("不合格", allowed("合格")), "合格", date(2026, 3, 2), None),  # row 3
        (S.NOTIFIED, None, "合格", date(2026, 3, 2), "replace_needs_approval"),
        (S.FINAL, standing("不合格"), "合格", date(2026, 3, 2), "replace_needs_approval"),
        (S.PUBLISHABLE, standing("不合格"), "合格", date(2026, 3, 2), "replace_needs_approval"),  # row 4
        (S.OBJECTED, standing("不合格", allowed()), "不合格", date(2026, 3, 2), "correction_disputed"),
        (S.REINSPECTING, standing("不合格", allowed()), "不合格", date(2026, 3, 2), "correction_disputed"),
        (S.RECEIVED, None, "合格", date(2026, 3, 2), "sample_state"),
    ],
)
def test_a_report_is_replaced_only_as_the_table_allows(state, held, verdict, issued_on, code):
    found = check_replacement(state, verdict, issued_on, held)
    assert (found.code if found else None) == code


def test_a_conforming_result_counts_as_told_when_its_limit_of_reporting_is_over():
    assert not is_told(S.CONFORMING, standing(), "不合格", date(2026, 1, 26))
    assert is_told(S.CONFORMING, standing(), "不合格", date(2026, 1, 27))
    assert is_told(S.NOTIFIED, standing("不合格"), "不合格", ISSUED)


ASK = {"verdict": "不合格", "reason": "复核发现称量记录有误", "approver": "签字人丙"}


async def ask(batch, sample, lab="L01", **changes):
    return await batch.lab(lab).post(f"/v1/samples/{sample['id']}/corrections", json=ASK | changes)


async def decide(batch, correction, word, region="620102", who="officer2"):
    client = batch.platform.client(who, "officer", region=region)
    return await client.post(f"/v1/corrections/{correction['id']}/{word}", json={"note": "经核实同意更正"})


def young(sample_no, report_no, **changes):
    """A conforming food report of January 2026."""
    days = {"received_on": "2026-01-05", "tested_from": "2026-01-06", "tested_to": "2026-01-14", "issued_on": "2026-01-15"}
    items = [item("灰分", "0.60", (None, "0.70", "g/100g"), method=METHOD_ASH)]
    return food_report(sample_no, report_no, **(days | {"report_class": "合格报告", "verdict": "合格", "items": items} | changes))


CORRECTED = {
    "tested_to": "2026-03-01", "issued_on": "2026-03-02", "report_class": "一般不合格报告", "verdict": "不合格", "replaces": "GS-10",
    "items": [item("灰分", "0.80", (None, "0.70", "g/100g"), judgement="不合格项", method=METHOD_ASH)],
}  # fmt: skip


async def kept_until(batch, sample):
    return (await batch.lab().get(f"/v1/samples/{sample['id']}/reserve")).json()["keeping"]["until"]


@needs_hook
async def test_scenario_10_a_conforming_result_corrected_to_a_failure(platform, batch):
    sample = await batch.received(FOOD_FORM, food=FOOD_FORM["food"] | {"shelf_life": "120个月"})
    first = (await batch.push(young(sample["sample_no"], "GS-10"))).json()
    assert first["accepted"] == 1, first
    assert await kept_until(batch, sample) == "2026-04-15"
    corrected = young(sample["sample_no"], "GS-10-G1", **CORRECTED)
    refused = (await batch.push(corrected)).json()["results"][0]
    assert [p["code"] for p in refused["problems"]] == ["replace_needs_approval"]
    asked = (await ask(batch, sample)).json()
    assert (asked["state"], asked["told"], asked["verdict_before"]) == ("REQUESTED", True, "合格")
    assert (await batch.push(corrected)).json()["rejected"] == 1, "asking is not having"
    approved = await decide(batch, asked, "approve")
    assert approved.status_code == 200 and approved.json()["state"] == "APPROVED", approved.text
    [event] = (await batch.lab().get("/v1/quality-events")).json()["items"]
    assert (event["kind"], event["state"], event["laboratory_code"]) == ("VERDICT_CHANGED", "OPEN", "L01")
    [fact] = await platform.facts(QualityEventOpened)
    assert (fact.laboratory_code, fact.sample_id) == ("L01", sample["id"])
    done = (await batch.push(corrected)).json()["results"][0]
    assert (done["status"], done["version"]) == ("accepted", 2), done
    assert await kept_until(batch, sample) == "2026-09-02"
    [told] = await platform.facts(ReportReplaced)
    assert (told.current.verdict, told.old_report_id) == ("不合格", first["results"][0]["report_id"]), "legs open by this fact"
    shown = (await batch.officer().get(f"/v1/samples/{sample['id']}")).json()
    assert (shown["state"], shown["effective_report_id"]) == ("NON_CONFORMING", done["report_id"])
    versions = (await batch.officer().get(f"/v1/samples/{sample['id']}/reports")).json()["items"]
    assert [(v["version"], v["verdict"], v["state"]) for v in versions] == [(1, "合格", "REPLACED"), (2, "不合格", "ACCEPTED")]
    [settled] = (await batch.officer().get(f"/v1/samples/{sample['id']}/corrections")).json()["items"]
    assert (settled["state"], settled["new_report_id"]) == ("DONE", done["report_id"])
    assert (await batch.push(corrected)).json()["unchanged"] == 1
    assert len(await platform.facts(ReportAccepted)) == 1 and len(await platform.facts(ReportReplaced)) == 1


@needs_hook
async def test_a_notified_failure_corrected_in_its_numbers_is_told_again(platform, batch):
    sample = await batch.notified()
    new = failed_report(sample["sample_no"], "GSZJ-2021-000124G1", replaces="GSZJ-2021-000124", conclusion="更正")
    assert (await batch.push(new)).json()["results"][0]["problems"][0]["code"] == "replace_needs_approval"
    asked = (await ask(batch, sample)).json()
    assert (await decide(batch, asked, "approve")).status_code == 200
    assert await platform.facts(QualityEventOpened) == [], "the verdict stays"
    done = (await batch.push(new)).json()
    assert done["accepted"] == 1, done
    assert (await batch.officer().get(f"/v1/samples/{sample['id']}")).json()["state"] == "NON_CONFORMING"
    [settled] = (await batch.lab().get("/v1/corrections", params={"state": "DONE"})).json()["items"]
    assert settled["restarts"] is not None


@needs_hook
async def test_an_approval_is_for_one_verdict_and_one_version(batch):
    sample = await batch.notified()
    asked = (await ask(batch, sample)).json()
    await decide(batch, asked, "approve")
    good = report(sample["sample_no"], "GSZJ-2021-000124G1", replaces="GSZJ-2021-000124")
    assert (await batch.push(good)).json()["results"][0]["problems"][0]["code"] == "correction_verdict"


async def test_before_anybody_is_told_a_request_is_the_reason_on_record(batch):
    sample = await batch.failed()
    asked = (await ask(batch, sample, verdict="合格")).json()
    assert (asked["state"], asked["told"], asked["decided_on"]) == ("APPROVED", False, None)
    assert (await ask(batch, sample)).json()["code"] == "correction_open"
    good = report(sample["sample_no"], "GSZJ-2021-000124G1", replaces="GSZJ-2021-000124")
    done = (await batch.push(good)).json()
    assert done["accepted"] == 1, done
    [settled] = (await batch.lab().get(f"/v1/samples/{sample['id']}/corrections")).json()["items"]
    assert (settled["state"], settled["reason"]) == ("DONE", ASK["reason"])


async def test_who_may_ask_and_who_decides(batch):
    sample = await batch.notified()
    assert (await ask(batch, sample, lab="L02")).status_code == 404
    assert (await ask(batch, sample, verdict="严重不合格")).json()["code"] == "value_unknown"
    assert (await batch.officer().post(f"/v1/samples/{sample['id']}/corrections", json=ASK)).status_code == 403
    asked = (await ask(batch, sample)).json()
    assert (await decide(batch, asked, "approve", region="620103")).status_code == 404, "a neighbour"
    assert (await decide(batch, asked, "approve", region="6201")).status_code == 404, "a superior that did not organise it"
    assert (await decide(batch, asked, "refuse", region="62")).json()["state"] == "REFUSED", "who organised it"
    assert (await decide(batch, asked, "approve")).json()["code"] == "correction_state"
    again = (await ask(batch, sample)).json()
    assert (await decide(batch, again, "approve", who="lab-L01")).json()["code"] == "same_person"
    assert [c["state"] for c in (await batch.officer().get("/v1/corrections")).json()["items"]] == ["REQUESTED", "REFUSED"]
    assert (await batch.officer("620103").get("/v1/corrections")).json()["items"] == []


async def test_without_a_report_there_is_nothing_to_correct(batch):
    sample = await batch.received()
    assert (await ask(batch, sample)).json()["code"] == "report_missing"
    bureau = batch.platform.client("x", "laboratory", region="620102")
    assert (await bureau.post(f"/v1/samples/{sample['id']}/corrections", json=ASK)).json()["code"] == "laboratory_only"


async def test_a_quality_event_is_closed_once_with_its_finding(batch):
    sample = await batch.notified()
    asked = (await ask(batch, sample, verdict="合格")).json()
    await decide(batch, asked, "approve")
    [event] = (await batch.officer().get("/v1/quality-events", params={"laboratory": "L01"})).json()["items"]
    close = f"/v1/quality-events/{event['id']}/close"
    assert (await batch.officer("620103").post(close, json={"finding": "已调查"})).status_code == 404
    closed = (await batch.officer().post(close, json={"finding": "称量记录错误,已整改"})).json()
    assert (closed["state"], closed["finding"]) == ("CLOSED", "称量记录错误,已整改")
    assert (await batch.officer().post(close, json={"finding": "再次"})).json()["code"] == "event_closed"
