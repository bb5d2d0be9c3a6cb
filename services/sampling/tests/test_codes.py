"""Code lists: what the domain names is there, and every list is asked on a day."""

from datetime import date, timedelta

import pytest

from sampling.rules.codes import LISTS, codes_on, food_child, has_food_children, is_in_force, known_codes, parents_of
from sampling.rules.codes_shape import Code, CodeList
from sampling.rules.custody import AbsenceReason, RefusalReason

DAY = date(2021, 6, 1)


@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_list_is_whole(name):
    found = LISTS[name]
    assert found.title and found.source and found.codes
    keys = [(code.code, code.parent, code.since) for code in found.codes]
    assert len(set(keys)) == len(keys)
    assert all(code.until is None or code.since <= code.until for code in found.codes)
    assert len(known_codes(name)) == len(set(known_codes(name)))


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("stage", "生产 流通 餐饮"), ("area_type", "城市 乡村 景区"), ("sample_origin", "外购 加工自制 委托生产 其他"),
        ("task_category", "监督抽检 风险监测 抽检监测 评价性抽检"), ("item_judgement", "合格项 不合格项 问题项 未检验"),
        ("batch_verdict", "QUALIFIED UNQUALIFIED SERIOUS PROBLEM TEST_IMPOSSIBLE"), ("risk_level", "S H M L"),
        ("final_conclusion", "UPHELD OVERTURNED NOT_OWN_PRODUCT REINSPECTION_ENDED"), ("sampling_mode", "1 2 3 4"), ("result_kind", "1 2 3 4 5 6"),
        ("control_measure", "STOP_SALE SEAL DETAIN CONFISCATE RECALL DESTROY STOP_PRODUCTION SITE_NOTICE"),
        ("case_result", "FINE CONFISCATE WARNING NO_PENALTY EXEMPT TRANSFER_POLICE TRANSFER_DEPT TRANSFER_REGION"),
        ("firm_size", "大 中 小 微"), ("licence_status", "有效 过期 注销 撤销 吊销 暂扣"), ("control_type", "生产许可证 CCC 无"),
    ],
)  # fmt: skip
def test_the_domains_codes_are_there(name, codes):
    assert [code.code for code in codes_on(name, DAY)] == codes.split()


def test_reasons_are_those_that_the_acts_take():
    assert set(known_codes("refusal_reason")) == set(RefusalReason)
    assert set(known_codes("absence_reason")) == set(AbsenceReason)


def test_the_food_tree_has_34_classes_and_the_licences_32_in_another_order():
    first = [code.zh for code in codes_on("food_class", DAY) if not code.parent]
    licences = [code.zh for code in codes_on("food_licence_class", DAY)]
    assert (len(first), len(licences)) == (34, 32)
    assert first[:27] == licences[:27] and first[27] == "特殊膳食食品" and licences[27] == "特殊医学用途配方食品"


def test_the_tree_goes_down_four_levels():
    parent = ""
    for name in ("调味品", "调味料酒", "调味料酒", "料酒"):
        found = food_child(parent, name, DAY)
        assert found is not None and found.parent == parent
        parent = found.code
    assert len(parent) == 8 and not has_food_children(parent, DAY)
    assert food_child("", "面粉", DAY) is None


@pytest.mark.parametrize(
    ("on", "count"), [(date(2018, 1, 1), 0), (date(2019, 9, 7), 0), (date(2019, 9, 8), 10), (date(2021, 6, 1), 10), (date(2024, 6, 1), 14)]
)  # fmt: skip
def test_the_licence_catalogue_is_the_one_of_the_day(on, count):
    assert len(codes_on("industrial_licence", on)) == count


def test_a_code_ends_after_its_last_day():
    found = CodeList("x", "x", "x", (Code("a", "甲", until=DAY), Code("b", "乙", since=DAY + timedelta(1))))
    assert [c.code for c in found.codes if c.is_in_force(DAY)] == ["a"]
    assert [c.code for c in found.codes if c.is_in_force(DAY + timedelta(1))] == ["b"]


@pytest.mark.parametrize(
    ("venue", "stages"), [("超市", {"流通"}), ("成品库(已检区)", {"生产"}), ("其他", {"流通", "餐饮"}), ("中央厨房", {"餐饮"}), ("集市", set())]
)
def test_a_venue_belongs_to_its_stages(venue, stages):
    assert parents_of("venue", venue, DAY) == stages
    assert is_in_force("venue", venue, DAY) is bool(stages)


async def test_lists_are_read_by_everybody_on_a_day(platform):
    client = platform.client()
    names = [row["name"] for row in (await client.get("/v1/codes")).json()["items"]]
    assert set(names) == set(LISTS)
    for on, count in (("2021-01-01", 10), ("2025-01-01", 14)):
        body = (await client.get("/v1/codes/industrial_licence", params={"on": on})).json()
        assert (body["on"], len(body["items"])) == (on, count)
    assert (await client.get("/v1/codes/stage")).json()["items"][0]["code"] == "生产"


@pytest.mark.parametrize(
    ("path", "code"), [("nothing", "value_unknown"), ("stage?on=2021-2-1", "date_format"), ("stage?on=1980-01-01", "date_range")]
)  # fmt: skip
async def test_a_question_that_cannot_be_right_is_refused(platform, path, code):
    answer = await platform.client().get(f"/v1/codes/{path}")
    assert (answer.status_code, answer.json()["code"]) == (422, code)
