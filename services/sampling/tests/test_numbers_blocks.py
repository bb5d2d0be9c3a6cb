"""Blocks of product numbers for devices: reserved for good, never shared, used once, given back in sight of everybody."""

import asyncio
from datetime import date

import pytest
from sampling_cases import FOOD_FORM, FORM, NEIGHBOUR

from common.today import today
from sampling.rules.blocks import block_prefix, check_own_number, list_unused, split_number

ORDER = {"device": "pad-07", "count": 5, "level": "S", "year": 2021}
PREFIX = "SCP21620102A001"


@pytest.fixture(autouse=True)
def this_year(platform):
    """Forms of these tests are of 2021, so the day is one of 2021."""
    platform.app.dependency_overrides[today] = lambda: date(2021, 6, 1)


async def reserve(batch, **changes):
    return await batch.sampler().post("/v1/number-blocks", json=ORDER | changes)


@pytest.mark.parametrize(
    ("text", "own"),
    [("SCP21620102A00100042", (PREFIX, 42)), ("XCP21620102A00199999", ("XCP21620102A001", 99999)), ("GC1600333159", None), ("", None)],
)
def test_an_own_number_comes_apart(text, own):
    assert split_number(text) == own


def test_what_is_left_of_a_block_is_in_order():
    assert list_unused(PREFIX, range(1, 5), {f"{PREFIX}00002"}) == [f"{PREFIX}00001", f"{PREFIX}00003", f"{PREFIX}00004"]
    assert block_prefix("D", 2026, "620100", "A001") == "DCP26620100A001"
    assert [p.code for p in check_own_number("DCP21620102A00100001", PREFIX)] == ["sample_no_given"]
    assert check_own_number(f"{PREFIX}00001", PREFIX) == []


async def test_a_block_is_consecutive_and_the_counter_goes_on_behind_it(platform, batch):
    first = await reserve(batch)
    assert first.status_code == 201, first.text
    body = first.json()
    assert (body["first"], body["last"], body["count"], body["device"]) == (f"{PREFIX}00001", f"{PREFIX}00005", 5, "pad-07")
    assert body["unused"] == [f"{PREFIX}{n:05d}" for n in range(1, 6)]
    assert (await batch.draft())["sample_no"] == f"{PREFIX}00006"
    assert (await reserve(batch, device="pad-08")).json()["first"] == f"{PREFIX}00007"
    assert [r["act"] for r in await platform.rows("SELECT act FROM audit_entry ORDER BY seq")].count("numbers.reserve") == 2


async def test_two_devices_at_once_never_share_a_number(batch):
    given = []
    for turn in range(4):
        answers = await asyncio.gather(*(reserve(batch, device=f"pad-{turn}-{n}", count=40) for n in range(3)), batch.draft())
        given += [number for answer in answers[:3] for number in answer.json()["unused"]] + [answers[3]["sample_no"]]
    assert len(given) == len(set(given)) == 4 * (3 * 40 + 1)


async def test_a_form_written_offline_comes_in_once_under_its_number(platform, batch):
    block = (await reserve(batch)).json()
    form = FORM | {"sample_no": f"{PREFIX}00003"}
    sample = await batch.draft(form)
    assert sample["sample_no"] == f"{PREFIX}00003"
    again = await batch.sampler().post("/v1/samples", json=form)
    assert (again.status_code, again.json()["code"]) == (409, "number_used")
    shown = (await batch.officer("62").get(f"/v1/number-blocks/{block['id']}")).json()
    assert shown["unused"] == [f"{PREFIX}{n:05d}" for n in (1, 2, 4, 5)]
    assert await platform.rows("SELECT taken FROM task_progress") == [{"taken": 1}]


async def test_the_same_offline_form_at_the_same_moment_is_kept_once(platform, batch):
    await reserve(batch)
    form = FORM | {"sample_no": f"{PREFIX}00001"}
    answers = await asyncio.gather(*(batch.sampler().post("/v1/samples", json=form) for _ in range(4)))
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409]
    assert len(await platform.rows("SELECT 1 FROM sample")) == 1


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        (f"{PREFIX}00006", 422, "number_not_reserved"),
        ("SCP20620102A00100001", 422, "sample_no_given"), ("DCP21620102A00100001", 422, "sample_no_given"),
        ("SCP21620103A00100001", 422, "sample_no_given"), ("XBJ21620102000010001", 422, "sample_no_given"),
    ],
)  # fmt: skip
async def test_a_number_that_is_not_of_the_bureaus_block_is_refused(platform, batch, number, status, code):
    await reserve(batch)
    answer = await batch.sampler().post("/v1/samples", json=FORM | {"sample_no": number})
    assert (answer.status_code, answer.json()["code"], answer.json()["pointer"]) == (status, code, "/sample_no")
    assert await platform.rows("SELECT 1 FROM sample") == []


