"""The draw: recusal, uniformity, replay; and what happens to seats afterwards."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import pytest

from common.errors import Problem
from experts.rules import panel, seats
from experts.rules.panel import Candidate, Entry, Reason, Terms
from experts.rules.seats import MemberState

ON = date(2021, 2, 3)
GOOD = Candidate("62/A1", "id-1", "单位甲", "91620102MA700000XE", "620102", True, date(2020, 1, 1), date(2022, 12, 31), {})
TERMS = Terms("r-1", "PRODUCT", "plan-line:1", ("纺织",), 3, ("91620902MA7100000G",), ("6209",), ON)
PARTY = "91620902MA7100000G"


def code_of(check, *args):
    try:
        check(*args)
    except Problem as problem:
        return problem.code
    return None


def entries(n, unit=lambda i: f"unit-{i}"):
    return [Entry(f"62/E{i:03d}", f"id-{i}", unit(i)) for i in range(n)]


def seed(i):
    return hashlib.sha256(str(i).encode()).digest()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"is_active": False}, Reason.NOT_ACTIVE),
        ({"term_to": date(2021, 2, 2)}, Reason.TERM),
        ({"term_to": ON}, None),
        ({"term_to": None}, Reason.TERM),
        ({"term_from": date(2021, 2, 4)}, Reason.TERM),
        ({"term_from": None}, Reason.TERM),
        ({"refusals": 1}, None),
        ({"refusals": 2}, Reason.REFUSALS),
        ({"drawn": 5}, None),
        ({"drawn": 6}, Reason.OVERDRAWN),
        ({"unit_uscc": PARTY}, Reason.UNIT_IS_PARTY),
        ({"interests": {PARTY: ON}}, Reason.INTEREST),
        ({"interests": {PARTY: date(2021, 2, 2)}}, None),
        ({"interests": {"91620200MA72000015": ON}}, None),
        ({"residence_code": "620902"}, Reason.REGION),
        ({"residence_code": "62"}, None),
        ({"is_active": False, "drawn": 9}, Reason.NOT_ACTIVE),
    ],
)
def test_recusal_removes_whom_the_rule_names(changes, reason):
    assert panel.removal(replace(GOOD, **changes), TERMS) == reason


def test_the_list_is_sorted_and_keeps_the_removed_with_their_reason():
    found = panel.consider([replace(GOOD, key="62/B"), replace(GOOD, key="62/A", drawn=6)], TERMS)
    assert [(entry.key, entry.reason) for entry in found] == [("62/A", "OVERDRAWN"), ("62/B", "")]


def test_the_algorithm_is_the_documented_one():
    listed = [Entry("62/E1", "x", "u1"), Entry("62/E2", "y", "u2", "TERM")]
    digest = hashlib.sha256(b"62/E1|u1|\n62/E2|u2|TERM").digest()
    assert panel.candidates_hash(listed) == digest.hex()
    assert panel.commitment(b"s" * 32, digest.hex()) == hashlib.sha256(b"s" * 32 + digest).hexdigest()
    everybody = entries(9)
    expected = sorted((e.key for e in everybody), key=lambda key: hashlib.sha256(seed(7) + b"\x00" + key.encode()).hexdigest())
    assert list(panel.draw(seed(7), everybody, 3).order) == expected[:6]


def test_a_fixed_seed_gives_a_fixed_panel_for_ever():
    """A change of this answer breaks every stored protocol: give the algorithm a new name instead."""
    assert panel.draw(b"\0" * 32, entries(8), 3).order == ("62/E002", "62/E007", "62/E000", "62/E006", "62/E003", "62/E001")


def test_removed_candidates_and_second_experts_of_a_unit_are_never_drawn():
    listed = [replace(e, reason="TERM") if i % 5 == 0 else e for i, e in enumerate(entries(30, unit=lambda i: f"unit-{i % 8}"))]
    by_key = {entry.key: entry for entry in listed}
    for n in range(200):
        found = panel.draw(seed(n), listed, 3)
        drawn = [by_key[key] for key in found.order]
        assert len({entry.unit for entry in drawn}) == len(drawn) == 6
        assert not any(entry.reason for entry in drawn)
        assert set(found.passed_over).isdisjoint(found.order)


@pytest.mark.parametrize(("n", "unit", "code"), [(6, str, None), (5, str, "candidates_short"), (60, lambda i: str(i % 5), "candidates_short")])
def test_too_few_units_are_refused(n, unit, code):
    assert code_of(panel.draw, seed(1), entries(n, unit), 3) == code


def test_everybody_has_the_same_chance():
    """10,000 seeds, 12 candidates: chi-square of being on the panel, and of being first, below the 0.1 % point for 11 degrees (31.26)."""
    everybody, draws = entries(12), 10_000
    seated, first = Counter(), Counter()
    for n in range(draws):
        order = panel.draw(seed(n), everybody, 3).order
        seated.update(order[:3])
        first[order[0]] += 1
    for counts, expected in ((seated, draws * 3 / 12), (first, draws / 12)):
        assert len(counts) == 12
        assert sum((seen - expected) ** 2 / expected for seen in counts.values()) < 31.26


def stored(n=9, s=5):
    listed = entries(n)
    result = panel.draw(seed(s), listed, 3)
    return json.loads(json.dumps(panel.protocol_of(TERMS, listed, result))), panel.candidates_hash(listed)


def test_a_protocol_replays_to_its_own_result():
    protocol, list_hash = stored()
    again = panel.replay(seed(5), protocol)
    assert (list(again.order), again.candidates_hash) == (protocol["order"], list_hash)
    assert again.commitment == panel.commitment(seed(5), list_hash)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda listed: listed.pop(),
        lambda listed: listed[0].update(reason="TERM"),
        lambda listed: listed[1].update(unit="unit-0"),
        lambda listed: listed[0].update(key="62/X"),
    ],
)
def test_a_changed_list_does_not_replay(tamper):
    protocol, list_hash = stored()
    tamper(protocol["candidates"])
    assert panel.replay(seed(5), protocol).candidates_hash != list_hash


def test_another_seed_does_not_replay():
    protocol, list_hash = stored()
    again = panel.replay(seed(6), protocol)
    assert list(again.order) != protocol["order"]
    assert again.commitment != panel.commitment(seed(5), list_hash)


def test_the_demonstrations_seed_depends_on_the_request_alone():
    assert panel.derived_seed(b"d", "r-1") == panel.derived_seed(b"d", "r-1")
    assert panel.derived_seed(b"d", "r-1") != panel.derived_seed(b"d", "r-2")


@pytest.mark.parametrize(("size", "code"), [(1, "panel_size"), (2, "panel_size"), (3, None), (4, "panel_size"), (5, None)])
def test_a_panel_is_odd_and_at_least_three(size, code):
    assert code_of(panel.check_size, size) == code


def test_one_request_id_is_one_request():
    kept = json.loads(json.dumps(TERMS.as_json()))
    assert code_of(panel.check_same, kept, TERMS) is None
    assert code_of(panel.check_same, kept, replace(TERMS, specialities=("检验",))) == "request_reused"


@pytest.mark.parametrize(
    ("day", "first", "after"),
    [("2021-01-01", "2021-01-01", "2021-04-01"), ("2021-06-30", "2021-04-01", "2021-07-01"), ("2021-12-31", "2021-10-01", "2022-01-01")],
)
def test_quarters(day, first, after):
    assert panel.quarter_of(date.fromisoformat(day)) == (date.fromisoformat(first), date.fromisoformat(after))


SOMEBODY, NOBODY = UUID(int=1), UUID(int=0)


@dataclass
class Member:
    position: int
    spare: bool = False
    state: str = MemberState.DRAWN
    called_for: UUID | None = None
    interest_declared_on: date | None = None
    opinion: str | None = None
    expert_id: UUID = NOBODY


@pytest.mark.parametrize(
    ("member", "seated"),
    [
        (Member(0), True),
        (Member(0, state="RECUSED"), False),
        (Member(0, state="DECLINED"), False),
        (Member(3, spare=True), False),
        (Member(3, spare=True, called_for=SOMEBODY), True),
        (Member(3, spare=True, called_for=SOMEBODY, state="REPLACED"), False),
    ],
)
def test_who_sits_on_the_panel(member, seated):
    assert seats.is_seated(member) is seated
    assert code_of(seats.check_seated, member) == (None if seated else "not_seated")


def test_spares_are_called_in_the_order_drawn_until_none_is_left():
    members = [Member(0), Member(5, spare=True), Member(3, spare=True, called_for=SOMEBODY), Member(4, spare=True)]
    assert seats.next_spare(members).position == 4
    assert code_of(seats.next_spare, [Member(0), Member(3, spare=True, state="DECLINED")]) == "spares_used"


@pytest.mark.parametrize(("states", "asked", "code"), [("", 4, None), ("", 5, "recusal_late"), ("RECUSED", 4, "recusal_used"), ("DECLINED", 4, None)])
def test_recusal_is_asked_for_once_and_in_time(states, asked, code):
    members = [Member(0), Member(1, state=states or "DRAWN")]
    assert code_of(seats.check_recusal, members, date(2021, 2, asked), date(2021, 2, 4)) == code


@pytest.mark.parametrize(
    ("member", "code"),
    [
        (Member(0), "interest_undeclared"),
        (Member(0, interest_declared_on=date(2021, 2, 5)), "interest_undeclared"),
        (Member(0, interest_declared_on=ON), None),
        (Member(0, interest_declared_on=ON, opinion="agree"), "opinion_given"),
        (Member(3, spare=True, interest_declared_on=ON), "not_seated"),
    ],
)
def test_the_declaration_comes_first_and_the_opinion_once(member, code):
    assert code_of(seats.check_opinion, member, date(2021, 2, 4)) == code


def test_only_opinions_of_those_seated_count():
    members = [Member(0, opinion="agree"), Member(1, state="RECUSED"), Member(2), Member(3, spare=True, called_for=SOMEBODY, opinion="disagree")]
    assert seats.tally(members) == {"agree": 1, "disagree": 1, "abstain": 0, "outstanding": 1}
