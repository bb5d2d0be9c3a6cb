"""The forms as descriptions: every field of the domain is there, a wrong form gets its own code and place, and all outlets follow it."""

import copy
import io
from datetime import date

import pytest
import python_calamine
import xlsxwriter
import yaml
from form_cases import CASES, FOOD_ONLINE, OIL, ONLINE, changed
from pydantic import ValidationError
from sampling_cases import FOOD_FORM, FORM, NEIGHBOUR, SMALL_TASK

from common.http.problems import from_validation
from sampling.rules.codes import LISTS
from sampling.rules.field import Kind, Need, Source, is_given, value_at
from sampling.rules.fields import FORMS, body_fields
from sampling.rules.form_sense import check_document
from sampling.rules.form_sheet import columns_of, read_heading, read_row
from sampling.rules.identifiers import check_barcode, check_id_number, check_sc, shelf_life_of
from sampling.rules.printing import Facts, bureau_name, print_view
from sampling.rules.stored import form_from
from sampling.schemas.forms import SampleIn, document_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# National keys that domain §2.3.1 names for the food form.
NATIONAL = yaml.safe_load("""
[sp_s_2_1, sp_s_70, sp_s_67, sp_s_44, sp_s_16, sp_s_17/18/19/20, sp_s_1, sp_s_3/4/5, sp_s_7, sp_s_201, sp_s_68, sp_s_2, sp_s_215, sp_xkz, sp_xkz_id,
 sp_s_8, sp_s_11, sp_s_12, sp_s_23, bsfl, sp_s_10, sp_s_64, sp_s_65, sp_s_202/220/221, sp_s_13, sp_s_75, sp_s_76, sp_s_14, sp_s_74, sp_s_222, sp_s_62,
 sp_s_21, sp_s_203, sp_s_63, sp_d_28, sp_n_29, sp_s_27, sp_s_26, sp_s_73, sp_s_204, sp_s_sfjk, sp_s_205, sp_s_ycg, sp_s_72, sp_s_206, sp_n_15,
 sp_s_208, sp_s_6, sp_d_38, sp_s_24, sp_s_61, sp_s_33, sp_s_30, sp_n_31, sp_n_32, sp_s_34, sp_s_35, sp_s_36, sp_s_37, sp_s_39, sp_s_40, sp_s_42]
""")


def test_the_food_form_has_every_national_key():
    assert sorted({f.national for f in FORMS["food"].fields if f.national} & set(NATIONAL)) == sorted(NATIONAL)


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_a_description_is_whole(kind):
    fields = FORMS[kind].fields
    assert len({f.pointer for f in fields}) == len({f.label for f in fields}) == len(fields)
    assert [f.pointer for f in fields if (f.need is Need.CONDITIONAL) != (f.rule is not None)] == []
    assert [f.pointer for f in fields if f.kind is Kind.ENUM and f.codes not in LISTS] == []
    assert [f.pointer for f in fields if f.source is Source.EVIDENCE] or kind == "oil"


def test_food_asks_for_eight_photographs():
    assert len([f for f in FORMS["food"].fields if f.pointer.startswith("/evidence/photo")]) == 8


def test_shared_fields_mean_the_same_in_every_form():
    for form in FORMS.values():
        for field in form.fields:
            if field.source is Source.FORM:
                known = body_fields()[field.pointer]
                assert (field.kind, field.codes, field.private, field.size, field.pattern) == (
                    known.kind, known.codes, known.private, known.size, known.pattern), field.pointer  # fmt: skip


GOOD = {"product": FORM, "food": FOOD_FORM, "oil": OIL, "online": ONLINE, "food online": FOOD_ONLINE}