async def test_a_given_back_block_is_void_and_stays_in_sight(platform, batch):
    block = (await reserve(batch)).json()
    await batch.draft(FORM | {"sample_no": f"{PREFIX}00001"})
    url = f"/v1/number-blocks/{block['id']}"
    for _ in range(2):
        answer = await batch.sampler().post(f"{url}/return")
        assert (answer.status_code, answer.json()["unused"][0]) == (200, f"{PREFIX}00002")
        assert answer.json()["returned_by"] == "sampler"
    late = await batch.sampler().post("/v1/samples", json=FORM | {"sample_no": f"{PREFIX}00002"})
    assert (late.status_code, late.json()["code"]) == (409, "number_returned")
    assert (await batch.draft())["sample_no"] == f"{PREFIX}00006", "a void number is not issued again"
    listed = (await batch.officer("62").get("/v1/number-blocks", params={"device": "pad-07"})).json()["items"]
    assert [(b["id"], b["returned_by"]) for b in listed] == [(block["id"], "sampler")]
    assert len(await platform.rows("SELECT 1 FROM audit_entry WHERE act = 'numbers.return'")) == 1


async def test_blocks_stay_inside_their_bureau(batch):
    block = (await reserve(batch)).json()
    url = f"/v1/number-blocks/{block['id']}"
    assert (await batch.sampler(NEIGHBOUR).get(url)).status_code == 404
    assert (await batch.sampler(NEIGHBOUR).post(f"{url}/return")).status_code == 404
    assert (await batch.sampler("62").post(f"{url}/return")).status_code == 404, "a superior reads, it does not write"
    assert (await batch.sampler(NEIGHBOUR).get("/v1/number-blocks")).json()["items"] == []
    other = (await batch.sampler(NEIGHBOUR).post("/v1/number-blocks", json=ORDER)).json()
    assert other["first"] == "SCP21620103A00100001"


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"count": 201}, "number_range", "/count"), ({"count": 0}, "number_range", "/count"), ({"count": "5"}, "field_type", "/count"),
        ({"count": True}, "field_type", "/count"), ({"device": ""}, "text_empty", "/device"), ({"device": "a b"}, "format", "/device"),
        ({"level": "Q"}, "value_unknown", "/level"), ({"year": 2018}, "year_range", "/year"), ({"year": 21}, "number_range", "/year"),
        ({"more": 1}, "field_unknown", "/more"),
    ],
)  # fmt: skip
async def test_an_order_that_cannot_be_right_is_refused(platform, batch, change, code, pointer):
    answer = await reserve(batch, **change)
    assert (answer.status_code, answer.json()["code"], answer.json()["pointer"]) == (422, code, pointer)
    assert await platform.rows("SELECT 1 FROM number_block") == [] == await platform.rows("SELECT 1 FROM sample_counter")


async def test_a_block_that_does_not_fit_into_the_year_is_refused_whole(platform, batch):
    await reserve(batch)
    await platform.rows("UPDATE sample_counter SET last = 99997")
    answer = await reserve(batch, count=3)
    assert (answer.status_code, answer.json()["code"]) == (409, "numbers_exhausted")
    assert (await reserve(batch, count=2)).json()["last"] == f"{PREFIX}99999"


async def test_a_number_of_ours_cannot_be_changed(batch):
    await reserve(batch)
    sample = await batch.draft(FORM | {"sample_no": f"{PREFIX}00001"})
    url = f"/v1/samples/{sample['id']}"
    assert (await batch.sampler().put(url, json=FORM | {"sample_no": f"{PREFIX}00001"})).status_code == 200
    assert (await batch.sampler().put(url, json=FORM)).json()["sample_no"] == f"{PREFIX}00001"
    other = await batch.sampler().put(url, json=FORM | {"sample_no": f"{PREFIX}00002"})
    assert (other.status_code, other.json()["code"]) == (422, "number_fixed")


async def test_food_numbers_are_the_nations_and_unique(batch):
    await batch.draft(FOOD_FORM)
    again = await batch.sampler().post("/v1/samples", json=FOOD_FORM)
    assert (again.status_code, again.json()["code"]) == (409, "already_exists")
