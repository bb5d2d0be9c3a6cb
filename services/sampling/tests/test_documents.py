"""Documents: every kind is typeset, numbered without gaps, verifiable by anybody, and facts never become source."""

import asyncio
import hashlib
import json
from datetime import date
from pathlib import Path

import pytest
from longzhi.sampling.v1.events_pb2 import DocumentIssued, DocumentWithdrawn
from sampling_cases import ELSEWHERE, FOOD_FORM, NEIGHBOUR, PREFECTURE

from common.errors import Invalid, Unavailable
from sampling.rules.document_facts import breakable, bureau_name, day, money, printed
from sampling.rules.documents import CODE_ALPHABET, KINDS, Need, check_fields, check_issued_on, check_ready, number_of, read_code, shown_code
from sampling.rules.specimen import ON, specimen_of
from sampling.store.press import Press, built_in, typeset_pdf

FONTS = "/usr/share/fonts/opentype/noto"
PRESS = Press("Noto Serif CJK SC", FONTS, "https://x.test/verify")
needs_font = pytest.mark.skipif(not Path(FONTS).is_dir(), reason="fonts-noto-cjk is not installed (ops installs it)")
OWN = '#import "layout.typ": *\n#show: paper\n本局模板 #d.title #d.sample.sample_no'


# ---- rules


def test_every_kind_has_a_template_a_short_name_of_its_own_and_no_two_numbers_are_alike():
    assert len(KINDS) >= 18 and len({kind.short for kind in KINDS.values()}) == len(KINDS)
    for kind in KINDS.values():
        assert "#show: paper" in built_in(kind.file), kind.code
        assert len({asked.name for asked in kind.asks}) == len(kind.asks)


def test_every_template_belongs_to_a_kind():
    folder = Path(__file__).parents[1] / "sampling" / "templates"
    assert {path.name for path in folder.glob("*.typ")} - {"layout.typ"} == {kind.file for kind in KINDS.values()}


FIELDS = [
    ("refusal", {"facts": "当事人关门"}, []),
    ("refusal", {}, ["document_field_missing"]),
    ("refusal", {"facts": "  "}, ["document_field_missing"]),
    ("refusal", {"facts": "多行\n文字"}, []),
    ("refusal", {"facts": "a", "witness": "两行\n姓名"}, ["document_field_format"]),
    ("refusal", {"facts": "a\x07b"}, ["document_field_format"]),
    ("refusal", {"facts": "a\u202eb"}, ["document_field_format"]),
    ("refusal", {"facts": "x" * 2001}, ["document_field_format"]),
    ("refusal", {"facts": "x", "owner": "62"}, ["document_field_unknown"]),
    ("handover", {"handed_by": "丁", "handed_on": "2021-02-30"}, ["document_field_format"]),
    ("handover", {"handed_by": "丁", "handed_on": "2021/02/03"}, ["document_field_format"]),
    ("handover", {"handed_by": "丁", "handed_on": "2021-02-03"}, []),
]


@pytest.mark.parametrize(("kind", "given", "codes"), FIELDS)
def test_answers_are_checked_against_what_the_kind_asks(kind, given, codes):
    assert [p.code for p in check_fields(KINDS[kind], given)] == codes


def test_a_document_waits_for_what_it_tells_of():
    assert [p.code for p in check_ready(KINDS["seal"], frozenset())] == ["document_not_ready"]
    assert check_ready(KINDS["seal"], frozenset({Need.SEAL})) == [] and check_ready(KINDS["sampling_notice"], frozenset()) == []


def test_the_day_of_issue_is_neither_ahead_nor_before_the_sample():
    sampled, today = date(2021, 2, 1), date(2021, 2, 5)
    assert [p.code for p in check_issued_on(date(2021, 2, 6), sampled, KINDS["seal"], today)] == ["date_future"]
    assert [p.code for p in check_issued_on(date(2021, 1, 31), sampled, KINDS["seal"], today)] == ["date_order"]
    assert check_issued_on(date(2021, 1, 31), sampled, KINDS["sampling_notice"], today) == []


