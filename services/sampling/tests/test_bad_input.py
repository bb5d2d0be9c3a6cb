"""Bad bodies against push, forms and imports: each gets its own code and pointer, and nothing is stored."""

import copy
import gzip
import json

from sampling_cases import CHECKS, FOOD_FORM, FORM, METHOD, RECEIPT, SEAL, failed_report, report

from sampling.rules.history import SOURCES

HEAD = {"Content-Type": "application/json", "Idempotency-Key": "k"}


async def nothing_stored(platform, *tables):
    for table in tables or ("report", "report_item", "push_batch", "outbox_reports"):
        query = "SELECT 1 FROM outbox WHERE topic = 'sampling.report.v1'" if table == "outbox_reports" else f"SELECT 1 FROM {table}"
        assert await platform.rows(query) == [], table


RAW = [
    (b'{"reports": [{"verdict": NaN}]}', 400, "json_not_a_number"),
    (b'{"reports": [{"verdict": Infinity}]}', 400, "json_not_a_number"),
    (b'{"reports": [], "reports": [{}]}', 400, "json_duplicate_key"),
    (b'{"reports": [{"sample_no": "a\\u0000"}]}', 400, "json_nul"),
    (b'{"reports": [{"sample_no": "\\ud800"}]}', 400, "json_surrogate"),
    (b'{"reports": [{"sample_no": "\xff"}]}', 400, "json_encoding"),
    (b'{"reports": [{}]} x', 400, "json_syntax"),
    (b'{"reports": ' + b"[" * 40 + b"]" * 40 + b"}", 400, "json_depth"),
    (b"", 422, "field_type"),
    (b"[]", 422, "field_type"),
    (b"{}", 422, "field_missing"),
    (b'{"reports": {}}', 422, "field_type"),
    (b'{"reports": []}', 422, "list_length"),
    (b'{"reports": [{}], "mode": "some"}', 422, "value_unknown"),
    (b'{"reports": [{}], "dry_run": "true"}', 422, "field_type"),
    (b'{"reports": [{}], "dry_run": 1}', 422, "field_type"),
    (b'{"reports": [{}], "force": true}', 422, "field_unknown"),
    (b'{"reports": [' + b",".join([b"{}"] * 1001) + b"]}", 413, "batch_too_large"),
    (b'{"reports": [{}]}' + b" " * (16 * 1024 * 1024), 413, "body_too_large"),
]


async def test_a_call_that_cannot_be_read_is_refused_whole(platform, batch):
    for body, status, code in RAW:
        answer = await batch.lab().post("/v1/reports:batch", content=body, headers=HEAD)
        assert (answer.status_code, answer.json()["code"]) == (status, code), (body[:60], answer.text)
    await nothing_stored(platform)


async def test_a_gzip_bomb_a_cut_gzip_and_another_media_type_are_refused(platform, batch):
    bomb, cut = gzip.compress(b" " * (20 * 1024 * 1024)), gzip.compress(b'{"reports": [{}]}')[:-4]
    for content, more, status, code in (
        (bomb, {"Content-Encoding": "gzip"}, 413, "body_too_large"),
        (cut, {"Content-Encoding": "gzip"}, 400, "gzip_invalid"),
        (b"x", {"Content-Encoding": "br"}, 415, "content_encoding"),
        (b"<x/>", {"Content-Type": "application/xml"}, 415, "media_type"),
    ):
        answer = await batch.lab().post("/v1/reports:batch", content=content, headers=HEAD | more)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    await nothing_stored(platform)


async def test_a_good_gzip_is_read(batch):
    sample = await batch.received()
    packed = gzip.compress(json.dumps({"reports": [report(sample["sample_no"])]}).encode())
    answer = await batch.lab().post("/v1/reports:batch", content=packed, headers=HEAD | {"Content-Encoding": "gzip"})
    assert answer.json()["accepted"] == 1


def put(path, value):
    """A change of one place of a report; `...` removes it."""

    def change(body):
        *way, last = path.split("/")
        node = body
        for part in way:
            node = node[int(part) if part.isdigit() else part]
        last = int(last) if last.isdigit() else last
        if value is ...:
            del node[last]
        else:
            node[last] = value

    return change