@pytest.mark.parametrize("name", GOOD)
async def test_a_whole_form_is_accepted(batch, name):
    answer = await batch.sampler().post("/v1/samples", json=GOOD[name])
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    "change",
    [
        {"sampled_party/uscc": "/"}, {"producer": None}, {"producer/licence_no": "/", "food/sample_type": "食用农产品"}, {"food/shelf_life": ...},
        {"product/lot_no": "/"}, {"product/brand": ...}, {"team": None}, {"team": {"phone": "/", "leader": "/", "email": "/"}},
        {"food/imported": True, "food/origin_place": "法国", "producer/licence_no": ...},
        {"venue": "农贸市场", "food/sample_type": "食用农产品", "sampled_party/stall": "12号", "product/production_date": None},
        {"food/food_class": ["餐饮食品", "/", "/", "/"]}, {"food/food_class": ["方便食品", "方便面"]}, 
        {"food/task_category": "风险监测", "reserve_quantity": "0"},
        {"sampled_at": "2021-02-01T02:30:00+00:00"}, {"food/temperature": "-18", "food/humidity": "/"},
    ],
)  # fmt: skip
async def test_what_national_practice_writes_is_accepted(batch, change):
    answer = await batch.sampler().post("/v1/samples", json=changed(FOOD_FORM, change))
    assert answer.status_code == 201, answer.text


def told_of(body):
    """Codes and places as the API would tell them, without a database."""
    try:
        document = document_of(SampleIn.model_validate(body))
    except ValidationError as error:
        return [(p["code"], p["pointer"]) for p in from_validation(list(error.errors())).problems]
    number = body.get("sample_no") or "SCP21620102A00100042"
    return [(p.code, p.pointer) for p in check_document(document, form_from(document), number, date(2021, 5, 1))]


@pytest.mark.parametrize("name", GOOD)
def test_a_whole_form_has_no_problem(name):
    assert told_of(GOOD[name]) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['form']}-{case['code']}-{case['pointer']}")
def test_a_wrong_form_gets_its_own_code_and_place(case):
    told = told_of(changed(GOOD[case["form"]], case["change"]))
    assert (case["code"], case["pointer"]) in told, told


def test_there_are_sixty_wrong_forms_and_no_two_alike():
    assert len(CASES) >= 60
    assert len({(c["form"], c["code"], c["pointer"], str(c["change"])) for c in CASES}) == len(CASES)


async def test_wrong_forms_are_refused_through_the_api_and_nothing_is_stored(platform, batch):
    sampler = batch.sampler()
    for case in CASES[::3]:
        answer = await sampler.post("/v1/samples", json=changed(GOOD[case["form"]], case["change"]))
        assert answer.status_code == 422, (case, answer.text)
        told = [(p["code"], p["pointer"]) for p in answer.json()["problems"]]
        assert (case["code"], case["pointer"]) in told, (case, told)
        assert len(set(told)) == len(told)
    for table in ("sample", "sample_gram", "task_progress", "audit_entry"):
        assert await platform.rows(f"SELECT 1 FROM {table}") == [], table


async def test_refusals_speak_english_when_asked(batch):
    body = changed(FOOD_FORM, {"food/imported": True})
    answer = await batch.sampler().post("/v1/samples", json=body)
    assert "原产地必填" in answer.json()["detail"]
    english = await batch.sampler().post("/v1/samples", json=body, headers={"Accept-Language": "en"})
    assert "for imported food" in english.json()["detail"]


@pytest.mark.parametrize("kind", ["food", "product", "oil", "online"])
async def test_a_form_describes_itself_to_everybody(platform, kind):
    answer = await platform.client().get(f"/v1/forms/{kind}", params={"on": "2021-02-01"})
    assert answer.status_code == 200
    body = answer.json()
    assert len(body["fields"]) == len(FORMS[kind].fields)
    by_pointer = {f["pointer"]: f for f in body["fields"]}
    assert all(f["label"] and f["need"] in ("required", "conditional", "optional") for f in body["fields"])
    assert all(f["rule"]["zh"] and f["rule"]["en"] for f in body["fields"] if f["need"] == "conditional")
    assert body["json_schema"]["properties"]
    if kind == "food":
        assert by_pointer["/venue"]["national_key"] == "sp_s_2" and {v["parent"] for v in by_pointer["/venue"]["values"]} == {"生产", "流通", "餐饮"}
        assert by_pointer["/sampled_party/phone"]["private"] and by_pointer["/sampled_party/phone"]["slash"]
    assert (await platform.client().get("/v1/forms/drug")).status_code == 422


