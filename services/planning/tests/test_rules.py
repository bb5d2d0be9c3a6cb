"""The rules of planning as tables of cases; quotas as properties."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import today
from common.errors import Invalid, Refused
from common.region import Region
from planning.rules import catalogue, plans, quota, schemes
from planning.rules.faults import check_other_person, refuse

CODES = st.sampled_from([f"6201{n:02d}" for n in range(40)])
WEIGHTS = st.dictionaries(CODES, st.integers(0, 10**9), min_size=1).filter(lambda weights: sum(weights.values()) > 0)


@given(WEIGHTS, st.integers(0, 5000), st.integers(0, 3))
def test_quotas_add_up_follow_the_weights_and_keep_to_the_share(weights, spare, minimum):
    total = spare + minimum * len(weights)
    shares = quota.allocate(total, weights, minimum)
    whole = sum(weights.values())
    assert sum(shares.values()) == total
    assert list(shares) == sorted(weights)
    for code, weight in weights.items():
        assert 0 <= shares[code] - minimum - spare * weight // whole <= 1
        assert all(shares[code] >= shares[other] for other in weights if weight > weights[other])


@given(WEIGHTS, st.integers(0, 500))
def test_quotas_do_not_depend_on_the_order_of_the_weights(weights, total):
    assert quota.allocate(total, weights) == quota.allocate(total, dict(reversed(weights.items())))
    assert quota.allocate(total, weights) == quota.allocate(total, {code: Fraction(weight, 7) for code, weight in weights.items()})


def test_ties_go_to_the_smaller_code():
    assert quota.allocate(2, {"620104": 1, "620103": 1, "620102": 1}) == {"620102": 1, "620103": 1, "620104": 0}


@pytest.mark.parametrize(
    ("total", "weights", "minimum", "code"),
    [(5, {"620102": 1, "620103": 1}, 3, "minimum_too_high"), (5, {"620102": 0}, 0, "weights_zero"), (5, {}, 0, "weights_zero")],
)
def test_what_cannot_be_shared_out_is_refused(total, weights, minimum, code):
    with pytest.raises(Refused) as refused:
        quota.allocate(total, weights, minimum)
    assert refused.value.code == code


@given(st.dictionaries(CODES, st.integers(1, 50), min_size=1), st.integers(1, 6))
def test_laboratories_are_dealt_evenly_and_always_alike(quotas, count):
    laboratories = [f"L{n:02d}" for n in range(count)]
    dealt = quota.deal(quotas, laboratories)
    load = [sum(quotas[code] for code, chosen in dealt.items() if chosen == laboratory) for laboratory in laboratories]
    assert set(dealt) == set(quotas)
    assert max(load) - min(load) <= max(quotas.values())
    assert dealt == quota.deal(dict(reversed(quotas.items())), laboratories)


@pytest.mark.parametrize(
    ("basis", "given_weights", "code"),
    [
        ("weights", [], "weights_basis"),
        ("population", [("620102", 1)], "weights_basis"),
        ("weights", [("620102", 1), ("620102", 2)], "division_twice"),
    ],
)
def test_weights_go_with_their_basis_only(basis, given_weights, code):
    with pytest.raises((Invalid, Refused)) as refused:
        quota.check_weights(basis, given_weights)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("quotas", "code"),
    [
        ([("620102", 3), ("620102", 2)], "division_twice"),
        ([("620102", 3), ("620199", 2)], "division_outside"),
        ([("620102", 3), ("620103", 1)], "quota_total"),
        ([("620102", 3), ("620103", 3)], "quota_total"),
    ],
)
def test_quotas_by_hand_must_add_up_over_known_divisions(quotas, code):
    with pytest.raises(Refused) as refused:
        quota.check_explicit(5, quotas, frozenset({"620102", "620103"}))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.124", "0.124"), ("-14", "-14"), ("+3", "3"), ("2.3×10⁴", "2.3E4"), ("2.3×10^4", "2.3E4"), ("5×10^-3", "0.005"), ("5×10⁻³", "0.005"),
        ("", None), (".5", None), ("5.", None), ("1e5", None), ("1_000", None), ("１２", None), ("NaN", None), ("1,000", None), ("≤5", None),
        ("2.3×104", None), ("5 ", None), ("9" * 61, None),
    ],
)  # fmt: skip
def test_limits_are_read_in_the_decimal_grammar(text, value):
    assert schemes.parse_limit(text) == (None if value is None else pytest.approx(schemes.Decimal(value)))


NO_MICROBE = schemes.Microbe(None, None, None, None)
PLATE = schemes.Microbe(5, 2, "1000", "10000")


def item(**more):
    values = {
        "item": "铅", "methods": ["GB 5009.12"], "kind": "numeric", "min": None, "max": "0.5", "unit": "mg/kg", "limit_source": "GB 2762",
        "grade": "A", "rounding_places": -1, "microbe": NO_MICROBE,
    }  # fmt: skip
    return schemes.Item(**(values | more))


@pytest.mark.parametrize(
    ("items", "codes"),
    [
        ([item()], []),
        ([item(unit="", min="4.0", max="8.5")], []),
        ([item(), item()], ["item_twice"]),
        ([item(max="1e5")], ["limit_format"]),
        ([item(min="0.6")], ["limit_order"]),
        ([item(min="2.3×10⁴", max="2.4×10^3")], ["limit_order"]),
        ([item(max=None)], ["limit_missing"]),
        ([item(unit=None)], ["unit_missing"]),
        ([item(microbe=PLATE)], ["microbe_unexpected"]),
        ([item(kind="qualitative", max=None, unit=None)], []),
        ([item(kind="qualitative", max=None, unit="mg")], ["unit_unexpected"]),
        ([item(kind="qualitative", unit=None)], ["limit_unexpected"]),
        ([item(kind="not_detected", max=None)], []),
        ([item(kind="microbe", max=None, unit="CFU/g", microbe=PLATE)], []),
        ([item(kind="microbe", max=None, unit="CFU/g", microbe=schemes.Microbe(5, 0, "0", None))], []),
        ([item(kind="microbe", max=None, unit=None, microbe=PLATE)], ["unit_missing"]),
        ([item(kind="microbe", max=None, microbe=schemes.Microbe(1, 0, "0", None))], ["microbe_n"]),
        ([item(kind="microbe", max=None, microbe=schemes.Microbe(5, 5, "10", "100"))], ["microbe_c"]),
        ([item(kind="microbe", max=None, microbe=schemes.Microbe(5, 2, "-1", "100"))], ["microbe_m"]),
        ([item(kind="microbe", max=None, microbe=schemes.Microbe(5, 2, "100", "100"))], ["microbe_cap"]),
        ([item(kind="microbe", max=None, microbe=NO_MICROBE)], ["microbe_n", "microbe_c", "microbe_m"]),
    ],
)
def test_every_fault_of_an_item_is_named(items, codes):
    assert [fault.code for fault in schemes.check_items(items)] == codes


def version(first, last=None, owner="62", name="old"):
    return schemes.Version(name, owner, date.fromisoformat(first), date.fromisoformat(last) if last else None)


@pytest.mark.parametrize(
    ("new", "published", "ended"),
    [
        (version("2021-06-01"), [], None),
        (version("2021-06-01"), [version("2018-01-01", "2021-05-31")], None),
        (version("2021-06-01"), [version("2018-01-01")], date(2021, 5, 31)),
        (version("2018-01-01", "2020-12-31"), [version("2021-01-01")], None),
        (version("2021-06-01"), [version("2018-01-01", "2021-06-01")], "scheme_overlap"),
        (version("2021-06-01"), [version("2021-06-01")], "scheme_overlap"),
        (version("2018-01-01"), [version("2021-06-01")], "scheme_overlap"),
        (version("2021-06-01"), [version("2018-01-01", owner="6201")], "scheme_overlap"),
    ],
)
def test_a_new_version_ends_its_open_predecessor_and_overlaps_with_none(new, published, ended):
    if isinstance(ended, str):
        with pytest.raises(Refused) as refused:
            schemes.predecessor(new, published)
        assert refused.value.code == ended
    else:
        found = schemes.predecessor(new, published)
        assert (found[1] if found else None) == ended


@pytest.mark.parametrize(
    ("new", "old", "closed", "outcome"),
    [
        ("2021-07-01", "2021-01-01", None, date(2021, 6, 30)),
        ("2021-07-01", "2021-01-01", "2021-03-31", None),
        ("2021-01-01", "2021-01-01", None, "version_order"),
        ("2020-01-01", "2021-01-01", None, "version_order"),
    ],
)
def test_a_catalogue_version_supersedes_from_its_date(new, old, closed, outcome):
    days = [date.fromisoformat(new), date.fromisoformat(old), date.fromisoformat(closed) if closed else None]
    if outcome == "version_order":
        with pytest.raises(Refused, match="version_order"):
            catalogue.closing_day(*days)
    else:
        assert catalogue.closing_day(*days) == outcome


def test_the_food_tree_has_no_loose_branch():
    node = catalogue.FoodNode
    whole = [node("01", "粮食加工品", 1, None), node("01.1", "大米", 2, "01")]
    assert list(catalogue.check_tree(whole, {})) == []
    assert list(catalogue.check_tree([node("01.1", "大米", 2, "01")], {"01": 1})) == []
    faults = catalogue.check_tree([node("01", "x", 1, "02"), node("02.1", "y", 2, "02"), node("03", "z", 3, "01")], {"01": 1})
    assert [(fault.code, fault.pointer[9]) for fault in faults] == [("parent_unexpected", "0"), ("parent_unknown", "1"), ("parent_unknown", "2")]
    twice = list(catalogue.check_codes_once(["01", "02", "01"], "classes"))
    assert [(fault.code, fault.pointer) for fault in twice] == [("code_twice", "/classes/2/code")]


def test_only_the_province_keeps_the_tree():
    catalogue.check_province(Region("62"))
    with pytest.raises(Refused, match="province_only"):
        catalogue.check_province(Region("6201"))


ENTRIES = {"FR-01": plans.Entry("膜袋", frozenset({"监督抽查"})), "FB-04": plans.Entry("棉花", frozenset({"监督检查"}))}


def line(**more):
    values = {
        "line_no": "1", "catalogue_code": "FR-01", "product_code": None, "product_name": None, "reason_without_entry": None, "quarter": 1,
        "batches": 10, "stage": "生产", "tags": [], "special_tags": [], "sampling_due": date(2021, 3, 25), "test_due": date(2021, 4, 20),
        "laboratory_codes": ["L01"], "unit_price_fen": None, "risky": False,
    }  # fmt: skip
    return plans.Line(**(values | more))


WITHOUT = {"catalogue_code": None, "reason_without_entry": "舆情", "product_code": "CS-01", "product_name": "磁力珠"}


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        ([line()], []),
        ([line(product_code="FR-01")], []),
        ([line(**WITHOUT)], []),
        ([line(), line()], ["line_twice"]),
        ([line(reason_without_entry="x")], ["entry_or_reason"]),
        ([line(**(WITHOUT | {"reason_without_entry": None}))], ["entry_or_reason"]),
        ([line(**(WITHOUT | {"product_name": None}))], ["product_missing"]),
        ([line(product_code="FR-02")], ["product_mismatch"]),
        ([line(catalogue_code="XX-01")], ["entry_unknown"]),
        ([line(catalogue_code="FB-04")], ["measure_missing"]),
        ([line(sampling_due=date(2021, 4, 1))], ["due_outside_quarter"]),
        ([line(sampling_due=date(2020, 12, 31))], ["due_outside_quarter"]),
        ([line(test_due=date(2021, 3, 24))], ["due_order"]),
        ([line(laboratory_codes=["L01", "L01"])], ["laboratory_twice"]),
    ],
)
def test_every_fault_of_a_line_is_named(lines, codes):
    assert [fault.code for fault in plans.check_lines(lines, 2021, ENTRIES)] == codes


def test_all_faults_come_in_one_answer():
    with pytest.raises(Invalid) as refused:
        refuse(plans.check_lines([line(catalogue_code="XX-01"), line(test_due=date(2021, 3, 24))], 2021, ENTRIES))
    assert [(fault["code"], fault["pointer"]) for fault in refused.value.problems] == [
        ("entry_unknown", "/lines/0/catalogue_code"), ("line_twice", "/lines/1/line_no"), ("due_order", "/lines/1/test_due"),
    ]  # fmt: skip


STATES = [state.value for state in plans.PlanState]
ALLOWED = {
    ("PLAN_DRAFT", "PLAN_SUBMITTED"), ("PLAN_DRAFT", "CANCELLED"), ("PLAN_SUBMITTED", "PLAN_DRAFT"), ("PLAN_SUBMITTED", "PLAN_APPROVED"),
    ("PLAN_SUBMITTED", "CANCELLED"), ("PLAN_APPROVED", "PUBLISHED"), ("PLAN_APPROVED", "CANCELLED"),
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("to", STATES)
def test_a_plan_moves_only_along_its_way(state, to):
    if (state, to) in ALLOWED:
        plans.check_move(state, plans.PlanState(to))
    else:
        with pytest.raises(Refused, match="plan_state"):
            plans.check_move(state, plans.PlanState(to))


def test_only_drafts_change_and_only_assigned_tasks_are_accepted():
    plans.check_draft("PLAN_DRAFT")
    plans.check_accept("ASSIGNED")
    with pytest.raises(Refused, match="plan_state"):
        plans.check_draft("PLAN_APPROVED")
    with pytest.raises(Refused, match="task_state"):
        plans.check_accept("ACCEPTED")


@pytest.mark.parametrize(("quarter", "first", "last"), [(1, "01-01", "03-31"), (2, "04-01", "06-30"), (3, "07-01", "09-30"), (4, "10-01", "12-31")])
def test_quarters_have_their_days(quarter, first, last):
    assert [day.isoformat() for day in plans.quarter_days(2021, quarter)] == [f"2021-{first}", f"2021-{last}"]


@pytest.mark.parametrize(
    ("agree", "disagree", "abstain", "carried"), [(2, 1, 0, True), (1, 0, 0, False), (1, 1, 1, False), (3, 0, 0, True), (0, 0, 3, False)]
)
def test_a_risky_line_needs_more_than_half_of_its_panel(agree, disagree, abstain, carried):
    opinions = plans.Opinions(agree, disagree, abstain, 3)
    assert opinions.carried is carried
    plans.check_reviews([("1", False, None)])
    if carried:
        plans.check_reviews([("1", True, opinions)])
    else:
        with pytest.raises(Refused, match="expert_review_missing"):
            plans.check_reviews([("1", True, opinions)])


def test_a_scheme_must_be_in_force_between_the_quarters_first_day_and_the_sampling_due():
    asked = [("1", "FR-01", date(2021, 1, 1), date(2021, 3, 25))]
    for good in (version("2017-01-01"), version("2021-03-25"), version("2017-01-01", "2021-01-01")):
        plans.check_schemes(asked, {"FR-01": [good]})
    for bad in ({}, {"FR-01": [version("2021-03-26")]}, {"FR-01": [version("2017-01-01", "2020-12-31")]}, {"FR-02": [version("2017-01-01")]}):
        with pytest.raises(Refused, match="scheme_missing"):
            plans.check_schemes(asked, bad)


def test_a_line_that_repeats_a_superiors_is_found():
    superior = [("FR-01", 1, "流通", "SCP-62", "62"), ("FR-01", 2, "流通", "SCP-62", "62"), ("FB-01", 1, "生产", "SCP-62", "62")]
    found = plans.overlaps([("7", "FR-01", 1), ("8", "HD-01", 1)], superior)
    assert [(each.line_no, each.product_code, each.plan_no, each.region_code) for each in found] == [("7", "FR-01", "SCP-62", "62")]


@pytest.mark.parametrize(
    ("size", "risky", "drawn", "code"),
    [
        (2, True, None, "panel_size"),
        (4, True, None, "panel_size"),
        (1, True, None, "panel_size"),
        (3, False, None, "line_not_risky"),
        (3, True, "d", "panel_exists"),
    ],
)
def test_a_panel_is_odd_for_a_risky_line_and_drawn_once(size, risky, drawn, code):
    with pytest.raises((Invalid, Refused)) as refused:
        plans.check_panel(size, risky, drawn)
    assert refused.value.code == code


@pytest.mark.parametrize(("owner", "number"), [("620102", "T21620000-0001-620102"), ("6202", "T21620000-0001-620200")])
def test_a_task_number_names_year_organiser_line_and_executor(owner, number):
    assert plans.task_number(2021, Region("62"), 1, Region(owner)) == number


def test_who_drafted_does_not_approve():
    check_other_person("b", "a", None)
    with pytest.raises(Refused, match="same_person"):
        check_other_person("a", "b", "a")


def test_nothing_happened_tomorrow():
    today.check_not_future(date(2021, 1, 1), date(2021, 1, 1), "/published_on")
    with pytest.raises(Invalid, match="date_future"):
        today.check_not_future(date(2021, 1, 2), date(2021, 1, 1), "/published_on")


def test_every_batch_has_its_division_before_submission():
    plans.check_quotas_complete([("1", 5, 5)])
    with pytest.raises(Refused, match="quota_incomplete"):
        plans.check_quotas_complete([("1", 5, 5), ("2", 5, 4)])