REPORTS = [
    (put("verdict", ...), "field_missing", "/verdict"),
    (put("verdict", True), "field_type", "/verdict"),
    (put("extra", 1), "field_unknown", "/extra"),
    (put("items/0/extra", 1), "field_unknown", "/items/0/extra"),
    (put("items", []), "list_length", "/items"),
    (put("items", "x"), "field_type", "/items"),
    (put("items/1", None), "field_type", "/items/1"),
    (put("items/0/result", 0.1), "field_type", "/items/0/result"),
    (put("items/0/result", True), "field_type", "/items/0/result"),
    (put("items/0/result", "1_2"), "result_grammar", "/items/0/result"),
    (put("items/0/result", "０.１"), "result_full_width", "/items/0/result"),
    (put("items/0/result", ""), "result_empty", "/items/0/result"),
    (put("items/0/result", "1e-3"), "result_exponent", "/items/0/result"),
    (put("items/0/result", "NaN"), "result_grammar", "/items/0/result"),
    (put("items/0/result", "0.1 mg"), "result_grammar", "/items/0/result"),
    (put("items/0/result", "9" * 61), "result_too_long", "/items/0/result"),
    (put("items/0/result", "符合"), "result_kind", "/items/0/result"),
    (put("items/0/result", "<0.2"), "lod_above_limit", "/items/0/lod"),
    (put("items/0/unit", "mg/kg"), "unit_mismatch", "/items/0/unit"),
    (put("items/0/max", "0.2"), "limit_mismatch", "/items/0/max"),
    (put("items/0/item", "甲醛"), "item_unknown", "/items/0/item"),
    (put("items/1/item", "甲醛释放量"), "item_duplicate", "/items/1/item"),
    (put("items/1", ...), "item_missing", "/items"),
    (put("items/0/method", "GB/T 1-2000"), "cma_scope", "/items/0/method"),
    (put("items/0/judgement", "不合格项"), "judgement_mismatch", "/items/0/judgement"),
    (put("items/0/judgement", "未检验"), "item_untested", "/items/0/judgement"),
    (put("items/0/limit_source", "a\u202eb"), "text_control", "/items/0/limit_source"),
    (put("verdict", "不合格"), "report_class_verdict", "/report_class"),
    (put("report_class", "好报告"), "report_class_unknown", "/report_class"),
    (put("report_no", "a b"), "report_no_format", "/report_no"),
    (put("report_no", ""), "text_empty", "/report_no"),
    (put("report_no", "N" * 201), "text_length", "/report_no"),
    (put("cma_no", "182800340999"), "cma_number", "/cma_no"),
    (put("issued_on", "2099-01-01"), "date_future", "/issued_on"),
    (put("issued_on", "2021-02-30"), "date_format", "/issued_on"),
    (put("issued_on", "2021/02/10"), "date_format", "/issued_on"),
    (put("issued_on", 20210210), "field_type", "/issued_on"),
    (put("tested_from", "2021-02-01"), "date_order", "/tested_from"),
    (put("received_on", "2021-01-31"), "date_order", "/received_on"),
    (put("tested_by", []), "signatory_missing", "/tested_by"),
    (put("tested_by", ["抽样员丁"]), "sampler_is_tester", "/tested_by/0"),
    (put("reviewed_by", "检验员甲"), "signatories_distinct", "/reviewed_by"),
    (put("approved_by", ""), "signatory_missing", "/approved_by"),
    (put("conclusion", "a\u2066b"), "text_control", "/conclusion"),
    (put("tested_by", ["a\tb"]), "text_control", "/tested_by/0"),
    (put("file/sha256", "AA"), "format", "/file/sha256"),
    (put("file/name", "../x.pdf"), "format", "/file/name"),
    (put("sample_no", "SCP99620102A00100001"), "sample_unknown", "/sample_no"),
]


async def test_a_report_that_cannot_be_right_is_rejected_with_its_pointer(platform, batch):
    sample = await batch.received()
    for change, code, pointer in REPORTS:
        body = report(sample["sample_no"])
        change(body)
        answer = (await batch.push(body)).json()
        assert (answer["accepted"], answer["rejected"]) == (0, 1), (code, answer)
        assert (code, pointer) in [(p["code"], p["pointer"]) for p in answer["results"][0]["problems"]], (code, pointer, answer)
    await nothing_stored(platform, "report", "report_item", "outbox_reports")
    assert await platform.rows("SELECT state FROM sample") == [{"state": "RECEIVED"}]