async def test_the_openapi_body_comes_from_the_description(platform):
    schema = platform.app.openapi()["components"]["schemas"]
    told = set(schema["SampleIn"]["properties"])
    assert told == {f.pointer.split("/")[1] for f in body_fields().values()}
    assert "商标" in schema["SampleIn_product"]["properties"]["brand"]["description"]


def test_the_print_view_has_every_field_of_the_form_with_a_value():
    document = document_of(SampleIn.model_validate(FOOD_FORM))
    groups = print_view(document, Facts("620102", "62", {"/sample_no": "XBJ21620102000010001", "/laboratory_code": "L01"}))
    lines = {line.pointer: line for group in groups for line in group.lines}
    assert set(lines) == {f.pointer for f in FORMS["food"].fields}
    assert all(line.value for line in lines.values())
    for pointer, value in (
        ("/task_source", "甘肃省市场监督管理局"), ("/sampling_body", "兰州市城关区市场监督管理局"), ("/sample_no", "XBJ21620102000010001"),
        ("/product/unit_price_fen", "98.00"), ("/food/imported", "否"), ("/food/food_class", "粮食加工品 > 小麦粉 > 小麦粉 > 小麦粉"),
        ("/sampled_party/division_code", "甘肃省兰州市城关区"), ("/samplers", "抽样员丁(S001)、抽样员戊(S002)"), ("/team/phone", "/"),
        ("/food/reporting_class_a", "抽检监测(省级本级)"),
    ):  # fmt: skip
        assert lines[pointer].value == value, pointer
    assert lines["/product/unit_price_fen"].label == "单价(元)"


@pytest.mark.parametrize(
    ("value", "given"), [(None, False), ("/", False), ("", False), ([], False), (0, True), (False, True), ("0", True), ({}, False)]
)
def test_a_zero_and_a_no_are_answers(value, given):
    assert is_given(value) is given


async def test_a_form_is_printed_with_masks(batch):
    sample = await batch.draft(OIL)
    for client in (batch.officer(), batch.officer("62")):
        body = (await client.get(f"/v1/samples/{sample['id']}/print")).json()
        lines = {line["pointer"]: line["value"] for group in body["groups"] for line in group["lines"]}
        assert (body["title"], lines["/oil/nozzle"], lines["/sampled_party/phone"]) == ("产品质量监督抽查抽样单", "3号罐/5号枪", "138****1234")
        assert lines["/check/result_kind"] == "成品油抽样"
    assert (await batch.officer(NEIGHBOUR).get(f"/v1/samples/{sample['id']}/print")).status_code == 404
    assert (await batch.lab().get(f"/v1/samples/{sample['id']}/print")).status_code == 403


async def template_of(platform, kind):
    answer = await platform.client().get(f"/v1/forms/{kind}/template")
    assert (answer.status_code, answer.headers["content-type"]) == (200, XLSX)
    return python_calamine.load_workbook(io.BytesIO(answer.content))


@pytest.mark.parametrize("kind", ["food", "product"])
async def test_the_import_template_is_the_description_and_is_read_back(platform, kind):
    book = await template_of(platform, kind)
    heading = next(iter(book.get_sheet_by_index(0).iter_rows()))
    assert heading == [column.heading for column in columns_of(kind)]
    assert all(column is not None for column in read_heading(kind, heading))
    lists = list(book.get_sheet_by_index(1).iter_rows())
    assert any("冷冻" in row for row in lists) == (kind == "food")