def test_codes_are_read_as_people_type_them():
    code = CODE_ALPHABET[:16]
    assert read_code(shown_code(code).lower()) == code == read_code(" 2345 6789 ABCD EFGH ")
    assert [read_code(text) for text in ("", "0" * 16, "A" * 15, "A" * 17, "甲" * 16)] == [None] * 5
    assert number_of(KINDS["seal"], 2021, "620102", 7) == "封条〔2021〕620102-00007号"


def test_values_are_printed_as_on_paper():
    assert (printed(None), printed(""), printed([]), printed(True), printed(["甲", "乙"])) == ("/", "/", "/", "是", "甲、乙")
    assert (day("2021-02-01"), day(date(2021, 12, 31)), money(123456), day(None)) == ("2021年2月1日", "2021年12月31日", "1,234.56元", "/")
    assert (
        breakable("x" * 20).replace("\u200b", "") == "x" * 20 and "\u200b" in breakable("x" * 20) and breakable("GB/T 4897-2015") == "GB/T 4897-2015"
    )
    assert [bureau_name(code) for code in ("62", "6201", "620102")] == ["甘肃省市场监督管理局", "兰州市市场监督管理局", "兰州市城关区市场监督管理局"]


def test_personal_numbers_are_masked_in_the_facts():
    text = json.dumps(specimen_of(KINDS["sampling_form"], "620102"), ensure_ascii=False)
    assert "13800001234" not in text and "138****1234" in text


# ---- typesetting


@needs_font
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("programme", ["产品", "食品"])
async def test_every_kind_is_typeset_and_the_same_facts_give_the_same_bytes(kind, programme):
    facts = specimen_of(KINDS[kind], "620102", programme)
    first = await typeset_pdf(PRESS, built_in(KINDS[kind].file), facts, ON)
    assert first.startswith(b"%PDF-") and len(first) > 10_000
    if programme == "产品":
        assert await typeset_pdf(PRESS, built_in(KINDS[kind].file), facts, ON) == first


HOSTILE = [
    '#panic("x")',
    '"); #read("/etc/passwd"); ("',
    "$ sum_(i) $ *粗* _斜_ `raw` <label> @ref",
    '\\ ] } ) #import "@preview/x:1.0.0": *',
    "</svg><script>",
    "#{while true {}}",
]


@needs_font
async def test_hostile_texts_are_printed_and_not_run():
    for kind in ("sampling_form", "result_notice", "refusal"):
        facts = specimen_of(KINDS[kind], "620102")
        plain = await typeset_pdf(PRESS, built_in(KINDS[kind].file), facts, ON, "svg")
        for hostile in HOSTILE:
            changed = json.loads(json.dumps(facts).replace(json.dumps("刨花板")[1:-1], json.dumps(hostile)[1:-1]))
            changed["sampled"]["name"] = changed["title"] = hostile
            changed["fields"] = dict.fromkeys(changed["fields"], hostile)
            changed["samplers"] = [{"name": hostile, "certificate_no": hostile}]
            made = await typeset_pdf(PRESS, built_in(KINDS[kind].file), changed, ON, "svg")
            assert made != plain and len(made) > 10_000
    echo = await _eval('#import "layout.typ": *\n#show: paper\n#d.sample.product_name', HOSTILE[1])
    assert echo.startswith(b"%PDF")


async def _eval(source, name):
    facts = specimen_of(KINDS["seal"], "620102")
    return await typeset_pdf(PRESS, source, facts | {"sample": facts["sample"] | {"product_name": name}}, ON)


@needs_font
async def test_very_long_words_and_many_items_do_not_break_a_document():
    facts = specimen_of(KINDS["result_notice"], "620102")
    row = facts["report"]["items"][0]
    facts["report"]["items"] = [row | {"item": f"项目{n}" * 9, "limit": printed("≤" + "1234567890" * 9)} for n in range(120)]
    facts["sampled"]["name"] = printed("W" * 300)
    assert len(await typeset_pdf(PRESS, built_in("result_notice.typ"), facts, ON)) > 50_000


