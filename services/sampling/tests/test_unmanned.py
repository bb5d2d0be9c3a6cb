"""Food from a vending machine or an unmanned shop follows the online rules (O15 art. 54); a market's organiser is named on the form."""

import pytest
from form_cases import _PURCHASE, changed
from sampling_cases import FOOD_FORM, FORM, SEAL, food_report

_PARCEL = ("shop_name", "url", "goods_id", "ordered_at", "signed_at", "account", "ship_to", "shipped_from", "carrier", "tracking_no")
MACHINE = {name: value for name, value in _PURCHASE.items() if name not in _PARCEL} | {"machine": "SH-0007，某写字楼一层大厅"}
UNMANNED = FOOD_FORM | {"venue": "自动售货机", "online": MACHINE}
MARKET = {"name": "东方农贸市场管理有限公司", "uscc": "91620102MA700000XE", "address": "兰州市城关区某路2号"}


async def faults(batch, form):
    answer = await batch.sampler().post("/v1/samples", json=form)
    body = answer.json()
    return answer.status_code, {(one["code"], one["pointer"]) for one in body.get("problems") or ()}


@pytest.mark.parametrize("venue", ["自动售货机", "无人售货商店"])
async def test_a_machine_needs_no_parcel_but_all_that_proves_the_purchase(batch, venue):
    status, found = await faults(batch, UNMANNED | {"venue": venue})
    assert (status, found) == (201, set())


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"online/machine": ...}, "field_required", "/online/machine"),
        ({"online/order_no": ...}, "field_required", "/online/order_no"),
        ({"online/pay_account": ...}, "field_required", "/online/pay_account"),
        ({"online/platform_uscc": ...}, "field_required", "/online/platform_uscc"),
        ({"online/seal_no": ...}, "field_required", "/online/seal_no"),
        ({"online/unpackers/0/certificate_no": "S003"}, "buyer_unpacks", "/online/unpackers/0"),
        ({"venue": "超市"}, "section_not_needed", "/online"),
        ({"market": {"name": "某市场", "uscc": "91620102MA700000XX"}}, "uscc_check", "/market/uscc"),
    ],
)
async def test_what_a_machines_form_must_say(batch, change, code, pointer):
    status, found = await faults(batch, changed(UNMANNED, change))
    assert status == 422 and (code, pointer) in found, found


async def test_without_the_purchase_a_machines_form_is_not_one_and_a_real_parcel_still_needs_its_own(batch):
    _, found = await faults(batch, {name: part for name, part in UNMANNED.items() if name != "online"})
    assert ("field_required", "/online/paid_at") in found and ("field_required", "/online/url") not in found
    _, found = await faults(batch, UNMANNED | {"venue": "网购"})
    assert {("field_required", f"/online/{name}") for name in _PARCEL} <= found


async def test_the_bureau_of_who_runs_the_machine_is_told_with_the_seals(batch):
    sample = await batch.draft(UNMANNED)
    assert (await batch.sampler().post(f"/v1/samples/{sample['id']}/seal", json=SEAL)).status_code == 200
    told = (await batch.officer("620200"[:4]).get("/v1/special-notices")).json()["items"]
    assert [(one["kind"], one["to_role"]) for one in told] == [("online", "platform")]


async def test_a_products_form_takes_no_machine_rule_and_no_market(batch):
    status, found = await faults(batch, FORM | {"venue": "自动售货机"})
    assert status == 201, found
    _, found = await faults(batch, FORM | {"market": MARKET})
    assert any(code == "field_not_of_form" for code, _ in found)


async def test_the_markets_organiser_named_on_the_form_must_be_told_and_the_laboratory_does_not_see_it(batch):
    sample = await batch.failed(FOOD_FORM | {"market": MARKET}, food_report)
    due = (await batch.officer().get("/v1/notices:due")).json()["items"]
    [mine] = [one for one in due if one["sample_id"] == sample["id"]]
    assert MARKET["name"] in str(mine)
    seen = (await batch.lab().get(f"/v1/samples/{sample['id']}")).json()
    assert MARKET["name"] not in str(seen) and seen["final_conclusion"] is None