async def test_a_certificate_that_is_over_and_a_verdict_that_does_not_add_up(batch):
    sample = await batch.received()
    old = report(sample["sample_no"], issued_on="2024-05-10")
    assert [p["code"] for p in (await batch.push(old)).json()["results"][0]["problems"]] == ["cma_expired"]
    wrong = failed_report(sample["sample_no"], report_class="合格报告", verdict="合格")
    assert [p["code"] for p in (await batch.push(wrong)).json()["results"][0]["problems"]] == ["verdict_mismatch"]
    unlike = report(sample["sample_no"])
    unlike["items"][0] |= {"result": "0.21"}
    assert {p["code"] for p in (await batch.push(unlike)).json()["results"][0]["problems"]} == {"judgement_mismatch", "verdict_mismatch"}
    other_method = report(sample["sample_no"])
    other_method["items"][0]["method"] = METHOD + " 附录"
    assert {p["code"] for p in (await batch.push(other_method)).json()["results"][0]["problems"]} >= {"method_unknown"}


FORMS = [
    (put("samplers/1", ...), "samplers_count", "/samplers"),
    (put("samplers/1", {"name": "抽样员丁", "certificate_no": "S001"}), "samplers_count", "/samplers"),
    (put("sampled_on", "2099-01-01"), "date_future", "/sampled_on"),
    (put("sampled_on", "2021-13-01"), "date_format", "/sampled_on"),
    (put("sampled_party/uscc", "91620102MA700000XF"), "uscc_check", "/sampled_party/uscc"),
    (put("sampled_party/uscc", "9162"), "uscc_shape", "/sampled_party/uscc"),
    (put("sampled_party/division_code", "62010"), "format", "/sampled_party/division_code"),
    (put("sampled_party/name", "a\u202eb"), "text_control", "/sampled_party/name"),
    (put("sampled_party/name", ""), "text_empty", "/sampled_party/name"),
    (put("sampled_party", ...), "field_missing", "/sampled_party"),
    (put("producer", None), "field_required", "/producer"),
    (put("product/name", "/"), "field_required", "/product/name"),
    (put("product/name", "x" * 301), "text_length", "/product/name"),
    (put("product/production_date", "2021-02-02"), "date_order", "/product/production_date"),
    (put("product/control_type", "生产许可证"), "certificate_format", "/product/certificate_no"),
    (put("product/unit_price_fen", 98.5), "field_type", "/product/unit_price_fen"),
    (put("product/unit_price_fen", True), "field_type", "/product/unit_price_fen"),
    (put("product/unit_price_fen", -1), "number_range", "/product/unit_price_fen"),
    (put("product/catalogue_code", "HD-02"), "task_product", "/product/catalogue_code"),
    (put("quantity", 4), "decimal_format", "/quantity"),
    (put("quantity", "1_2"), "decimal_format", "/quantity"),
    (put("quantity", "４"), "decimal_format", "/quantity"),
    (put("quantity", "0"), "quantity_positive", "/quantity"),
    (put("reserve_quantity", "4"), "reserve_quantity", "/reserve_quantity"),
    (put("reserve_quantity", "0"), "reserve_reason", "/reserve_reason"),
    (put("base_quantity", "3"), "base_below_quantity", "/base_quantity"),
    (put("stage", "餐饮"), "stage_programme", "/stage"),
    (put("stage", "生产"), "task_stage", "/stage"),
    (put("programme", "药品"), "value_unknown", "/programme"),
    (put("programme", "食品"), "task_programme", "/programme"),
    (put("sample_no", "XBJ21620102000010001"), "sample_no_given", "/sample_no"),
    (put("task_id", "1"), "uuid_format", "/task_id"),
    (put("origin", "委托生产"), "field_required", "/consignor"),
    (put("more", 1), "field_unknown", "/more"),
]
FOODS = [
    (put("sample_no", None), "sample_no_missing", "/sample_no"),
    (put("sample_no", "12"), "sample_no_format", "/sample_no"),
    (put("reserve_place", "受检单位"), "reserve_place", "/reserve_place"),
    (put("food/task_category", "抽查"), "value_unknown", "/food/task_category"),
]


