"""Hand-written peers, forms, reports and the usual steps of a batch, for the tests of sampling."""

import copy
import hashlib
from uuid import UUID

from evidence_files import jpeg
from longzhi.directory.v1.directory_service_pb2 import CmaCertificate, CmaScope, GetLaboratoryResponse, ListLicencesResponse
from longzhi.planning.v1.planning_service_pb2 import CheckRepeatResponse, GetTaskResponse, ListSchemesResponse, Scheme, SchemeItem, Task
from objection_cases import Disputes, FakeExperts, KnowsLaboratories

from common.errors import NotFound
from sampling.clients import Clients

PDF = b"%PDF-1.7\nreport\n%%EOF"
OWNER, NEIGHBOUR, PREFECTURE, ELSEWHERE = "620102", "620103", "6201", "620902"
TASK = UUID("01900000-0000-7000-8000-000000000001")
FOOD_TASK = UUID("01900000-0000-7000-8000-000000000002")
SMALL_TASK = UUID("01900000-0000-7000-8000-000000000003")
CMA = "182800340123"
METHOD, METHOD_ASH = "GB/T 17657-2013 4.60", "GB 5009.4-2016"


def task(task_id, **changes):
    fields = {
        "task_no": "T-1", "plan_id": "01900000-0000-7000-8000-0000000000aa", "line_id": "l", "region_code": OWNER, "source_region_code": "62",
        "programme": "产品", "year": 2021, "quarter": 1, "product_code": "HD-01", "laboratory_code": "L01", "quota": 5000, "stage": "流通",
    }  # fmt: skip
    return Task(task_id=str(task_id), **(fields | changes))


TASKS = {
    str(TASK): task(TASK),
    str(FOOD_TASK): task(FOOD_TASK, programme="食品", product_code="0101", stage="流通"),
    str(SMALL_TASK): task(SMALL_TASK, quota=1),
}


def scheme(scheme_id, version, product_code, programme, days, *items):
    names = ("item", "methods", "max", "unit", "grade")
    rows = [SchemeItem(**(dict(zip(names, row, strict=True)) | {"kind": "numeric", "rounding_places": -1} | more)) for row, more in items]
    return Scheme(
        scheme_id=scheme_id, scheme_no="S", version=version, product_code=product_code, programme=programme, valid_from=days[0], valid_to=days[1],
        items=rows,
    )  # fmt: skip


FORMALDEHYDE_OLD = (("甲醛释放量", [METHOD], "9.0", "mg/m³", "A"), {})
FORMALDEHYDE = (("甲醛释放量", [METHOD], "0.124", "mg/m³", "A"), {})
MOISTURE = (("含水率", [METHOD], "13.0", "%", "B"), {"min": "3.0", "rounding_places": 1})
ASH = (("灰分", [METHOD_ASH], "0.70", "g/100g", "B"), {})
SCHEMES = {
    "HD-01": [
        scheme("s0", 1, "HD-01", "产品", ("2010-01-01", "2018-04-30"), FORMALDEHYDE_OLD),
        scheme("s1", 2, "HD-01", "产品", ("2018-05-01", ""), FORMALDEHYDE, MOISTURE),
    ],
    "0101": [scheme("f1", 1, "0101", "食品", ("2018-01-01", ""), ASH)],
}
SCOPE = [("甲醛释放量", METHOD), ("含水率", METHOD), ("灰分", METHOD_ASH)]