def cell_of(field, value):
    if value is None:
        return ""
    if field.kind is Kind.PERSONS:
        return "；".join(f"{p['name']} {p['certificate_no']}" for p in value)
    shapes = {Kind.CLASSES: " > ".join, Kind.TEXTS: ";".join, Kind.BOOL: lambda v: "是" if v else "否", Kind.FEN: lambda v: f"{v / 100:.2f}"}
    return shapes.get(field.kind, str)(value)


def book_of(kind, *bodies, extra=()):
    columns, out = columns_of(kind), io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for place, heading in enumerate([c.heading for c in columns] + list(extra)):
            sheet.write_string(0, place, heading)
        for row, body in enumerate(bodies, start=1):
            for place, column in enumerate(columns):
                sheet.write_string(row, place, cell_of(column.field, value_at(body, column.field.pointer)))
    return out.getvalue()


@pytest.mark.parametrize("name", GOOD)
def test_a_form_that_goes_through_a_sheet_comes_back_the_same(name):
    body = GOOD[name]
    kind = "food" if body["programme"] == "食品" else "product"
    columns = read_heading(kind, [column.heading for column in columns_of(kind)])
    cells = [cell_of(column.field, value_at(body, column.field.pointer)) for column in columns_of(kind)]
    assert document_of(SampleIn.model_validate(read_row(kind, columns, cells))) == document_of(SampleIn.model_validate(body))


async def upload(client, kind, body, dry_run=False, media=XLSX):
    params = {"kind": kind, "dry_run": str(dry_run).lower()}
    return await client.post("/v1/samples:import", params=params, content=body, headers={"Content-Type": media})


async def test_a_trial_tells_every_wrong_cell_and_stores_nothing(platform, batch):
    wrong = [
        changed(FORM, {"sampled_party/uscc": "91620102MA700000XF", "product/name": "/"}), FORM, changed(FORM, {"stage": "生产"}),
        changed(FORM, {"sampled_on": "2021-02-30"}), changed(FORM, {"task_id": "01900000-0000-7000-8000-00000000ffff"}),
        changed(FORM, {"remark": "=1+1"}),
    ]  # fmt: skip
    answer = await upload(batch.sampler(), "product", book_of("product", *wrong), dry_run=True)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    told = {(p["row"], p["code"], p["column"]) for p in body["problems"]}
    assert told >= {
        (2, "uscc_check", "受检单位统一社会信用代码/营业执照号"), (2, "field_required", "产品名称"), (4, "task_stage", "采样环节"),
        (5, "date_format", "抽样日期"), (6, "task_unknown", "任务"), (7, "text_formula", None),
    }  # fmt: skip
    assert (body["read"], body["good"], body["stored"], body["dry_run"]) == (6, 1, [], True)
    assert await platform.rows("SELECT 1 FROM sample") == [] == await platform.rows("SELECT 1 FROM task_progress")


async def test_good_rows_become_forms_and_the_quota_is_kept(platform, batch):
    small = FORM | {"task_id": str(SMALL_TASK)}
    body = (await upload(batch.sampler(), "product", book_of("product", FORM, small, small, changed(FORM, {"unit": ""})))).json()
    assert (body["good"], [row["row"] for row in body["stored"]]) == (2, [2, 3])
    assert [(p["row"], p["code"]) for p in body["problems"]][:1] == [(4, "task_quota_full")]
    assert (5, "field_missing") in [(p["row"], p["code"]) for p in body["problems"]]
    assert len(await platform.rows("SELECT 1 FROM sample WHERE personal IS NOT NULL")) == 2
    assert await platform.rows("SELECT details->>'stored' AS n FROM audit_entry WHERE act = 'sample.import'") == [{"n": "2"}]