async def test_a_form_that_cannot_be_right_is_refused(platform, batch):
    for form, change, code, pointer in [(FORM, *case) for case in FORMS] + [(FOOD_FORM, *case) for case in FOODS]:
        body = copy.deepcopy(form)
        change(body)
        answer = await batch.sampler().post("/v1/samples", json=body)
        assert answer.status_code == 422, (code, answer.text)
        assert (code, pointer) in [(p["code"], p["pointer"]) for p in answer.json()["problems"]], (code, pointer, answer.text)
    await nothing_stored(platform, "sample", "task_progress", "outbox", "audit_entry")


ACTS = [
    ("seal", SEAL | {"sealed_on": "2021-01-31"}, "date_order", "/sealed_on"),
    ("seal", SEAL | {"sealed_on": "2099-01-31"}, "date_future", "/sealed_on"),
    ("seal", SEAL | {"reserve_seal_no": None}, "reserve_seal_missing", "/reserve_seal_no"),
    ("seal", SEAL | {"reserve_seal_no": "F001"}, "seal_twice", "/reserve_seal_no"),
    ("refuse", {"on": "2099-01-01", "reason": "暴力威胁"}, "date_future", "/on"),
    ("refuse", {"on": "2021-02-01", "reason": "不想抽"}, "value_unknown", "/reason"),
    ("not-available", {"on": "2021-02-01", "reason": "其他", "note": " "}, "note_missing", "/note"),
]
RECEIPTS = [
    (RECEIPT | {"received_on": "2021-01-31"}, "date_order", "/received_on"),
    (RECEIPT | {"received_on": "2099-01-31"}, "date_future", "/received_on"),
    (RECEIPT | {"checks": CHECKS | {"seal": "fault"}}, "receipt_must_reject", "/decision"),
    (RECEIPT | {"reasons": ["封条破损"]}, "receipt_reasons", "/reasons"),
    (RECEIPT | {"decision": "reject"}, "receipt_reasons", "/reasons"),
    (RECEIPT | {"checks": CHECKS | {"seal": "yes"}}, "value_unknown", "/checks/seal"),
]


async def test_an_act_that_cannot_be_right_is_refused(platform, batch):
    sample = await batch.draft()
    for act, body, code, pointer in ACTS:
        answer = await batch.sampler().post(f"/v1/samples/{sample['id']}/{act}", json=body)
        assert (answer.status_code, answer.json()["code"], answer.json()["pointer"]) == (422, code, pointer), body
    assert await platform.rows("SELECT state FROM sample") == [{"state": "PLANNED"}]


async def test_a_receipt_that_cannot_be_right_is_refused(platform, batch):
    sample = await batch.sealed()
    for body, code, pointer in RECEIPTS:
        answer = await batch.lab().post(f"/v1/samples/{sample['id']}/receipt", json=body)
        assert (answer.status_code, answer.json()["code"], answer.json()["pointer"]) == (422, code, pointer), body
    assert await platform.rows("SELECT state FROM sample") == [{"state": "SAMPLED"}]


IMPORTS = [
    (b"\xff\xfe", "text/csv", 400, "csv_encoding"),
    (b'a,"b', "text/csv", 400, "csv_syntax"),
    (b"a,b\r\n1,2\r\n", "text/csv", 422, "header_unknown"),
    (b"", "text/csv", 422, "header_unknown"),
    (b"{}", "application/json", 415, "media_type"),
]


async def test_a_file_that_cannot_be_read_is_refused(platform):
    registrar = platform.client("r", "registrar", region="62")
    for body, media, status, code in IMPORTS:
        answer = await registrar.post("/v1/history:import?kind=product", content=body, headers={"Content-Type": media})
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    await nothing_stored(platform, "published_result")


async def test_too_many_rows_a_wrong_kind_and_broken_quotes_are_refused(platform):
    header = ",".join(SOURCES[0].header)
    registrar = platform.client("r", "registrar", region="62")
    row = "Q,1,,厂,,品,,,,,合格,,,,,"
    for body, kind, status, code in (
        (header + "\r\n" + (row + "\r\n") * 30_001, "product", 413, "rows_too_many"),
        (header + "\r\n" + row, "food", 422, "kind_mismatch"),
        (header + '\r\n"a', "product", 400, "csv_syntax"),
        (header, "drug", 422, "value_unknown"),
    ):
        answer = await registrar.post(f"/v1/history:import?kind={kind}", content=body.encode(), headers={"Content-Type": "text/csv"})
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    await nothing_stored(platform, "published_result")
