"""K1 and K3: evaluative sampling is counted apart, risk monitoring has no pass rate, every area sees its own sums."""

import pytest
from sampling_cases import FOOD_FORM, food_report

from sampling.rules.form import TaskCategory
from sampling.rules.pass_rates import Counted, rates

UNTIL = {"from": "2021-01-01", "to": "2021-12-31"}
S, M, R, E = (
    category.value for category in (TaskCategory.SUPERVISION, TaskCategory.MONITORING, TaskCategory.RISK_MONITORING, TaskCategory.EVALUATION)
)


@pytest.mark.parametrize(
    ("rows", "supervision", "evaluation", "found"),
    [
        ([], None, None, (0, 0, None)),
        ([Counted(S, 3, 1, 0)], "75.00", None, (1, 4, "25.00")),
        ([Counted(S, 2, 1, 0), Counted(M, 1, 0, 0)], "75.00", None, (1, 4, "25.00")),
        ([Counted(E, 9, 1, 0)], None, "90.00", (0, 0, None)),
        ([Counted(S, 1, 1, 0), Counted(E, 9, 1, 0)], "50.00", "90.00", (1, 2, "50.00")),
        ([Counted(S, 3, 0, 0), Counted(R, 0, 0, 1)], "100.00", None, (1, 4, "25.00")),
        ([Counted(R, 2, 0, 1)], None, None, (1, 3, "33.33")),
    ],
)
def test_kinds_of_sampling_are_never_mixed(rows, supervision, evaluation, found):
    told = rates(rows)
    assert (told.supervision_rate, told.evaluation_rate, (told.found, told.found_of, told.found_rate)) == (supervision, evaluation, found)


async def test_evaluative_sampling_has_its_own_rate_by_class_and_area(batch):
    await batch.failed(FOOD_FORM, food_report)
    number = "XBJ21620102000000901"
    evaluative = FOOD_FORM | {"food": FOOD_FORM["food"] | {"task_category": "评价性抽检"}, "sample_no": number}
    await batch.failed(evaluative, lambda sample_no, **more: food_report(sample_no, "GSZJ-F-2", **more))
    seen = {}
    for region in ("620102", "6201", "62", "620103", "6202"):
        seen[region] = (await batch.officer(region).get("/v1/pass-rates", params=UNTIL)).json()["items"]
    [row] = seen["620102"]
    assert (row["supervision_rate"], row["evaluation_rate"], row["found_rate"]) == ("0.00", "0.00", "100.00")
    assert (row["supervision"]["failed"], row["evaluation"]["failed"], row["found"], row["found_of"]) == (1, 1, 1, 1)
    assert seen["6201"] == seen["62"] == [row] and seen["620103"] == seen["6202"] == []
    keys = {}
    for by in ("class", "prefecture", "county"):
        items = (await batch.officer("62").get("/v1/pass-rates", params=UNTIL | {"group_by": by})).json()["items"]
        keys[by] = [item["key"] for item in items]
    assert (keys["prefecture"], keys["county"]) == (["6201"], ["620102"]) and keys["class"] == FOOD_FORM["food"]["food_class"][:1]
    before = {"from": "2020-01-01", "to": "2020-12-31"}
    assert (await batch.officer().get("/v1/pass-rates", params=before)).json()["items"] == []


@pytest.mark.parametrize(("days", "code"), [(("2021-02-01", "2021-01-01"), "date_order"), (("2020-01-01", "2021-12-31"), "period_too_long")])
async def test_a_period_that_is_none_is_refused(batch, days, code):
    answer = await batch.officer().get("/v1/pass-rates", params={"from": days[0], "to": days[1]})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_verdict_that_was_turned_counts_as_it_ended(batch, platform):
    made = await batch.answered("0.05")
    await batch.step(made, "conclude", on="2021-03-17")
    [row] = (await batch.officer().get("/v1/pass-rates", params=UNTIL)).json()["items"]
    assert (row["programme"], row["supervision"], row["supervision_rate"]) == ("产品", {"conforming": 1, "failed": 0, "problems": 0}, "100.00")