BAD_TEMPLATES = {
    "not typst": ("#let x = (", "template_error"),
    "an unknown fact": ('#import "layout.typ": *\n#show: paper\n#d.nothing', "template_error"),
    "a file of the machine": ('#read("/etc/passwd")', "template_error"),
    "a file above": ('#read("../../../../etc/passwd")', "template_error"),
    "a package of the network": ('#import "@preview/cetz:0.3.0": *', "template_error"),
    "a package named at run time": ('#import ("@pre" + "view/cetz:0.3.0"): *', "template_error"),
    "a picture of the machine": ('#image("/usr/share/pixmaps/x.png")', "template_error"),
    "an endless loop": ("#let f() = { while true {} }\n#f()", "template_error"),
    "too much memory": ('#let s = "x" * 1000000000\n#let t = (s,) * 100\n#t.map(u => u + "y").join()', "template_error"),
    "no verification code": ("只有文字", "template_unverifiable"),
    "a foreign code": ('#metadata("AAAA")<verification>', "template_unverifiable"),
}


@needs_font
@pytest.mark.parametrize("case", BAD_TEMPLATES, ids=str)
async def test_a_bad_template_is_refused_and_reaches_nothing(case):
    source, code = BAD_TEMPLATES[case]
    press = Press(PRESS.font, FONTS, PRESS.verify_address, timeout_seconds=4.0)
    with pytest.raises(Invalid) as refused:
        await typeset_pdf(press, source, specimen_of(KINDS["seal"], "620102"), ON)
    assert refused.value.code == code and "root:" not in refused.value.zh


async def test_a_missing_font_is_told_and_no_empty_boxes_are_printed():
    press = Press("No Such Font", FONTS, PRESS.verify_address)
    with pytest.raises(Unavailable) as refused:
        await typeset_pdf(press, built_in("seal.typ"), specimen_of(KINDS["seal"], "620102"), ON)
    assert refused.value.code == "font_missing"


# ---- through the API


@needs_font
async def test_a_document_is_numbered_kept_and_told(platform, batch):
    sample = await batch.draft()
    found = (await batch.issue(sample["id"], "sampling_notice", plan_name="2021 年一季度")).json()
    assert (found["number"], found["state"], found["template_region_code"]) == ("抽知〔2021〕620102-00001号", "ISSUED", None)
    file = await batch.officer().get(f"/v1/documents/{found['id']}/file")
    assert file.headers["content-type"] == "application/pdf" and hashlib.sha256(file.content).hexdigest() == found["sha256"]
    assert b"13800001234" not in file.content
    [fact] = await platform.facts(DocumentIssued)
    assert (fact.document_id, fact.sample_id, fact.number, fact.sha256) == (found["id"], sample["id"], found["number"], found["sha256"])
    [entry] = await platform.rows("SELECT subject_id FROM audit_entry WHERE act = 'document.issue'")
    assert entry["subject_id"] == found["id"]
    listed = (await batch.officer().get(f"/v1/samples/{sample['id']}/documents")).json()["items"]
    assert [row["id"] for row in listed] == [found["id"]] and (await batch.officer().get(f"/v1/documents/{found['id']}")).json() == listed[0]


@needs_font
async def test_numbers_have_no_gaps_per_kind_and_year(platform, batch):
    sample = await batch.draft()
    kinds = ["sampling_notice", "conduct_feedback", "sampling_notice", "sampling_notice"]
    answers = await asyncio.gather(*(batch.issue(sample["id"], kind) for kind in kinds))
    assert (await batch.issue(sample["id"], "refusal", facts="x")).json()["code"] == "document_not_ready"
    assert (await batch.issue(sample["id"], "sampling_notice", issued_on="2022-01-05")).json()["number"] == "抽知〔2022〕620102-00001号"
    numbers = sorted(answer.json()["number"] for answer in answers)
    assert numbers == ["反馈〔2021〕620102-00001号", *(f"抽知〔2021〕620102-0000{n}号" for n in (1, 2, 3))]
    counters = await platform.rows("SELECT kind, last FROM document_counter WHERE year = 2021 ORDER BY kind")
    assert [tuple(row.values()) for row in counters] == [("conduct_feedback", 1), ("sampling_notice", 3)]