class FakeDirectory(KnowsLaboratories):
    """Knows the laboratories L01 and L02."""

    def __init__(self):
        self.asked = 0

    async def GetLaboratory(self, request, timeout, metadata):
        self.asked += 1
        assert timeout > 0 and dict(metadata)["authorization"].startswith("Bearer ")
        if request.code not in ("L01", "L02"):
            raise NotFound("not_found", "检验机构不存在", "no such laboratory")
        certificate = CmaCertificate(cma_no=CMA, valid_from="2018-05-10", valid_to="2024-05-09")
        scope = [CmaScope(item=item, method=method) for item, method in SCOPE]
        return GetLaboratoryResponse(code=request.code, name="甲", certificates=[certificate], scope=scope)

    async def ListLicences(self, request, timeout, metadata):
        """Licences by USCC in `licences`; firms that are not there are unknown to the directory."""
        self.licences_asked = [*getattr(self, "licences_asked", []), (request.uscc, request.on)]
        known = getattr(self, "licences", {})
        if request.uscc not in known:
            raise NotFound("not_found", "企业不存在", "no such enterprise")
        return ListLicencesResponse(licences=known[request.uscc])


class FakePlanning:
    """Knows three tasks of 620102 and two products."""

    def __init__(self):
        self.asked = 0

    async def GetTask(self, request, timeout, metadata):
        self.asked += 1
        if request.task_id not in TASKS:
            raise NotFound("not_found", "任务不存在", "no such task")
        return GetTaskResponse(task=TASKS[request.task_id])

    async def ListSchemes(self, request, timeout, metadata):
        self.asked += 1
        return ListSchemesResponse(schemes=SCHEMES.get(request.product_code, []))

    async def CheckRepeat(self, request, timeout, metadata):
        """What `repeat` says, by default nothing; every question is remembered."""
        self.repeats_asked = [*getattr(self, "repeats_asked", []), request]
        return getattr(self, "repeat", None) or CheckRepeatResponse(found=False)


def make_clients(receipt_key):
    return Clients(FakeDirectory(), FakePlanning(), 5.0, receipt_key, experts=FakeExperts())


SELLER = {
    "name": "城关区某建材店",
    "uscc": "91620102MA700000XE",
    "division_code": "620102",
    "address": "兰州市城关区某路1号",
    "contact": "王某",
    "phone": "13800001234",
}
PRODUCER = {"name": "肃州区某板业公司", "uscc": "91620902MA7100000G", "division_code": "620902", "address": "酒泉市肃州区某路2号"}
FORM = {
    "programme": "产品", "task_id": str(TASK), "sample_no": None, "stage": "流通", "sampled_party": SELLER, "producer": PRODUCER, "consignor": None,
    "product": {"name": "刨花板", "brand": "/", "spec": "1220×2440×18mm", "production_date": "2021-01-04", "lot_no": "20210104", "grade": "E1",
                "standard": "GB 18580-2017", "catalogue_code": "HD-01", "control_type": "无", "certificate_no": "/", "unit_price_fen": 9800,
                "exported": False, "for_sale": True},
    "quantity": "4", "reserve_quantity": "2", "base_quantity": "100", "unit": "张", "reserve_place": "检验机构", "sampled_on": "2021-02-01",
    "samplers": [{"name": "抽样员丁", "certificate_no": "S001"}, {"name": "抽样员戊", "certificate_no": "S002"}], "officers": ["Z001"],
    "venue": "专业市场(建材)", "place": "专业市场(建材)", "remark": "",
}  # fmt: skip
FOOD_FORM = FORM | {
    "programme": "食品", "task_id": str(FOOD_TASK), "sample_no": "XBJ21620102000010001",
    "product": {**{k: v for k, v in FORM["product"].items() if k not in ("exported", "for_sale")}, "name": "小麦粉", "catalogue_code": "0101",
                "standard": "GB/T 1355-2021"},
    "sampled_party": SELLER | {"area_type": "城市"}, "producer": PRODUCER | {"licence_no": "SC10162010200018"}, "venue": "超市",
    "place": "超市粮油区",
    "food": {"food_class": ["粮食加工品", "小麦粉", "小麦粉", "小麦粉"], "reporting_class_b": "2021年甘肃兰州抽检计划A包",
             "sample_type": "工业加工食品", "attribute": "普通食品", "packing_class": "预包装", "shelf_life": "12个月", "imported": False,
             "sampling_way": "非无菌抽样", "sample_form": "固体", "packing": "塑料袋", "storage": "常温"},
}  # fmt: skip
SEAL = {"sealed_on": "2021-02-01", "seal_no": "F001", "reserve_seal_no": "F002"}
CHECKS = {"seal": "ok", "packing": "ok", "quantity": "ok", "information": "ok", "storage": "ok"}
RECEIPT = {"received_on": "2021-02-03", "checks": CHECKS, "decision": "accept", "reasons": []}
REFUSAL = {"on": "2021-02-01", "reason": "无正当理由拒绝", "note": "", "signers": ["S001", "S002"]}
TRANSFER = {"on": "2021-03-10", "laboratory": "L02", "seal_no": "F002", "seal_intact": True, "photos": ["01900000-0000-7000-8000-0000000000ee"]}
NOTICE = {"party_role": "seller", "method": "直接送达", "served_on": "2021-03-01", "receipt_no": "HZ-1", "signed_by": "王某"}