async def test_a_number_stands_once_in_a_sheet_and_in_the_books(batch):
    sheet = book_of("food", FOOD_FORM, FOOD_FORM)
    body = (await upload(batch.sampler(), "food", sheet)).json()
    assert ([r["row"] for r in body["stored"]], [(p["row"], p["code"]) for p in body["problems"]]) == ([2], [(3, "number_used")])
    again = (await upload(batch.sampler(), "food", sheet)).json()
    assert [(p["row"], p["code"]) for p in again["problems"]] == [(2, "number_used"), (3, "number_used")]


async def test_a_sheet_that_cannot_be_read_is_refused(platform, batch):
    sampler = batch.sampler()
    heading = ",".join(column.heading for column in columns_of("product"))
    for body, media, status, code in (
        (b"PK\x03\x04 not a zip", XLSX, 400, "sheet_unreadable"), (b"", XLSX, 400, "sheet_unreadable"),
        (b"{}", "application/json", 415, "media_type"),
        ("产品名称,秘密\n".encode(), "text/csv", 422, "column_unknown"), ("产品名称,产品名称\n".encode(), "text/csv", 422, "column_repeated"),
        (b"", "text/csv", 422, "sheet_empty"), (book_of("product", extra=["x"]), XLSX, 422, "column_unknown"),
        ((heading + "\n" + "a\n" * 501).encode(), "text/csv", 413, "rows_too_many"),
    ):  # fmt: skip
        answer = await upload(sampler, "product", body, media=media)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert (await upload(batch.officer(), "product", b"")).status_code == 403


async def test_a_hostile_workbook_is_refused(platform, batch):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet()
        page.write(0, 0, "产品名称")
        page.write(1048575, 16383, "x")
    answer = await upload(batch.sampler(), "product", out.getvalue())
    assert (answer.status_code, answer.json()["code"]) == (413, "workbook_too_large")
    assert await platform.rows("SELECT 1 FROM sample") == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [("SC10162010200018", []), ("SC10562090200030", []), ("SC10162010200019", ["sc_check"]), ("SC1016201020001", ["sc_shape"]),
     ("SC30162010200018", ["sc_shape"])],
)  # fmt: skip
def test_production_licence_numbers_have_a_check_digit(text, codes):
    assert [p.code for p in check_sc(text, "/x")] == codes


@pytest.mark.parametrize(
    ("text", "good"), [("11010519491231002X", True), ("110105194912310021", False), ("6201021990", False), ("11010519491231002x", False)]
)  # fmt: skip
def test_citizens_numbers_have_a_check_digit_and_are_never_repeated(text, good):
    problems = check_id_number(text, "/x")
    assert (problems == ()) is good
    assert all(text not in p.zh + p.en for p in problems)


@pytest.mark.parametrize(("text", "good"), [("6901234567892", True), ("6901234567893", False), ("96385074", True), ("123456789", False)])
def test_bar_codes_have_a_check_digit(text, good):
    assert (check_barcode(text, "/x") == ()) is good


@pytest.mark.parametrize(
    ("text", "iso"),
    [("12个月", "P12M"), ("18 月", "P18M"), ("7天", "P7D"), ("5日", "P5D"), ("2年", "P2Y"), ("36小时", "PT36H"),
     ("见包装", None), ("/", None), ("半年", None)],
)  # fmt: skip
def test_a_plain_shelf_life_is_a_duration(text, iso):
    assert shelf_life_of(text) == iso


@pytest.mark.parametrize(
    ("code", "name"), [("62", "甘肃省市场监督管理局"), ("6202", "嘉峪关市市场监督管理局"), ("620102", "兰州市城关区市场监督管理局")]
)  # fmt: skip
def test_bureaus_are_named_by_their_place(code, name):
    assert bureau_name(code) == name


def test_a_form_keeps_what_it_was_sent_and_no_more():
    sent = copy.deepcopy(FOOD_FORM)
    document = document_of(SampleIn.model_validate(sent))
    assert "oil" not in document and "team" not in document and "humidity" not in document["food"]
    assert document["sampled_on"] == date(2021, 2, 1).isoformat() and document["quantity"] == "4"
