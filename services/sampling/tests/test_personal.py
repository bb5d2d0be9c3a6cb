"""Personal fields of forms: sealed at rest, masked in every answer, shown for a reason that the owner's audit trail keeps."""

import json

import pytest
from form_cases import ONLINE
from sampling_cases import ELSEWHERE, FOOD_FORM, FORM, NEIGHBOUR

from common import vault
from common.region import Region
from sampling.actions.personal import clear_form, open_values, seal_values
from sampling.models import Sample
from sampling.rules.fields import private_fields
from sampling.rules.personal import kept_values, mask, masked_form, opened_form, personal_values

ROOT = "cd" * 32
PERSONAL = {
    "/sampled_party/contact": "王某", "/sampled_party/phone": "13800001234", "/online/pay_account": "6222000000001234",
    "/online/account": "buyer20210125",
    "/online/ship_to": "兰州市城关区某路9号某单位收发室", "/online/phone": "13900005678",
}  # fmt: skip


def test_what_the_law_calls_personal_is_private():
    assert {p.rpartition("/")[2] for p in private_fields()} == {
        "legal_person", "contact", "phone", "id_no", "email", "pay_account", "account", "ship_to",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("phone", "13800001234", "138****1234"), ("phone", "8888", "****"),
        ("id_no", "11010519491231002X", "110****002X"), ("contact", "王某", "王*"),
        ("legal_person", "张三丰", "张**"), ("email", "someone@example.com", "s***@example.com"),
        ("ship_to", "兰州市城关区某路9号", "兰州市城关区****"),
        ("pay_account", "6222000000001234", "622****1234"), ("account", "buyer", "*****"),
    ],
)  # fmt: skip
def test_a_mask_tells_little_and_masking_twice_changes_nothing(name, value, shown):
    assert mask(name, value) == shown
    assert mask(name, shown) == shown


def test_a_form_is_taken_apart_and_put_together():
    values = personal_values(ONLINE)
    assert values == PERSONAL
    stored = masked_form(ONLINE)
    assert not any(value in json.dumps(stored, ensure_ascii=False) for value in PERSONAL.values())
    assert opened_form(stored, values) == ONLINE
    assert ONLINE["sampled_party"]["phone"] == "13800001234", "the document that came in is not touched"


def test_a_slash_is_nobodys_secret():
    assert "/producer/phone" not in personal_values(FORM | {"producer": FORM["producer"] | {"phone": "/"}})


def test_a_mask_that_comes_back_keeps_what_lies_behind_it():
    stored = masked_form(ONLINE)
    again = opened_form(stored, {"/sampled_party/phone": "13911112222"})
    assert kept_values(again, stored, PERSONAL) == PERSONAL | {"/sampled_party/phone": "13911112222"}


def test_sealed_values_open_only_for_their_owner_and_form():
    sample = Sample(id="01900000-0000-7000-8000-000000000009", region_code="620102", form=masked_form(ONLINE))
    sample.personal = seal_values(ROOT, Region("620102"), sample.id, PERSONAL)
    assert open_values(ROOT, sample) == PERSONAL
    assert clear_form(ROOT, sample) == ONLINE
    for change in ({"region_code": "620103"}, {"id": "01900000-0000-7000-8000-000000000008"}):
        moved = Sample(**{"id": sample.id, "region_code": "620102", "form": sample.form, "personal": sample.personal} | change)
        with pytest.raises(ValueError, match="another"):
            open_values(ROOT, moved)
    with pytest.raises(ValueError, match="another"):
        vault.unseal(vault.keys_of("ab" * 32, Region("620102")), f"{sample.id}:form", sample.personal)


async def test_no_personal_value_lies_in_the_database_in_clear(platform, batch):
    await batch.draft(ONLINE)
    tables = ("sample", "audit_entry", "outbox", "idempotency_key", "sample_gram")
    dumps = [await platform.rows(f"SELECT t::text AS row FROM {table} AS t") for table in tables]
    text = json.dumps(dumps, ensure_ascii=False)
    assert [value for value in PERSONAL.values() if value in text] == []
    [sealed] = await platform.rows("SELECT octet_length(personal) AS n FROM sample")
    assert sealed["n"] > 100


async def test_answers_are_masked_for_everybody(batch):
    sample = await batch.draft(ONLINE)
    for client in (batch.sampler(), batch.officer(), batch.officer("62")):
        for url in (f"/v1/samples/{sample['id']}", "/v1/samples", f"/v1/samples/{sample['id']}/print"):
            text = (await client.get(url)).text
            assert "138****1234" in text
            assert [value for value in PERSONAL.values() if value in text] == [], url