@needs_font
async def test_anybody_verifies_a_paper_and_learns_nothing_personal(platform, batch):
    sample = await batch.documented()
    nobody = platform.client()
    answer = await nobody.get(f"/v1/documents/verify/{sample['code'].lower()}")
    assert answer.status_code == 200 and answer.json() == {
        "bureau": "兰州市城关区市场监督管理局", "region_code": "620102", "kind": "sampling_notice", "title": "产品质量监督抽查通知书",
        "number": "抽知〔2021〕620102-00001号", "issued_on": "2021-02-01", "sha256": answer.json()["sha256"],
        "withdrawn": False, "withdrawn_on": None,
    }  # fmt: skip
    page = await nobody.get(f"/v1/documents/verify/{sample['code']}", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html") and "有效" in page.text and "城关区某建材店" not in page.text
    for wrong in ("2222-2222-2222-2222", "x", "%00", "' OR 1=1 --"):
        assert (await nobody.get(f"/v1/documents/verify/{wrong}")).status_code == 404


@needs_font
async def test_a_withdrawn_paper_says_so(platform, batch):
    sample = await batch.documented()
    address = f"/v1/documents/{sample['document_id']}"
    gone = (await batch.officer().post(f"{address}/withdraw", json={"reason": "样品名称写错"})).json()
    assert (gone["state"], gone["withdrawn_reason"]) == ("WITHDRAWN", "样品名称写错")
    mark = (await platform.client().get(f"/v1/documents/verify/{sample['code']}")).json()
    assert mark["withdrawn"] and mark["withdrawn_on"]
    assert "作废" in (await platform.client().get(f"/v1/documents/verify/{sample['code']}", headers={"Accept": "text/html"})).text
    again = await batch.officer().post(f"{address}/withdraw", json={"reason": "样品名称写错"})
    assert (again.status_code, again.json()["code"]) == (409, "document_withdrawn")
    [fact] = await platform.facts(DocumentWithdrawn)
    assert fact.reason == "样品名称写错" and (await batch.officer().get(f"{address}/file")).status_code == 200
    renewed = await batch.issue(sample["id"], "sampling_notice")
    assert renewed.json()["number"] == "抽知〔2021〕620102-00002号"


@needs_font
async def test_the_result_notice_prints_the_effective_report(batch):
    sample = await batch.failed()
    early = await batch.issue(sample["id"], "result_notice", addressee="城关区某建材店", issued_on="2021-01-31")
    assert (early.status_code, early.json()["code"]) == (422, "date_order")
    made = await batch.issue(sample["id"], "result_notice", addressee="城关区某建材店", role="被抽样单位", issued_on="2021-02-26")
    assert made.status_code == 201, made.text
    assert (await batch.issue(sample["id"], "authenticity_notice")).status_code == 201
    for kind in ("seal", "registration", "sampling_form"):
        assert (await batch.issue(sample["id"], kind)).status_code == 201, kind


@needs_font
async def test_a_food_form_is_printed_as_food(batch):
    sample = await batch.draft(FOOD_FORM)
    assert (await batch.issue(sample["id"], "sampling_form")).status_code == 201


REFUSED = [
    ({"kind": "love_letter"}, 422, "document_kind"),
    ({"kind": "authorisation"}, 422, "document_field_missing"),
    ({"fields": {"x": "1"}}, 422, "document_field_unknown"),
    ({"fields": {"plan_name": 5}}, 422, "field_type"),
    ({"issued_on": "2099-01-01"}, 422, "date_future"),
    ({"issued_on": "01.02.2021"}, 422, "date_format"),
    ({"kind": "result_notice", "fields": {"addressee": "甲"}}, 409, "document_not_ready"),
    ({"kind": "seal"}, 409, "document_not_ready"),
    ({"number": "1"}, 422, "field_unknown"),
]


@pytest.mark.parametrize(("changes", "status", "code"), REFUSED)
async def test_a_bad_request_for_a_document_is_refused_and_takes_no_number(platform, batch, changes, status, code):
    sample = await batch.draft()
    body = {"kind": "sampling_notice", "issued_on": "2021-02-01", "fields": {}} | changes
    answer = await batch.officer().post(f"/v1/samples/{sample['id']}/documents", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert await platform.rows("SELECT 1 FROM document") == [] == await platform.rows("SELECT 1 FROM document_counter")


@needs_font
async def test_a_bureau_s_template_applies_to_it_and_below_and_nowhere_else(platform, batch):
    address = "/v1/document-templates/sampling_notice"
    chief = platform.client("chief", "chief", region=PREFECTURE)
    kept = await chief.put(address, json={"source": OWN})
    assert (kept.status_code, kept.json()["region_code"], kept.json()["revision"]) == (200, PREFECTURE, 1), kept.text
    assert (await batch.officer().get(address)).json()["source"] == OWN
    assert (await batch.officer(ELSEWHERE).get(address)).json()["region_code"] is None
    sample = await batch.draft()
    issued = (await batch.issue(sample["id"], "sampling_notice")).json()
    assert (issued["template_region_code"], issued["template_sha256"]) == (PREFECTURE, hashlib.sha256(OWN.encode()).hexdigest())
    county = platform.client("chief", "chief", region="620102")
    own = await county.put(address, json={"source": OWN + " 城关"})
    assert own.json()["region_code"] == "620102" and (await batch.officer(NEIGHBOUR).get(address)).json()["region_code"] == PREFECTURE
    stale = await county.put(address, json={"source": OWN}, headers={"If-Match": 'W/"7"'})
    assert stale.status_code == 412
    assert (await county.put(address, json={"source": OWN}, headers={"If-Match": own.headers["etag"]})).json()["revision"] == 2
    assert (await county.delete(address)).status_code == 204 and (await county.delete(address)).status_code == 404
    assert (await batch.officer().get(address)).json()["region_code"] == PREFECTURE
    assert (await batch.officer().get(f"{address}/specimen?programme=食品")).content.startswith(b"%PDF")


@needs_font
async def test_a_template_that_does_not_work_is_not_kept(platform, batch):
    chief = platform.client("chief", "chief", region="620102")
    for source, code in (("#let x = (", "template_error"), ("只有文字", "template_unverifiable")):
        answer = await chief.put("/v1/document-templates/seal", json={"source": source})
        assert (answer.status_code, answer.json()["code"], answer.json()["pointer"]) == (422, code, "/source")
    assert (await chief.put("/v1/document-templates/nothing", json={"source": OWN})).json()["code"] == "document_kind"
    assert await platform.rows("SELECT 1 FROM document_template") == []


@needs_font
async def test_neighbours_and_laboratories_see_no_document(batch):
    sample = await batch.documented()
    for tail in ("", "/file"):
        assert (await batch.officer(NEIGHBOUR).get(f"/v1/documents/{sample['document_id']}{tail}")).status_code == 404
        assert (await batch.lab().get(f"/v1/documents/{sample['document_id']}{tail}")).status_code == 403
        assert (await batch.officer(PREFECTURE).get(f"/v1/documents/{sample['document_id']}{tail}")).status_code == 200
    assert (await batch.issue(sample["id"], "sampling_notice", client=batch.officer(PREFECTURE))).status_code == 404


async def test_kinds_tell_what_they_ask(batch):
    kinds = {kind["kind"]: kind for kind in (await batch.officer().get("/v1/document-kinds")).json()["kinds"]}
    assert kinds["refusal"]["needs"] == "拒抽" and kinds["sampling_notice"]["food_title"] == "食品安全抽样检验告知书"
    assert {"name": "facts", "label": "拒绝抽样的事实经过", "need": True, "shape": "text"} in kinds["refusal"]["fields"]
