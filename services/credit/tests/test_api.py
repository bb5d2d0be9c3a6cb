"""Routes: lists, proposal, second person, export, withdrawal, files."""

import io
import zipfile

OWNER, NEIGHBOUR = "620102", "620103"


async def prepare(credit, make, verdict="合格", number=1, final=True):
    batch = make.batch(number, verdict=verdict)
    await credit.hear(batch.accepted())
    if verdict == "不合格" and final:
        await credit.hear(batch.notified())
    return batch


async def ids(credit):
    return [str(row["id"]) for row in await credit.records()]


async def test_records_are_listed_filtered_and_paged(credit, make):
    for number in range(1, 4):
        await prepare(credit, make, number=number)
    await prepare(credit, make, "不合格", 4, final=False)
    client = credit.person("credit")
    seen, token = [], None
    while True:
        page = (await client.get("/v1/records", params={"page_size": 3} | ({"page_token": token} if token else {}))).json()
        seen += [row["id"] for row in page["items"]]
        token = page["next_page_token"]
        if token is None:
            break
    assert len(seen) == len(set(seen)) == 8

    async def count(**query):
        return len((await client.get("/v1/records", params=query)).json()["items"])

    assert (await count(state="PENDING"), await count(verdict="合格"), await count(period="2021Q2")) == (2, 6, 0)
    assert (await count(due_before="2021-03-29"), await count(due_before="2021-03-30")) == (0, 6)


async def test_a_neighbour_sees_nothing_and_the_province_everything(credit, make):
    await prepare(credit, make)
    record = (await ids(credit))[0]
    assert (await credit.person("credit", NEIGHBOUR).get(f"/v1/records/{record}")).status_code == 404
    assert (await credit.person("credit", NEIGHBOUR).get("/v1/records")).json()["items"] == []
    assert (await credit.person("auditor", "62").get(f"/v1/records/{record}")).status_code == 200


async def test_due_lists_what_must_be_public_with_its_proof(credit, make):
    await prepare(credit, make)
    await prepare(credit, make, "不合格", 2)
    await prepare(credit, make, "不合格", 3, final=False)
    client = credit.person("officer")
    early = (await client.get("/v1/due", params={"as_of": "2021-03-10"})).json()["items"]
    assert {item["record"]["verdict"] for item in early} == {"合格"}
    clock = early[0]["clock"]
    assert (clock["id"], clock["legal_on"], clock["colour"], len(clock["proof"])) == ("C12", "2021-03-29", "绿", 29)
    late = (await client.get("/v1/due", params={"as_of": "2021-04-30", "page_size": 3})).json()
    assert [item["clock"]["colour"] for item in late["items"]] == ["红"] * 3
    rest = (await client.get("/v1/due", params={"as_of": "2021-04-30", "page_token": late["next_page_token"]})).json()["items"]
    assert [item["record"]["due_on"] for item in late["items"] + rest] == ["2021-03-29", "2021-03-29", "2021-04-16", "2021-04-16"]


async def test_nothing_is_proposed_before_it_is_final(credit, make):
    await prepare(credit, make, "不合格", final=False)
    body = {"record_ids": await ids(credit), "proposed_on": "2021-03-30"}
    refused = await credit.person("credit").post("/v1/records:propose", json=body)
    assert (refused.status_code, refused.json()["code"], refused.json()["pointer"]) == (409, "not_final", "/record_ids/0")
    found = await credit.person("credit").post("/v1/records:propose", json={"filter": {"eligible_by": "2021-03-30"}, "proposed_on": "2021-03-30"})
    assert found.json() == {"proposal_id": None, "proposed": 0, "remaining": 0}


async def test_an_objection_period_that_runs_is_named_with_its_end(credit, make):
    await prepare(credit, make, "不合格")
    body = {"record_ids": await ids(credit), "proposed_on": "2021-03-18"}
    refused = await credit.person("credit").post("/v1/records:propose", json=body)
    assert (refused.json()["code"], refused.json()["detail"]) == ("not_final", "2021-03-19 起方可公示")
    body["proposed_on"] = "2021-03-19"
    assert (await credit.person("credit").post("/v1/records:propose", json=body)).json()["proposed"] == 2