async def test_unmasking_gives_a_reason_to_the_owners_audit_trail(platform, batch):
    sample = await batch.draft(ONLINE)
    url = f"/v1/samples/{sample['id']}/unmask"
    for region in ("620102", "62"):
        answer = await batch.officer(region).post(url, json={"reason": "送达检验结果"})
        assert (answer.status_code, answer.json()["values"], answer.headers["cache-control"]) == (200, PERSONAL, "no-store")
    rows = await platform.rows("SELECT region_code, actor, details FROM audit_entry WHERE act = 'sample.unmask' ORDER BY seq")
    assert [(r["region_code"], r["actor"], json.loads(r["details"])) for r in rows] == [
        ("620102", "officer", {"reason": "送达检验结果", "by": region}) for region in ("620102", "62")
    ]
    assert "13800001234" not in str(rows)


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        ({}, {}, "field_missing"), ({"reason": " "}, {}, "text_empty"), ({"reason": "x" * 301}, {}, "text_length"),
        ({"reason": "送达"}, {"Idempotency-Key": "k"}, "idempotency_key"),
    ],
)  # fmt: skip
async def test_unmasking_without_a_reason_or_with_a_kept_answer_is_refused(platform, batch, body, headers, code):
    sample = await batch.draft(ONLINE)
    answer = await batch.officer().post(f"/v1/samples/{sample['id']}/unmask", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await platform.rows("SELECT 1 FROM audit_entry WHERE act = 'sample.unmask'") == []


async def test_neither_neighbours_nor_laboratories_nor_granted_bureaus_unmask(platform, batch):
    sample = await batch.draft(ONLINE)
    await platform.rows(
        "INSERT INTO row_grant (region_code, kind, row_id, grantee_code, basis, expires_on) VALUES ('620102', 'sample', $1, $2, 'x', '2099-01-01')",
        sample["id"], ELSEWHERE,
    )  # fmt: skip
    assert (await batch.officer(ELSEWHERE).get(f"/v1/samples/{sample['id']}")).status_code == 200
    assert [s["id"] for s in (await batch.officer(ELSEWHERE).get("/v1/samples")).json()["items"]] == [sample["id"]]
    for client, status in ((batch.officer(NEIGHBOUR), 404), (batch.officer(ELSEWHERE), 404), (batch.lab(), 403)):
        assert (await client.post(f"/v1/samples/{sample['id']}/unmask", json={"reason": "x"})).status_code == status


async def test_a_changed_form_keeps_masked_values_and_takes_new_ones(batch):
    sample = await batch.draft(ONLINE)
    form = sample["form"] | {"sampled_party": sample["form"]["sampled_party"] | {"phone": "13911112222"}}
    answer = await batch.sampler().put(f"/v1/samples/{sample['id']}", json=form)
    assert answer.status_code == 200, answer.text
    values = (await batch.officer().post(f"/v1/samples/{sample['id']}/unmask", json={"reason": "核对"})).json()["values"]
    assert values == PERSONAL | {"/sampled_party/phone": "13911112222"}


async def test_a_form_from_before_the_sealing_is_masked_and_can_be_unmasked(platform, batch):
    sample = await batch.draft(FORM)
    await platform.rows("UPDATE sample SET personal = NULL, form = jsonb_set(form, '{sampled_party,phone}', '\"13800001234\"')")
    assert (await batch.officer().get(f"/v1/samples/{sample['id']}")).json()["form"]["sampled_party"]["phone"] == "138****1234"
    values = (await batch.officer().post(f"/v1/samples/{sample['id']}/unmask", json={"reason": "核对"})).json()["values"]
    assert values["/sampled_party/phone"] == "13800001234"


async def test_an_id_number_is_sealed_too(platform, batch):
    seller = FOOD_FORM["sampled_party"] | {"uscc": "/", "stall": "12号", "id_no": "11010519491231002X"}
    form = FOOD_FORM | {"sampled_party": seller, "venue": "农贸市场", "food": FOOD_FORM["food"] | {"sample_type": "食用农产品"}}
    sample = await batch.draft(form)
    assert sample["form"]["sampled_party"]["id_no"] == "110****002X"
    assert "11010519491231002X" not in str(await platform.rows("SELECT form::text FROM sample"))
