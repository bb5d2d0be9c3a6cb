"""Hand-written peers, forms, reports and the usual steps of a batch, for the tests of sampling."""

import copy
from uuid import UUID

from longzhi.directory.v1.directory_service_pb2 import CmaCertificate, CmaScope, GetLaboratoryResponse
from longzhi.planning.v1.planning_service_pb2 import GetTaskResponse, ListSchemesResponse, Scheme, SchemeItem, Task

from common.errors import NotFound
from sampling.clients import Clients

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


class FakeDirectory:
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


def make_clients(receipt_key):
    return Clients(FakeDirectory(), FakePlanning(), 5.0, receipt_key)


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
                "standard": "GB 18580-2017", "catalogue_code": "HD-01", "control_type": "无", "certificate_no": "/", "unit_price_fen": 9800},
    "quantity": "4", "reserve_quantity": "2", "base_quantity": "100", "unit": "张", "reserve_place": "检验机构", "sampled_on": "2021-02-01",
    "samplers": [{"name": "抽样员丁", "certificate_no": "S001"}, {"name": "抽样员戊", "certificate_no": "S002"}], "officers": ["Z001"],
    "place": "专业市场(建材)", "remark": "",
}  # fmt: skip
FOOD_FORM = FORM | {
    "programme": "食品", "task_id": str(FOOD_TASK), "sample_no": "XBJ21620102000010001",
    "product": FORM["product"] | {"name": "小麦粉", "catalogue_code": "0101", "standard": "GB/T 1355-2021"},
    "food": {"food_class": ["粮食加工品", "小麦粉"]},
}  # fmt: skip
SEAL = {"sealed_on": "2021-02-01", "seal_no": "F001", "reserve_seal_no": "F002"}
CHECKS = {"seal": "ok", "packing": "ok", "quantity": "ok", "information": "ok", "storage": "ok"}
RECEIPT = {"received_on": "2021-02-03", "checks": CHECKS, "decision": "accept", "reasons": []}
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


class Batch:
    """One batch's way through the API, with the callers who take it there."""

    def __init__(self, platform):
        self.platform = platform
        self.keys = 0

    def sampler(self, region=OWNER):
        return self.platform.client("sampler", "sampler", region=region)

    def officer(self, region=OWNER):
        return self.platform.client("officer", "officer", region=region)

    def lab(self, code="L01"):
        return self.platform.client(f"lab-{code}", "laboratory", laboratory=code)

    async def draft(self, form=FORM, **changes):
        answer = await self.sampler().post("/v1/samples", json=form | changes)
        assert answer.status_code == 201, answer.text
        return answer.json()

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

    async def notified(self):
        sample = await self.failed()
        for role in ("seller", "producer"):
            answer = await self.officer().post(f"/v1/samples/{sample['id']}/notices", json=NOTICE | {"party_role": role})
            assert answer.status_code == 201, answer.text
        return sample