async def test_the_proposer_does_not_approve(credit, make):
    await prepare(credit, make)
    both = credit.platform.client("both", "credit", "chief", region=OWNER)
    body = {"filter": {"eligible_by": "2021-04-01", "period": "2021Q1"}, "proposed_on": "2021-04-01"}
    proposal = (await both.post("/v1/records:propose", json=body)).json()["proposal_id"]
    approve = {"proposal_id": proposal, "approved_on": "2021-04-01"}
    refused = await both.post("/v1/records:approve", json=approve)
    assert (refused.status_code, refused.json()["code"]) == (409, "same_person")
    assert {row["state"] for row in await credit.records()} == {"PROPOSED"}
    assert (await credit.person("chief").post("/v1/records:approve", json=approve)).json() == {"approved": 2}
    again = await credit.person("chief").post("/v1/records:approve", json=approve)
    assert (again.status_code, again.json()["code"]) == (409, "record_state")
    neighbour = await credit.person("chief", NEIGHBOUR).post("/v1/records:approve", json=approve)
    assert neighbour.status_code == 404


async def test_a_superior_reads_and_does_not_act(credit, make):
    await prepare(credit, make)
    body = {"record_ids": await ids(credit), "proposed_on": "2021-04-01"}
    assert (await credit.person("credit", "6201").post("/v1/records:propose", json=body)).status_code == 404
    assert (await credit.person("credit", "62").post("/v1/records:propose", json=body)).status_code == 404


async def test_dates_keep_their_order(credit, make):
    await prepare(credit, make)
    propose, approve = credit.person("credit"), credit.person("chief")
    body = {"record_ids": await ids(credit), "proposed_on": "2021-04-02"}
    await propose.post("/v1/records:propose", json=body)
    early = await approve.post("/v1/records:approve", json={"record_ids": body["record_ids"], "approved_on": "2021-04-01"})
    assert (early.status_code, early.json()["code"], early.json()["pointer"]) == (422, "date_order", "/approved_on")
    await approve.post("/v1/records:approve", json={"record_ids": body["record_ids"], "approved_on": "2021-04-03"})
    early = await propose.post("/v1/exports", json={"all_approved": True, "exported_on": "2021-04-02"})
    assert (early.status_code, early.json()["pointer"]) == (422, "/exported_on")


async def test_an_export_is_followed_to_its_receipts(credit, make, receiver):
    await prepare(credit, make)
    made = await credit.export_all()
    assert (made["total"], made["states"], made["remaining"]) == (2, {"QUEUED": 2}, 0)
    nothing = await credit.person("credit").post("/v1/exports", json={"all_approved": True, "exported_on": "2021-04-01"})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_approved")
    await credit.rounds()
    client = credit.person("officer")
    assert (await client.get(f"/v1/exports/{made['id']}")).json()["states"] == {"ACKNOWLEDGED": 2}
    assert (await client.get("/v1/exports")).json()["items"][0]["id"] == made["id"]
    record = (await client.get(f"/v1/records/{(await ids(credit))[0]}")).json()
    assert record["versions"][0]["receipt_no"].startswith("GS")
    assert (record["state"], record["published_on"], record["shown_version"]) == ("ACKNOWLEDGED", "2021-04-01", 1)
    assert (await credit.person("credit", NEIGHBOUR).get(f"/v1/exports/{made['id']}")).status_code == 404