def item(name, result, limits, **changes):
    low, high, unit = limits
    fields = {
        "item": name, "result": result, "unit": unit, "judgement": "合格项", "method": METHOD, "limit_source": "GB 18580-2017", "min": low,
        "max": high, "limit_unit": unit, "lod": None, "lod_unit": None,
    }  # fmt: skip
    return fields | changes


GOOD_ITEMS = [
    item("甲醛释放量", "0.10", (None, "0.124", "mg/m³"), lod="0.01", lod_unit="mg/m³"),
    item("含水率", "8.2", ("3.0", "13.0", "%")),
]


def report(sample_no, report_no="GSZJ-2021-000123", **changes):
    """A conforming report."""
    fields = {
        "sample_no": sample_no, "report_no": report_no, "replaces": None, "report_class": "合格报告", "cma_no": CMA, "received_on": "2021-02-03",
        "tested_from": "2021-02-04", "tested_to": "2021-02-08", "issued_on": "2021-02-10", "tested_by": ["检验员甲"], "reviewed_by": "审核员乙",
        "approved_by": "签字人丙", "conclusion": "经抽样检验,所检项目符合要求", "verdict": "合格", "seal_state": "完好", "sample_state": "符合",
        "items": copy.deepcopy(GOOD_ITEMS), "file": {"sha256": "a" * 64, "name": "GSZJ-2021-000123.pdf"},
    }  # fmt: skip
    return fields | changes


def failed_report(sample_no, report_no="GSZJ-2021-000124", **changes):
    """A non-conforming report: formaldehyde 0.21 mg/m³ against 0.124."""
    items = copy.deepcopy(GOOD_ITEMS)
    items[0] |= {"result": "0.21", "judgement": "不合格项"}
    return report(sample_no, report_no, **({"report_class": "一般不合格报告", "verdict": "不合格", "items": items} | changes))


def food_report(sample_no, report_no="GSZJ-F-1", **changes):
    """A non-conforming food report."""
    items = [item("灰分", "0.80", (None, "0.70", "g/100g"), judgement="不合格项", method=METHOD_ASH)]
    return report(sample_no, report_no, **({"report_class": "一般不合格报告", "verdict": "不合格", "items": items} | changes))


