"""Exports of forms, and the lists they are made from: the national 77 columns and one, the product file, search by fragment, bounds."""

import io
import json
from datetime import date
from typing import get_args
from urllib.parse import unquote

import pytest
import python_calamine
from form_cases import OIL, changed
from sampling_cases import ELSEWHERE, FOOD_FORM, FORM, NEIGHBOUR, PRODUCER, SELLER, TASK

from common.db import Scope
from common.region import Region
from sampling.actions import export as acts
from sampling.rules.export import FOOD_COLUMNS, PRODUCT_COLUMNS, file_name, headings
from sampling.rules.fields import FORMS
from sampling.rules.printing import Facts, text_of, written
from sampling.rules.samples import SampleState
from sampling.schemas.samples import StateIn
from sampling.store import search

# The order that domain §5.1 tells: ten of the basis, then body 9, place 16, producer and third party 16, sample 26.
GROUPS = {
    0: "任务来源", 9: "检验目的/任务类别", 10: "抽样单位名称", 19: "被抽样单位名称", 35: "生产企业名称", 43: "是否存在第三方企业", 51: "样品名称",
    76: "备注",
}  # fmt: skip


def test_the_food_export_has_77_columns_in_the_national_order_and_the_78th_of_its_groups_last():
    names = headings("食品")
    assert len(FOOD_COLUMNS) == len(names) == len(set(names)) == 10 + 9 + 16 + 16 + 27 == 78
    assert names.pop() == "是否出口"
    assert {place: names[place] for place in GROUPS} == GROUPS
    assert names[-6:] == ["抽样基数", "抽样数量", "备样数量", "抽样数量单位", "执行标准/技术文件", "备注"]


def test_the_product_export_has_every_field_of_the_form():
    assert len(PRODUCT_COLUMNS) == len(set(headings("产品"))) >= len([f for f in FORMS["product"].fields if f.source == "form"]) - 1


@pytest.mark.parametrize(
    ("programme", "task", "name"),
    [("产品", "T-1", "产品抽查_T-1_20210601.xlsx"), ("食品", "全部", "食品抽检_全部_20210601.xlsx"),
     ("产品", 'a/b: "c"', "产品抽查_a-b-c-_20210601.xlsx")],
)  # fmt: skip
def test_a_file_is_named_after_its_task_and_day(programme, task, name):
    assert file_name(programme, task, date(2021, 6, 1), "xlsx") == name


