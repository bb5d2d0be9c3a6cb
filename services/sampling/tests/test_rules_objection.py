"""Rights, limits and exclusions of objections and re-inspections: the acceptance scenarios by number, with their exact dates (2026 calendar)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.rules import notices, objections, party, reinspection, reinspection_draw
from sampling.rules.assessment import Scheme, scheme_item
from sampling.rules.limits import Limit, LimitKind
from sampling.rules.notices import Served, check_service, final_after, recipients, restarts_clocks, serving_due
from sampling.rules.numbers import find_decimal
from sampling.rules.objections import Application, CaseState, FailedItem, Kind, Outcome, Situation, find_exclusions
from sampling.rules.problem import Problem
from sampling.rules.pushed import PushedItem
from sampling.rules.report_checks import cma
from sampling.rules.samples import NEXT, Programme, SampleState
from sampling.rules.stored import Liable

FOOD, PRODUCT = Programme.FOOD, Programme.PRODUCT
SORBIC = FailedItem("山梨酸", "GB 5009.28-2016", "1.2")
COLONIES = FailedItem("菌落总数", "GB 4789.2-2016", "5")


def day(text):
    return date.fromisoformat(text)


def situation(**changes):
    fields = {
        "programme": FOOD, "monitoring": False, "failing": True, "sampled_on": day("2026-01-20"), "on": day("2026-02-27"), "sampled_role": "seller",
        "liable": frozenset({"seller", "producer"}), "told_on": day("2026-02-11"), "failed": (SORBIC,),
    }  # fmt: skip
    return Situation(**(fields | changes))


def asked(applied_on, kind=Kind.REINSPECTION, role="seller", items=("山梨酸",)):
    return Application(kind=kind, party_role=role, items=items if kind is Kind.REINSPECTION else (), applied_on=day(applied_on))


def codes(found):
    return [one.code for one in found]


@pytest.mark.parametrize(("applied_on", "expected"), [("2026-02-27", []), ("2026-02-28", ["objection_late"])])
def test_scenario_1_seven_working_days_with_a_make_up_saturday(applied_on, expected):
    found = find_exclusions(asked(applied_on), situation())
    assert codes(found) == expected
    if found:
        limit = found[0].as_json()["limit"]
        counted = [step["on"] for step in limit["proof"] if step["kind"] == "counted"]
        assert counted == ["2026-02-12", "2026-02-13", "2026-02-14", "2026-02-24", "2026-02-25", "2026-02-26", "2026-02-27"]
        assert (limit["clock"], limit["until"], found[0].article) == ("F08", "2026-02-27", "O15 art. 31")


@pytest.mark.parametrize(("served_on", "late"), [("2026-02-26", False), ("2026-02-27", True)])
def test_scenario_2_the_bureau_must_serve_by_26_february(served_on, late):
    limit = serving_due(FOOD, day("2026-02-12"))
    assert (limit.limit_id, limit.legal) == ("F06", day("2026-02-26"))
    assert (day(served_on) > limit.legal) is late


def test_scenario_3_a_product_has_fifteen_days_and_a_food_seven_working_days():
    until = {p: objections.right_of(p, Kind.REINSPECTION, day("2026-01-20"), day("2026-02-02")).until for p in Programme}
    assert until == {PRODUCT: day("2026-02-24"), FOOD: day("2026-02-11")}


def test_scenario_7_only_colonies_are_not_re_inspected_and_the_other_ways_stay_open():
    known = situation(failed=(COLONIES,), on=day("2026-02-13"), sampled_on=day("2026-02-06"))
    found = find_exclusions(asked("2026-02-13", items=("菌落总数",)), known)
    assert (codes(found), found[0].article) == (["reinspection_microbial"], "O15 art. 31")
    for kind in (Kind.PROCESS, Kind.AUTHENTICITY, Kind.METHOD, Kind.STANDARD):
        assert find_exclusions(asked("2026-02-13", kind), known) == []
    process = objections.right_of(FOOD, Kind.PROCESS, known.sampled_on, known.told_on)
    other = objections.right_of(FOOD, Kind.METHOD, known.sampled_on, known.told_on)
    assert (process.clock, process.since, other.clock, other.since) == ("F15", day("2026-02-06"), "F16", day("2026-02-11"))


def test_scenario_9_a_shelf_life_that_ends_before_the_parties_time():
    known = situation(told_on=day("2026-03-12"), expires_on=day("2026-03-20"), sampled_on=day("2026-03-01"), on=day("2026-03-16"))
    assert objections.right_of(FOOD, Kind.REINSPECTION, known.sampled_on, known.told_on).until == day("2026-03-23")
    assert find_exclusions(asked("2026-03-16"), known) == []
    assert objections.urgent_by(FOOD, day("2026-03-16"), day("2026-03-20")) == day("2026-03-20")
    found = find_exclusions(asked("2026-03-23"), replace(known, on=day("2026-03-23")))
    assert (codes(found), found[0].article) == (["reserve_expired"], "O15 art. 31"), "in time, and refused all the same"


def test_scenario_15_the_producers_denial_is_decided_on_the_thirtieth_working_day():
    [limit] = [objections.deciding_clock(FOOD, Kind.AUTHENTICITY)]
    accepted = objections.due(objections.LIMITS[limit], day("2026-03-09"), objections.national_calendar())
    assert (limit, accepted.legal) == ("F20", day("2026-04-21"))
    assert objections.outcome_of(Kind.AUTHENTICITY, True, "producer", "seller") is Outcome.NOT_OWN_PRODUCT
    assert objections.outcome_of(Kind.AUTHENTICITY, False, "producer", "seller") is Outcome.UPHELD
    assert objections.outcome_of(Kind.AUTHENTICITY, True, "seller", "seller") is Outcome.OVERTURNED
    assert objections.outcome_of(Kind.METHOD, True, "producer", "seller") is Outcome.OVERTURNED


BLOCKED = Problem("reserve_unusable", "/reserve", "备样灭失", "gone")


@pytest.mark.parametrize(
    ("changes", "application", "expected"),
    [
        ({}, asked("2026-02-20", role="consignor"), ["applicant_not_entitled"]),
        ({"monitoring": True}, asked("2026-02-20"), ["monitoring_excluded"]),
        ({"failing": False, "failed": ()}, asked("2026-02-20"), ["result_not_failing"]),
        ({"told_on": None}, asked("2026-02-20"), ["not_notified"]),
        ({"told_on": None, "sampled_on": day("2026-02-13")}, asked("2026-02-20", Kind.PROCESS), []),
        ({}, asked("2026-02-20", Kind.PROCESS, role="producer"), ["process_sampled_party", "objection_late"]),
        ({}, asked("2026-02-20", Kind.PROCESS), ["objection_late"]),
        ({"reserve": BLOCKED}, asked("2026-02-20"), ["reserve_unusable"]),
        ({"reserve": BLOCKED, "reserve_moved": True}, asked("2026-02-20"), ["reserve_moved"]),
        ({"reserve": BLOCKED}, asked("2026-02-20", Kind.METHOD), []),
        ({"reinspected": True}, asked("2026-02-20"), ["reinspection_done"]),
        ({"decided_kinds": frozenset({Kind.METHOD})}, asked("2026-02-20", Kind.METHOD), ["objection_decided"]),
        ({"decided_kinds": frozenset({Kind.METHOD})}, asked("2026-02-20", Kind.STANDARD), []),
        ({"programme": PRODUCT, "failed": (COLONIES,)}, asked("2026-02-20", items=("菌落总数",)), []),
        ({"failed": (COLONIES, SORBIC)}, asked("2026-02-20"), []),
    ],
)  # fmt: skip
def test_what_stands_against_an_application(changes, application, expected):
    assert codes(find_exclusions(application, situation(**changes))) == expected


@pytest.mark.parametrize(
    ("items", "kind", "expected"),
    [((), Kind.REINSPECTION, ["items_missing"]), (("铅",), Kind.REINSPECTION, ["item_not_failed"]), (("山梨酸",), Kind.REINSPECTION, []),
     ((), Kind.METHOD, [])],
)  # fmt: skip
def test_a_re_inspection_names_items_that_failed(items, kind, expected):
    wanted = Application(kind=kind, party_role="seller", items=items, applied_on=day("2026-02-20"))
    assert [p.code for p in objections.check_items(wanted, (SORBIC,))] == expected


@pytest.mark.parametrize(
    ("programme", "kind", "expected"),
    [(FOOD, Kind.PROCESS, ("620102",)), (FOOD, Kind.METHOD, ("62",)), (FOOD, Kind.REINSPECTION, ("620102", "6201", "62")),
     (PRODUCT, Kind.REINSPECTION, ("62", "620102")), (PRODUCT, Kind.PROCESS, ("62", "620102"))],
)  # fmt: skip
def test_where_an_application_is_lodged(programme, kind, expected):
    assert objections.authorities(programme, kind, "620102", "62") == expected


def test_every_act_of_a_case_has_its_states_and_kinds():
    for act, state, kind in product(objections.FROM, CaseState, Kind):
        found = [p.code for p in objections.check_act(act, state, kind)]
        fits = (act not in objections.REINSPECTION_ACTS or kind is Kind.REINSPECTION) and (
            act not in objections.OBJECTION_ACTS or kind is not Kind.REINSPECTION
        )
        assert found == (["objection_kind"] if not fits else [] if state in objections.FROM[act] else ["objection_state"])


STAGES = st.lists(st.tuples(st.sampled_from(Kind), st.sampled_from(CaseState)), max_size=4)


@settings(max_examples=2000, deadline=None)
@given(st.sampled_from([SampleState.NOTIFIED, SampleState.OBJECTED, SampleState.REINSPECTING, SampleState.FINAL]), STAGES, st.booleans())
def test_a_batch_with_an_open_application_is_never_final(now, stages, final):
    to = objections.batch_state(now, stages, final=final)
    is_open = any(state in objections.OPEN for _, state in stages)
    assert (to in (SampleState.OBJECTED, SampleState.REINSPECTING)) is is_open
    assert SampleState.PUBLISHABLE not in NEXT[to] or not is_open
    assert to is now or to in NEXT[now] or (now, to) == (SampleState.NOTIFIED, SampleState.REINSPECTING), "the latter through OBJECTED"
    assert objections.batch_state(SampleState.RECEIVED, stages, final=final) is SampleState.RECEIVED


def test_the_strongest_conclusion_counts():
    assert objections.strongest([Outcome.UPHELD, Outcome.OVERTURNED, Outcome.REFUSED]) is Outcome.OVERTURNED
    assert objections.strongest([Outcome.REFUSED, Outcome.WITHDRAWN]) is None


SELLER, PRODUCER = Liable("seller", "甲店", "", "620102", "某路"), Liable("producer", "乙厂", "", "620902", "某路")


@pytest.mark.parametrize(
    ("programme", "document", "expected"),
    [(FOOD, {"market": {"name": "东方市场"}}, ["seller", "producer", "market"]),
     (PRODUCT, {"market": {"name": "东方市场"}}, ["seller", "producer"]),
     (PRODUCT, {"online": {"platform": {"name": "某平台"}}}, ["seller", "producer", "platform"]),
     (FOOD, {"market": {"name": "/"}, "online": {"platform_name": "某平台"}}, ["seller", "producer", "platform"]),
     (FOOD, {}, ["seller", "producer"])],
)  # fmt: skip
def test_who_must_be_told(programme, document, expected):
    found = recipients(programme, (SELLER, PRODUCER), document)
    assert [one.role for one in found] == expected
    assert [one.role for one in found if one.answers] == ["seller", "producer"]


PROOFS = [
    ({"method": "直接送达", "signed_by": "王某"}, []),
    ({"method": "直接送达"}, ["signature_missing"]),
    ({"method": "直接送达", "signed_by": "王", "served_on": day("2026-01-01")}, ["date_order"]),
    ({"method": "直接送达", "signed_by": "王", "served_on": day("2026-03-02")}, ["date_future"]),
    ({"method": "邮寄送达"}, ["service_proof_missing"]),
    ({"method": "邮寄送达", "receipt_no": "E1"}, []),
    ({"method": "留置送达", "has_evidence": True}, []),
    ({"method": "电子送达"}, ["eservice_not_agreed"]),
    ({"method": "电子送达", "agreed": True}, []),
    ({"method": "公告送达"}, ["announcement_missing"]),
    ({"method": "公告送达", "announced_on": day("2026-02-01")}, ["announcement_running"]),
    ({"method": "公告送达", "announced_on": day("2026-01-12")}, []),
]


@pytest.mark.parametrize(("served", "expected"), PROOFS)
def test_how_a_service_is_proved(served, expected):
    given = Served(**({"served_on": day("2026-02-11")} | served))
    assert [p.code for p in check_service(given, day("2026-02-10"), day("2026-03-01"))] == expected


def test_the_last_partys_time_makes_a_result_final_and_only_a_changed_content_starts_it_anew():
    until = {"seller": day("2026-03-01"), "producer": day("2026-03-05"), "market": day("2026-04-01")}
    assert final_after(["seller", "producer"], until) == day("2026-03-05"), "a market's organiser has no time of its own"
    assert final_after(["seller", "consignor"], until) is None
    rows = [("铅", "0.3", "mg/kg"), ("镉", "0.1", "mg/kg")]
    assert (
        not restarts_clocks(rows, list(reversed(rows)))
        and restarts_clocks(rows, rows[:1])
        and restarts_clocks(rows, [("铅", "0.4", "mg/kg"), rows[1]])
    )
    assert notices.DUTIES == {PRODUCT: "P04", FOOD: "F06"}


# ---- the draw ----
METHOD = "GB 5009.28-2016"
VALID = (day("2020-01-01"), day("2027-01-01"))


def lab(code, *, scope=(("山梨酸", METHOD),), valid=VALID):
    return reinspection_draw.Laboratory(code, f"机构{code}", (cma("1" * 12, *valid, scope),))


def terms(**changes):
    fields = {
        "request_id": "c", "programme": FOOD, "first_laboratory": "L01", "items": (("山梨酸", METHOD),), "tied": {}, "declined": (),
        "drawn_on": day("2026-03-02"),
    }  # fmt: skip
    return reinspection_draw.Terms(**(fields | changes))


LABS = [lab("L01"), lab("L02"), lab("L03"), lab("L04", scope=(("铅", METHOD),)), lab("L05", valid=(day("2019-01-01"), day("2020-01-01")))]


def test_the_list_says_why_each_laboratory_is_left_out():
    entries = reinspection_draw.consider(LABS, terms(tied={"L03": "股东相同"}))
    assert {e.code: e.reason for e in entries} == {"L01": "FIRST", "L02": "", "L03": "TIE", "L04": "SCOPE", "L05": "CMA"}
    assert reinspection_draw.consider(LABS, terms(declined=("L02",)))[1].reason == "DECLINED"


@given(st.binary(min_size=32, max_size=32))
def test_a_draw_replays_and_never_takes_the_first_laboratory(seed):
    entries = reinspection_draw.consider(LABS, terms())
    drawn = reinspection_draw.draw(seed, entries, FOOD)
    assert drawn.code in ("L02", "L03")
    list_hash = reinspection_draw.candidates_hash(entries)
    kept = reinspection_draw.protocol_of(terms(), entries, drawn)
    assert reinspection_draw.replay(seed, kept) == (list_hash, reinspection_draw.commitment(seed, list_hash), drawn.code)


def test_a_draw_is_uniform():
    entries = reinspection_draw.consider(LABS, terms())
    drawn = [reinspection_draw.draw(n.to_bytes(32, "big"), entries, FOOD).code for n in range(2000)]
    assert 900 < drawn.count("L02") < 1100


def test_the_only_qualified_laboratory_may_test_a_product_again_but_never_a_food():
    alone = [lab("L01"), lab("L04", scope=(("铅", METHOD),))]
    for programme, expected in ((PRODUCT, "L01"), (FOOD, "laboratories_none")):
        asked_for = terms(programme=programme)
        entries = reinspection_draw.consider(alone, asked_for)
        found = reinspection_draw.draw(b"\1" * 32, entries, programme, sole_first=reinspection_draw.is_qualified(alone[0], asked_for))
        assert getattr(found, "code", "") == expected
        if programme is PRODUCT:
            kept = reinspection_draw.protocol_of(asked_for, entries, found)
            assert "O18 第38条" in kept["exception"] and reinspection_draw.replay(b"\1" * 32, kept)[2] == "L01"


# ---- the second test ----
LIMIT = Limit(LimitKind.NUMERIC, "g/kg", None, find_decimal("1.0"))
SCHEME = Scheme({name: scheme_item(name, LIMIT, [METHOD]) for name in ("山梨酸", "苯甲酸")})
TASK = [{"item": "山梨酸", "method": METHOD}]


def row(result, judgement, **changes):
    fields = {"item": "山梨酸", "result": result, "unit": "g/kg", "judgement": judgement, "method": METHOD, "max": "1.0", "limit_unit": "g/kg"}
    return PushedItem(**(fields | changes))


@pytest.mark.parametrize(
    ("items", "verdict", "expected", "same"),
    [([row("1.2", "不合格项")], "不合格", [], True), ([row("0.9", "合格项")], "合格", [], False), ([row("1.2", "合格项")], "合格", None, True),
     ([row("0.9", "合格项"), row("0.9", "合格项", item="苯甲酸")], "合格", ["item_not_disputed"], None),
     ([row("0.9", "合格项", method="GB 1-2000")], "合格", ["reinspection_method"], None), ([], "合格", ["item_missing"], None)],
)  # fmt: skip
def test_a_second_test_is_judged_on_the_disputed_items_alone(items, verdict, expected, same):
    judged = reinspection.judge(SCHEME, TASK, items, verdict)
    found = [p.code for p in judged.problems]
    assert found if expected is None else set(expected) <= set(found) and bool(expected) is bool(found)
    assert same is None or judged.same is same


@pytest.mark.parametrize(
    ("verdict", "disputed", "failed", "outcome"),
    [("合格", ["铅"], ["铅"], Outcome.OVERTURNED), ("合格", ["铅"], ["铅", "镉"], Outcome.UPHELD), ("不合格", ["铅"], ["铅"], Outcome.UPHELD)],
)
def test_what_the_second_test_makes_of_the_batch(verdict, disputed, failed, outcome):
    assert reinspection.conclude(verdict, disputed, failed) is outcome


def test_who_pays_and_which_limits_run():
    assert (reinspection.bearer(True), reinspection.bearer(False)) == ("applicant", "organiser")
    on = day("2026-03-02")
    ids = {
        (p, act): [d.limit_id for d in reinspection.steps(p, act, on)] for p in Programme for act in ("formalities", "drawn", "handed", "reported")
    }
    assert ids[FOOD, "drawn"] == ["F11", "F12"] and ids[PRODUCT, "formalities"] == ["P07"] and ids[PRODUCT, "handed"] == []
    assert [d.limit_id for d in reinspection.steps(PRODUCT, "handed", on, agreed_days=12)] == ["P08"]
    assert reinspection.steps(FOOD, "handed", on)[0].legal == day("2026-03-16") and reinspection.steps(FOOD, "handed", on, agreed_days=5)[
        0
    ].legal == day("2026-03-09")


# ---- the party's link ----
ROOT = b"\7" * 32
LINK = party.Link(UUID(int=1), "620102", UUID(int=2), "producer", 2_000_000_000)


def test_a_link_opens_only_what_it_names():
    key = party.link_key(ROOT)
    token = party.sign_link(LINK, key)
    assert party.read_link(token, key, 1_900_000_000) == LINK
    assert party.read_link(token, key, 2_000_000_000) is None, "over"
    assert party.read_link(token, party.code_key(ROOT), 1) is None, "another key"
    for at in range(len(token)):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert party.read_link(changed, key, 1) in (None, LINK), "spare bits of the last character mean nothing"


@given(st.text(max_size=120))
def test_no_other_text_is_a_link(text):
    assert party.read_link(text, party.link_key(ROOT), 1) is None


def test_a_code_is_typed_loosely_and_stored_hashed():
    code = party.make_code(bytes(range(64)))
    assert len(code) == party.CODE_LENGTH and set(code) <= set(party.ALPHABET)
    stored = party.code_hash(code, LINK.link_id, party.code_key(ROOT))
    assert stored == party.code_hash(f" {code[:4]}-{code[4:].lower()} ", LINK.link_id, party.code_key(ROOT)) and code not in stored
    assert stored != party.code_hash(code, UUID(int=3), party.code_key(ROOT))


def test_five_wrong_codes_lock_and_an_hour_has_sixty_openings():
    now = datetime(2026, 3, 1, tzinfo=UTC)
    attempts = party.Attempts(0, None, None, 0)
    for _ in range(party.MAX_FAILURES):
        assert not party.is_locked(attempts, now)
        attempts = party.after_failure(attempts, now)
    assert party.is_locked(attempts, now) and not party.is_locked(attempts, now + timedelta(minutes=15))
    opened = party.Attempts(3, None, None, 0)
    for _ in range(party.MAX_IN_WINDOW):
        opened = party.after_opening(opened, now)
        assert opened.failures == 0
    assert party.after_opening(opened, now) is None and party.after_opening(opened, now + timedelta(hours=1)) is not None