class Batch(Disputes):
    """One batch's way through the API, with the callers who take it there."""

    def __init__(self, platform):
        self.platform = platform
        self.keys = 0

    def sampler(self, region=OWNER):
        return self.platform.client("sampler", "sampler", region=region)

    def officer(self, region=OWNER):
        return self.platform.client("officer", "officer", region=region)

    def food_form(self):
        return FOOD_FORM

    def food_failure(self):
        return food_report

    def lab(self, code="L01"):
        return self.platform.client(f"lab-{code}", "laboratory", laboratory=code)

    async def draft(self, form=FORM, **changes):
        answer = await self.sampler().post("/v1/samples", json=form | changes)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def described(self):
        """A form and a code list to ask for."""
        return {"id": "", "sample_no": "", "kind": "food", "name": "stage"}

    async def block(self):
        """A block of numbers of this year."""
        answer = await self.sampler().post("/v1/number-blocks", json={"device": "pad-1", "count": 3, "level": "S"})
        assert answer.status_code == 201, answer.text
        return {"id": "", "sample_no": "", "block_id": answer.json()["id"]}

    async def sealed(self, form=FORM, **changes):
        sample = await self.draft(form, **changes)
        answer = await self.sampler().post(f"/v1/samples/{sample['id']}/seal", json=SEAL)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def received(self, form=FORM, **changes):
        sample = await self.sealed(form, **changes)
        answer = await self.lab().post(f"/v1/samples/{sample['id']}/receipt", json=RECEIPT)
        assert answer.status_code == 200, answer.text
        return sample

    async def act(self, client, sample, what, body):
        """One act on a sample, which must succeed."""
        answer = await client.post(f"/v1/samples/{sample['id']}/{what}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def refusable(self, form=FORM, kind="拒抽照片", **changes):
        """A draft with the photo that proves a refusal."""
        sample = await self.draft(form, **changes)
        answer = await self.photo(sample["id"], kind, jpeg())
        assert answer.status_code == 201, answer.text
        return sample

    async def refused(self):
        """A refused sample, and the notice to its county."""
        sample = await self.refusable()
        await self.act(self.sampler(), sample, "refuse", REFUSAL)
        notices = (await self.officer().get("/v1/special-notices", params={"sample_id": sample["id"]})).json()["items"]
        [notice] = [notice for notice in notices if notice["to_role"] == "county"]
        return sample | {"notice_id": notice["id"]}

    async def dispatched(self, form=FORM, **changes):
        sample = await self.sealed(form, **changes)
        await self.act(self.sampler(), sample, "dispatch", {"way": "自送", "dispatched_on": "2021-02-01"})
        return sample

    async def testing(self, form=FORM, **changes):
        sample = await self.received(form, **changes)
        await self.act(self.lab(), sample, "testing", {"on": "2021-02-04"})
        return sample

    async def problem(self):
        """A problem sample of risk monitoring."""
        self.keys += 1
        food = FOOD_FORM["food"] | {"task_category": "风险监测"}
        sample = await self.received(FOOD_FORM | {"sample_no": f"XBJ21620102{self.keys:09d}", "food": food})
        told = food_report(sample["sample_no"], f"P-{self.keys}", verdict="问题", report_class="一般问题报告")
        told["items"][0]["judgement"] = "问题项"
        answer = await self.push(told)
        assert answer.json()["accepted"] == 1, answer.text
        return sample

    async def kept(self):
        """A conforming sample whose free reserve is kept."""
        sample = await self.received()
        answer = await self.push(report(sample["sample_no"], f"K-{self.keys}"))
        assert answer.json()["accepted"] == 1, answer.text
        return sample

    async def transferred(self):
        """A failed sample whose reserve is on its way to L02."""
        sample = await self.received()
        answer = await self.push(failed_report(sample["sample_no"], f"T-{self.keys}"))
        assert answer.json()["accepted"] == 1, answer.text
        await self.act(self.officer(), sample, "reserve/transfer", TRANSFER)
        return sample

    async def push(self, *reports, key=None, lab="L01", **fields):
        self.keys += 1
        headers = {"Idempotency-Key": key or f"key-{self.keys}"}
        return await self.lab(lab).post("/v1/reports:batch", json={"mode": "partial", "reports": list(reports)} | fields, headers=headers)

    async def conforming(self):
        sample = await self.received()
        answer = await self.push(report(sample["sample_no"]))
        assert answer.json()["accepted"] == 1, answer.text
        return sample | {"report_id": answer.json()["results"][0]["report_id"]}

    async def failed(self, form=FORM, make=failed_report, **changes):
        sample = await self.received(form)
        answer = await self.push(make(sample["sample_no"], **changes))
        assert answer.json()["accepted"] == 1, answer.text
        return sample | {"report_id": answer.json()["results"][0]["report_id"]}

    async def photographed(self, kind="店面", shade=90):
        """A draft with one photo."""
        sample = await self.draft()
        answer = await self.photo(sample["id"], kind, jpeg(410, 300, shade=shade))
        assert answer.status_code == 201, answer.text
        return sample | {"evidence_id": answer.json()["id"]}

    async def documented(self, kind="sampling_notice", **fields):
        """A draft with one issued document."""
        sample = await self.draft()
        answer = await self.issue(sample["id"], kind, **fields)
        assert answer.status_code == 201, answer.text
        return sample | {"document_id": answer.json()["id"], "code": answer.json()["code"]}

    async def template(self):
        """A draft of a bureau with a template of its own."""
        chief = self.platform.client("chief", "chief", region=OWNER)
        answer = await chief.put("/v1/document-templates/seal", json={"source": '#import "layout.typ": *\n#show: paper\n#d.title'})
        assert answer.status_code == 200, answer.text
        return await self.draft() | {"kind": "seal"}

    async def issue(self, sample_id, kind, *, issued_on="2021-02-01", client=None, **fields):
        body = {"kind": kind, "issued_on": issued_on, "fields": fields}
        return await (client or self.officer()).post(f"/v1/samples/{sample_id}/documents", json=body)

    async def photo(self, sample_id, kind, body, *, client=None, name="a.jpg", told="image/jpeg", **fields):
        """One upload, as a telephone sends it."""
        data = {"kind": kind, "taken_at": "2021-02-01T10:00:00+08:00"} | fields
        return await (client or self.sampler()).post(f"/v1/samples/{sample_id}/evidence", files={"file": (name, body, told)}, data=data)

    async def notified(self):
        sample = await self.failed()
        for role in ("seller", "producer"):
            answer = await self.officer().post(f"/v1/samples/{sample['id']}/notices", json=NOTICE | {"party_role": role})
            assert answer.status_code == 201, answer.text
        return sample

    async def asked(self):
        """A notified failure that its laboratory wants to correct to a pass."""
        sample = await self.failed(report_no=f"A-{self.keys}")
        for role in ("seller", "producer"):
            await self.act(self.officer(), sample, "notices", NOTICE | {"party_role": role})
        wish = {"verdict": "合格", "reason": "称量记录有误", "approver": "签字人丙"}
        asked = await self.act(self.lab(), sample, "corrections", wish)
        return sample | {"correction_id": asked["id"]}

    async def evented(self):
        """The quality event of a laboratory that was allowed to change its verdict."""
        sample = await self.asked()
        chief = self.platform.client("chief", "chief", region=OWNER)
        answer = await chief.post(f"/v1/corrections/{sample['correction_id']}/approve", json={"note": "同意更正"})
        assert answer.status_code == 200, answer.text
        events = (await self.lab().get("/v1/quality-events")).json()["items"]
        return sample | {"event_id": events[0]["id"]}

    async def declared(self):
        """A report that declares the file `PDF`."""
        sample = await self.received()
        declared = report(sample["sample_no"], f"D-{self.keys}", file={"sha256": hashlib.sha256(PDF).hexdigest(), "name": "报告.pdf"})
        answer = await self.push(declared)
        assert answer.json()["accepted"] == 1, answer.text
        return sample | {"report_id": answer.json()["results"][0]["report_id"]}

    async def filed(self):
        """The same with its file."""
        sample = await self.declared()
        pdf = {"Content-Type": "application/pdf"}
        answer = await self.lab().post(f"/v1/reports/{sample['report_id']}/file", content=PDF, headers=pdf)
        assert answer.status_code == 201, answer.text
        return sample
