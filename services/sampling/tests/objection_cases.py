"""Steps of an objection and a re-inspection through the public API, and the peers that they ask."""

from uuid import UUID

from longzhi.directory.v1.directory_service_pb2 import CmaCertificate, CmaScope, GetLaboratoryResponse, ListLaboratoriesResponse
from longzhi.experts.v1.experts_service_pb2 import Draw, DrawPanelResponse

METHOD = "GB/T 17657-2013 4.60"
SERVED = {"method": "直接送达", "served_on": "2021-03-01", "receipt_no": "HZ-1", "signed_by": "王某"}
DENIAL = {
    "party_role": "producer", "kind": "样品真实性", "reason": "非本企业生产", "applied_on": "2021-03-05", "contact": "李某", "phone": "13900005678",
}  # fmt: skip
RETEST = {"party_role": "seller", "kind": "检验结论(复检)", "items": ["甲醛释放量"], "reason": "对检验结论有异议", "applied_on": "2021-03-05"}
HANDOVER = {"on": "2021-03-12", "seal_no": "F002", "seal_intact": True, "note": "完好", "photos": []}
DRAW_ID = UUID("01900000-0000-7000-8000-0000000000dd")


def laboratories(codes=("L01", "L02"), method=METHOD):
    """Laboratories that may test formaldehyde."""
    held = CmaCertificate(cma_no="182800340123", valid_from="2018-05-10", valid_to="2024-05-09")
    scope = [CmaScope(item=item, method=method) for item in ("甲醛释放量", "含水率", "灰分")]
    return [GetLaboratoryResponse(code=code, name=f"机构{code}", certificates=[held], scope=scope) for code in codes]


class FakeExperts:
    """Draws one panel, whatever is asked, and remembers it."""

    def __init__(self):
        self.asked = []

    async def DrawPanel(self, request, timeout, metadata):
        assert timeout > 0 and dict(metadata)["authorization"].startswith("Bearer ")
        self.asked.append(request)
        return DrawPanelResponse(draw=Draw(draw_id=str(DRAW_ID)))


class KnowsLaboratories:
    """The directory's answer for a draw."""

    codes: tuple[str, ...] = ("L01", "L02")
    method = METHOD

    async def ListLaboratories(self, request, timeout, metadata):
        return ListLaboratoriesResponse(laboratories=laboratories(self.codes, self.method))


def second_report(sample_no, result="0.10", report_no="FJ-2021-1", **changes):
    """What the re-inspection laboratory sends: one disputed item."""
    failed = float(result) > 0.124
    item = {
        "item": "甲醛释放量", "result": result, "unit": "mg/m³", "judgement": "不合格项" if failed else "合格项", "method": METHOD,
        "limit_source": "GB 18580-2017", "max": "0.124", "limit_unit": "mg/m³", "lod": "0.01", "lod_unit": "mg/m³",
    }  # fmt: skip
    fields = {
        "sample_no": sample_no, "report_no": report_no, "report_class": "一般不合格报告" if failed else "合格报告", "cma_no": "182800340123",
        "received_on": "2021-03-12", "tested_from": "2021-03-13", "tested_to": "2021-03-15", "issued_on": "2021-03-16", "tested_by": ["检验员己"],
        "reviewed_by": "审核员庚", "approved_by": "签字人辛", "conclusion": "复检", "verdict": "不合格" if failed else "合格", "items": [item],
    }  # fmt: skip
    return fields | changes


class Disputes:
    """Mixed into the steps of a batch."""

    async def told(self, **changes):
        """A failed batch of which both parties have been served."""
        self.keys += 1
        sample = await self.failed(report_no=f"O-{self.keys}", **changes)
        for role in ("seller", "producer"):
            await self.act(self.officer(), sample, "notices", SERVED | {"party_role": role})
        return sample

    async def objected(self, body=DENIAL, sample=None):
        """An application about a batch whose parties have been served."""
        sample = sample or await self.told()
        case = await self.act(self.officer(), sample, "objections", body)
        return sample | {"case_id": case["id"], "case": case}

    async def step(self, made, what, **body):
        """One act on an application, which must succeed."""
        answer = await self.officer().post(f"/v1/objections/{made['case_id']}/{what}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def incomplete(self):
        made = await self.objected()
        await self.step(made, "ask", on="2021-03-08", missing="营业执照复印件")
        return made

    async def admitted(self, body=DENIAL):
        """An accepted objection."""
        made = await self.objected(body)
        await self.step(made, "accept", on="2021-03-09")
        return made

    async def requested(self):
        """An accepted request for re-inspection."""
        return await self.admitted(RETEST)

    async def retested(self):
        """An accepted request for re-inspection with the formalities done."""
        made = await self.admitted(RETEST)
        await self.step(made, "formalities", on="2021-03-10", fee_fen=120000)
        return made

    async def lotted(self):
        """The laboratory is drawn: L02."""
        made = await self.retested()
        drawn = await self.step(made, "draw-laboratory", on="2021-03-11")
        assert drawn["drawn"] == "L02", drawn
        case = (await self.officer().get(f"/v1/objections/{made['case_id']}")).json()
        return made | {"reinspection_id": case["reinspection"]["id"]}

    async def handed(self):
        """The reserve sample is at L02."""
        made = await self.lotted()
        await self.step(made, "handover", **HANDOVER)
        return made

    async def answered(self, result="0.10"):
        """The re-inspection report is in."""
        made = await self.handed()
        self.keys += 1
        body = second_report(made["sample_no"], result, f"FJ-{self.keys}")
        answer = await self.lab("L02").post(f"/v1/reinspections/{made['reinspection_id']}/report", json=body)
        assert answer.status_code == 200, answer.text
        return made

    async def settled(self):
        """A decided objection."""
        made = await self.admitted()
        await self.step(made, "decide", on="2021-04-01", sustained=False, grounds="样品来源可溯")
        return made

    async def food_told(self):
        """A failed food batch of which both parties have been served."""
        self.keys += 1
        numbers = {"sample_no": f"XBJ21620102{self.keys + 500:09d}"}
        sample = await self.failed(self.food_form() | numbers, self.food_failure(), report_no=f"FT-{self.keys}")
        for role in ("seller", "producer"):
            await self.act(self.officer(), sample, "notices", SERVED | {"party_role": role})
        return sample

    async def food_admitted(self):
        """An accepted objection about food: F20 runs."""
        made = await self.objected(DENIAL, await self.food_told())
        await self.step(made, "accept", on="2021-03-09")
        return made

    async def food_retested(self):
        """An accepted request for re-inspection of food: F10 runs."""
        made = await self.objected(RETEST | {"items": ["灰分"]}, await self.food_told())
        await self.step(made, "accept", on="2021-03-08")
        return made

    async def linked(self):
        """A party's link and code."""
        sample = await self.told()
        link = await self.act(self.officer(), sample, "party-links", {"party_role": "seller"})
        return sample | {"token": link["token"], "code": link["code"], "link": link}