async def test_the_same_idempotency_key_exports_once(credit, make):
    await prepare(credit, make)
    await credit.approve_all()
    client, body = credit.person("credit"), {"all_approved": True, "exported_on": "2021-04-01"}
    first, again = [await client.post("/v1/exports", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert first.json() == again.json()
    assert len(await credit.platform.rows("SELECT id FROM export_batch")) == 1


async def test_files_hold_text_and_no_formula(credit, make):
    batch = make.batch()
    batch.batch.product_name = "=cmd|' /C calc'!A0"
    batch.batch.parties[0].name = "=1+1"
    await credit.hear(batch.accepted())
    made = await credit.export_all()
    client = credit.person("credit")
    sheet = await client.get(f"/v1/exports/{made['id']}/file", params={"format": "xlsx"})
    assert sheet.status_code == 200 and "attachment" in sheet.headers["content-disposition"]
    parts = zipfile.ZipFile(io.BytesIO(sheet.content))
    assert "<f>" not in parts.read("xl/worksheets/sheet1.xml").decode()
    assert "=1+1" in parts.read("xl/sharedStrings.xml").decode()
    told = (await client.get(f"/v1/exports/{made['id']}/file", params={"format": "json"})).json()
    assert {record["name"] for record in told["records"]} == {"=1+1", "企业11"}
    assert (await credit.person("credit", NEIGHBOUR).get(f"/v1/exports/{made['id']}/file")).status_code == 404
    assert (await client.get(f"/v1/exports/{made['id']}/file", params={"format": "pdf"})).status_code == 422


GROUNDS = {"reason": "样品真实性异议成立", "basis": "O45 第11条", "on": "2021-04-05"}


async def test_the_head_withdraws_what_is_shown(credit, make, receiver):
    await prepare(credit, make)
    await credit.export_all()
    record, chief = (await ids(credit))[0], credit.person("chief")
    busy = await chief.post(f"/v1/records/{record}/withdraw", json=GROUNDS)
    assert (busy.status_code, busy.json()["code"]) == (409, "in_flight")
    await credit.rounds()
    early = await chief.post(f"/v1/records/{record}/withdraw", json=GROUNDS | {"on": "2021-03-31"})
    assert (early.status_code, early.json()["code"]) == (422, "date_order")
    seen = await chief.get(f"/v1/records/{record}")
    stale = await chief.post(f"/v1/records/{record}/withdraw", json=GROUNDS, headers={"If-Match": 'W/"1"'})
    assert stale.status_code == 412
    done = await chief.post(f"/v1/records/{record}/withdraw", json=GROUNDS, headers={"If-Match": seen.headers["etag"]})
    assert (done.status_code, done.json()["state"], done.json()["clock_id"], done.json()["due_on"]) == (200, "SENT", "C09", "2021-04-08")
    await credit.rounds()
    detail = (await chief.get(f"/v1/records/{record}")).json()
    assert (detail["state"], detail["reason"], [v["action"] for v in detail["versions"]]) == ("WITHDRAWN", GROUNDS["reason"], ["publish", "withdraw"])
    again = await chief.post(f"/v1/records/{record}/withdraw", json=GROUNDS)
    assert (again.status_code, again.json()["code"]) == (409, "withdrawn")


async def test_what_was_never_shown_is_withheld_without_a_version(credit, make):
    await prepare(credit, make)
    record = (await ids(credit))[0]
    done = await credit.person("chief").post(f"/v1/records/{record}/withdraw", json=GROUNDS)
    assert (done.json()["state"], done.json()["versions"]) == ("WITHDRAWN", [])
    assert (await credit.approve_all())["proposed"] == 1


async def test_only_a_rejected_record_is_resubmitted(credit, make):
    await prepare(credit, make)
    refused = await credit.person("credit").post(f"/v1/records/{(await ids(credit))[0]}/resubmit", json={"on": "2021-04-02"})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_rejected")


async def test_every_act_leaves_an_audit_entry(credit, make, receiver):
    await prepare(credit, make)
    await credit.publish_all()
    acts = [row["act"] for row in await credit.platform.rows("SELECT act FROM audit_entry ORDER BY seq")]
    assert acts == ["record.propose", "record.approve", "export.create", "record.acknowledge", "record.acknowledge"]