async def exported(client, **params):
    answer = await client.get("/v1/samples:export", params=params)
    assert answer.status_code == 200, answer.text
    rows = list(python_calamine.load_workbook(io.BytesIO(answer.content)).get_sheet_by_index(0).iter_rows())
    return answer, [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


async def test_food_forms_leave_as_the_national_sheet_with_masks(platform, batch):
    sample = await batch.draft(changed(FOOD_FORM, {"team/phone": "13600001111", "remark": "=1+1"}))
    await batch.draft(FORM)
    answer, rows = await exported(batch.officer(), programme="食品", format="xlsx")
    assert unquote(answer.headers["content-disposition"]).startswith("attachment; filename*=UTF-8''食品抽检_全部_")
    assert answer.headers["cache-control"] == "no-store" and len(rows) == 1
    assert {name: rows[0][name] for name in (
        "抽样单编号", "任务来源", "部署机构", "检验机构名称", "食品分类", "被抽样单位所在县", "被抽样单位电话", "抽样人员电话", "生产许可证号",
        "是否存在第三方企业", "单价", "是否进口", "备样数量", "备注", "第三方企业名称", "报送分类")} == {
        "抽样单编号": sample["sample_no"], "任务来源": "甘肃省市场监督管理局", "部署机构": "甘肃省市场监督管理局",
        "检验机构名称": "机构L01",
        "食品分类": "粮食加工品 > 小麦粉 > 小麦粉 > 小麦粉", "被抽样单位所在县": "城关区", "被抽样单位电话": "138****1234",
        "抽样人员电话": "136****1111",
        "生产许可证号": "SC10162010200018", "是否存在第三方企业": "否", "单价": "98.00", "是否进口": "否", "备样数量": "2", "备注": "=1+1",
        "第三方企业名称": "/", "报送分类": "抽检监测(省级本级)/2021年甘肃兰州抽检计划A包"}  # fmt: skip
    [entry] = await platform.rows("SELECT region_code, details->>'rows' AS n FROM audit_entry WHERE act = 'sample.export'")
    assert entry == {"region_code": "620102", "n": "1"}


async def test_product_forms_leave_under_the_name_of_their_task(batch):
    await batch.draft(OIL)
    answer, [row] = await exported(batch.officer(), programme="产品", task_id=str(TASK))
    assert unquote(answer.headers["content-disposition"]).startswith("attachment; filename*=UTF-8''产品抽查_T-1_2")
    assert (row["执行类型"], row["抽样渠道"], row["是否合格待销"], row["单价(元)"]) == ("成品油抽样", "加油站", "是", "98.00")


async def test_a_csv_cannot_run_in_a_spreadsheet(batch):
    await batch.draft(changed(FOOD_FORM, {"remark": "=HYPERLINK(1)"}))
    answer = await batch.officer().get("/v1/samples:export", params={"programme": "食品", "format": "csv"})
    assert answer.content.startswith(b"\xef\xbb\xbf") and b",'=HYPERLINK(1)" in answer.content
    assert answer.headers["content-type"].startswith("text/csv")


async def test_an_export_holds_what_is_in_reach_and_no_more(batch):
    await batch.draft(FORM)
    for region, count in (("620102", 1), ("6201", 1), ("62", 1), (NEIGHBOUR, 0), (ELSEWHERE, 0)):
        _, rows = await exported(batch.officer(region), programme="产品")
        assert len(rows) == count, region
    assert (await batch.lab().get("/v1/samples:export", params={"programme": "产品"})).status_code == 403
    assert (await batch.sampler().get("/v1/samples:export", params={"programme": "产品"})).status_code == 403


async def test_pages_follow_each_other_and_too_much_is_refused(batch, monkeypatch):
    for _ in range(5):
        await batch.draft(FORM)
    monkeypatch.setattr(acts, "PAGE", 2)
    _, rows = await exported(batch.officer(), programme="产品")
    numbers = [row["抽样单编号"] for row in rows]
    assert numbers == sorted(numbers, reverse=True) and len(set(numbers)) == 5
    monkeypatch.setattr(acts, "MAX_ROWS", 4)
    answer = await batch.officer().get("/v1/samples:export", params={"programme": "产品"})
    assert (answer.status_code, answer.json()["code"]) == (413, "export_too_large")


@pytest.mark.parametrize(
    ("params", "code"),
    [({}, "field_missing"), ({"programme": "药品"}, "value_unknown"), ({"programme": "食品", "format": "pdf"}, "value_unknown"),
     ({"programme": "食品", "q": "陇"}, "query_short")],
)  # fmt: skip
async def test_an_export_that_cannot_be_right_is_refused(batch, params, code):
    answer = await batch.officer().get("/v1/samples:export", params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_batches_are_found_by_a_fragment(batch):
    board = await batch.draft(FORM)
    flour = await batch.draft(FOOD_FORM)
    other = await batch.draft(changed(FORM, {"product/name": "普通硅酸盐水泥", "sampled_party/name": "七里河ＡＢ 建材店"}))
    officer = batch.officer()
    for q, found in (
        ("刨花", [board]), ("刨花板", [board]), ("小麦", [flour]), ("建材", [other, flour, board]),
        ("建材店", [other, flour, board]), ("ab建", [other]),
        ("AB", [other]), ("水泥", [other]), ("泥水", []), ("硅酸盐水", [other]), ("刨%", []), ("scp21620102", [other, board]),
        (board["sample_no"], [board]), (board["sample_no"][:-1], [other, board]), ("XBJ21", [flour]),
    ):  # fmt: skip
        rows = (await officer.get("/v1/samples", params={"q": q})).json()["items"]
        assert [row["id"] for row in rows] == [row["id"] for row in found], q
    assert (await batch.officer(NEIGHBOUR).get("/v1/samples", params={"q": "刨花"})).json()["items"] == []
    page = (await officer.get("/v1/samples", params={"q": "建材", "page_size": 2})).json()
    rest = (await officer.get("/v1/samples", params={"q": "建材", "page_size": 2, "page_token": page["next_page_token"]})).json()
    assert [row["id"] for row in rest["items"]] == [board["id"]]


async def test_a_changed_form_is_found_by_its_new_words_only(batch):
    sample = await batch.draft(FORM)
    await batch.sampler().put(f"/v1/samples/{sample['id']}", json=changed(FORM, {"product/name": "密度板"}))
    for q, count in (("密度", 1), ("刨花", 0), ("建材", 1)):
        assert len((await batch.officer().get("/v1/samples", params={"q": q})).json()["items"]) == count, q


def test_a_list_can_ask_for_every_state():
    assert set(get_args(StateIn)) == set(SampleState.__members__)


async def test_lists_narrow_to_a_bureau_a_source_and_a_period(batch):
    sample = await batch.draft(FORM)
    for params, found in (
        ({"region": "62"}, True), ({"region": "6201"}, True), ({"region": "620102"}, True), ({"region": "620103"}, False), ({"source": "62"}, True),
        ({"source": "6201"}, False), ({"period": "2021Q1"}, True), ({"period": "2021Q2"}, False), ({"region": "620102", "q": "刨花"}, True),
    ):  # fmt: skip
        rows = (await batch.officer("62").get("/v1/samples", params=params)).json()["items"]
        assert [row["id"] for row in rows] == ([sample["id"]] if found else []), params
    assert (await batch.officer().get("/v1/samples", params={"region": "6"})).json()["code"] == "format"
    assert SELLER["name"] == (await batch.officer().get("/v1/samples")).json()["items"][0]["party_name"] != PRODUCER["name"]


MANY = """
    INSERT INTO sample (id, region_code, source_region_code, task_id, programme, sample_no, number_issued, form, product_code, product_name,
        party_name, stage, sampled_on, assigned_laboratory, laboratory_code, place_region_code, period, state, created_by)
    SELECT ('0190' || lpad(to_hex(n), 12, '0') || '7000800000000000')::uuid, '62' || lpad((n % 14 + 1)::text, 2, '0')
        || lpad(((n / 14) % 6 + 1)::text, 2, '0'),
        '62', ('01900000-0000-7000-8000-' || lpad((n % 200)::text, 12, '0'))::uuid, '产品', 'N' || n, false, '{}', 'HD-' || n % 70, '刨花板' || n % 9,
        '某店', '流通', date '2021-01-04' + n / 230, 'L01', 'L0' || n % 9, '620102', '2021Q1', 'RECEIVED', 'x' FROM generate_series(1, 20000) AS n
"""


async def plans(platform, session_of, wanted, reach):
    """The plans of the statements that a list runs, as PostgreSQL makes them under row-level security."""
    found = []
    async with platform.session(session_of) as session:
        execute = session.execute

        async def explained(statement, *args):
            text = str(statement.compile(session.bind, compile_kwargs={"literal_binds": True}))
            found.append("\n".join((await execute(search.text("EXPLAIN " + text.replace(":", "\\:")))).scalars()))
            return await execute(statement, *args)

        session.execute = explained
        await search.list_samples(session, wanted, None, 51, reach)
    return found


async def test_each_filter_has_an_index_that_row_level_security_leaves_usable(platform):
    await platform.rows(MANY)
    await platform.rows("ANALYZE sample")
    county, province = Region("620102"), Region("62")
    for region, wanted, index in (
        (county, search.SampleFilter(), "sample_region_code_id_key"), (county, search.SampleFilter(state="RECEIVED"), "sample_region_code_id_key"),
        (province, search.SampleFilter(state="OBJECTED"), "sample_state_id_idx"),
        (province, search.SampleFilter(period="2020Q4"), "sample_period_id_idx"),
        (province, search.SampleFilter(), "sample_pkey"), (province, search.SampleFilter(product_code="HD-7"), "sample_product_code_id_idx"),
        (province, search.SampleFilter(task_id=TASK), "sample_task_id_id_idx"), (province, search.SampleFilter(sample_no="N77"), "sample_no"),
        (province, search.SampleFilter(sampled_from=date(2021, 2, 1), sampled_to=date(2021, 2, 1)), "sample_sampled_on_id_idx"),
        (province, search.SampleFilter(laboratory="L03"), "Index Scan"),
    ):  # fmt: skip
        made = next(plan for plan in await plans(platform, Scope(region=region, subject="o"), wanted, region) if " on sample" in plan)
        assert index in made and "Seq Scan on sample" not in made, (wanted, made)


async def test_a_list_is_planned_for_what_it_asks_however_often_it_is_asked(platform):
    """A plan for all numbers, which PostgreSQL tries at the sixth call, would sort half the province for the beginning of one."""
    await platform.rows(MANY)
    await platform.rows("ANALYZE sample")
    for region in (Region("6201"), Region("62")):
        async with platform.session(Scope(region=region, subject="o")) as session:
            for _ in range(9):
                assert await search.list_samples(session, search.SampleFilter(q="NN7"), None, 51, region) == []
            kept = "SELECT sum(generic_plans), sum(custom_plans) FROM pg_prepared_statements WHERE starts_with(statement, 'SELECT sample.')"
            generic, custom = (await session.execute(search.text(kept))).one()
        assert generic == 0 and custom >= 9, (region, generic, custom)


async def test_an_export_reads_the_text_of_a_form_and_not_an_object(platform, batch):
    await batch.draft(FORM)
    async with platform.session(Scope(region=Region("620102"), subject="o")) as session:
        ids = await search.list_ids(session, search.SampleFilter(programme="产品"), 10, Region("620102"))
        [row] = await search.list_forms(session, ids)
    assert isinstance(row.form, str) and row.is_sealed and next(acts._rows("产品", [row], {}))[0]


@pytest.mark.parametrize(("document", "programme"), [(FORM, "产品"), (FOOD_FORM, "食品"), (OIL, "产品")])
def test_a_row_says_what_the_printed_form_says(document, programme):
    """The two ways to put a field in words: field by field for one form, settled beforehand for a long list."""
    document = json.loads(json.dumps(document, default=str))
    facts = Facts("620102", "62", {"/sample_no": "X1", "/laboratory_code": "机构L01", "/seal_no": "S1"})
    fields = FORMS["food" if programme == "食品" else "product"].fields
    assert [text_of(field)(document, facts) for field in fields] == [written(field, facts.value(field, document)) for field in fields]
