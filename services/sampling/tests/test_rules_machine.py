"""The machine of domain §2.1, move by move: what is allowed, what each programme alone knows, and which article refuses the rest."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.rules.samples import APPROVED_CORRECTION, NEXT, ONLY, Programme, SampleState, articles_of, check_move, is_move

# Written apart from the code: state → next states, with the programme where only one knows the move.
TABLE = """
PLANNED: SAMPLED NOT_SAMPLED REFUSED STOPPED_ILLEGAL
SAMPLED: IN_TRANSIT RECEIVED SAMPLE_REJECTED
IN_TRANSIT: RECEIVED SAMPLE_REJECTED
RECEIVED: TESTING REPORTED STOPPED_ILLEGAL/产品
TESTING: REPORTED TEST_IMPOSSIBLE STOPPED_ILLEGAL/产品
REPORTED: CONFORMING NON_CONFORMING PROBLEM/食品
CONFORMING: REPORTED PUBLISHABLE
NON_CONFORMING: REPORTED NOTIFIED
PROBLEM: REPORTED ANALYSED/食品
NOTIFIED: OBJECTED FINAL
OBJECTED: REINSPECTING FINAL NOTIFIED
REINSPECTING: FINAL OBJECTED
FINAL: PUBLISHABLE OBJECTED REINSPECTING
PUBLISHABLE: PUBLISHED
PUBLISHED: CREDIT_EXPORTED
CREDIT_EXPORTED: ARCHIVED
"""
MOVES = {}
for line in TABLE.strip().splitlines():
    state, _, nexts = line.partition(": ")
    for word in nexts.split():
        target, _, only = word.partition("/")
        MOVES[SampleState[state], SampleState[target]] = only
ENDS = {state for state in SampleState if not NEXT[state]}


@pytest.mark.parametrize("now", SampleState, ids=lambda state: state.name)
def test_every_pair_of_states_is_as_the_table_says(now):
    for to, programme in product(SampleState, Programme):
        allowed = (now, to) in MOVES and MOVES[now, to] in ("", programme.value)
        assert is_move(now, to, programme) is allowed, (now, to, programme)
        assert [p.code for p in check_move(now, to, programme)] == ([] if allowed else ["sample_state"])


def test_without_a_programme_a_move_of_either_is_a_move():
    assert all(is_move(now, to) for now, to in MOVES)
    assert sum(len(nexts) for nexts in NEXT.values()) == len(MOVES)


def test_the_ends_are_these():
    ends = {"NOT_SAMPLED", "REFUSED", "STOPPED_ILLEGAL", "SAMPLE_REJECTED", "TEST_IMPOSSIBLE", "ANALYSED", "ARCHIVED"}
    assert {state.name for state in ENDS} == ends


@pytest.mark.parametrize(
    ("now", "to", "programme", "article"),
    [
        (SampleState.SAMPLED, SampleState.REFUSED, Programme.PRODUCT, "《产品质量监督抽查管理暂行办法》第二十条"),
        (SampleState.SAMPLED, SampleState.REFUSED, Programme.FOOD, "《食品安全抽样检验管理办法》第二十一条"),
        (SampleState.PLANNED, SampleState.RECEIVED, Programme.PRODUCT, "第二十八条"),
        (SampleState.PLANNED, SampleState.IN_TRANSIT, Programme.FOOD, "第二十条"),
        (SampleState.TESTING, SampleState.STOPPED_ILLEGAL, Programme.FOOD, "第二十一条"),
        (SampleState.CONFORMING, SampleState.OBJECTED, Programme.PRODUCT, "第三十五条"),
        (SampleState.REPORTED, SampleState.PROBLEM, Programme.PRODUCT, "第三十四条"),
        (SampleState.OBJECTED, SampleState.PUBLISHED, Programme.FOOD, "《食品安全法》第八十七条"),
        (SampleState.OBJECTED, SampleState.PUBLISHABLE, Programme.PRODUCT, "《产品质量法》第二十四条"),
    ],
)
def test_an_illegal_move_is_refused_with_its_article_in_both_languages(now, to, programme, article):
    [problem] = check_move(now, to, programme)
    assert article in problem.zh and f"「{now.value}」" in problem.zh and f"「{to.value}」" in problem.zh
    assert now.name in problem.en and to.name in problem.en
    assert "Order 1" in problem.en or "L " in problem.en


def test_every_state_has_its_articles():
    for state in SampleState:
        for programme in (None, *Programme):
            assert "第" in articles_of(state, programme)
        assert articles_of(state, Programme.PRODUCT) in articles_of(state) and articles_of(state, Programme.FOOD) in articles_of(state)


@pytest.mark.parametrize("now", SampleState, ids=lambda state: state.name)
def test_a_correction_after_the_notice_needs_the_organisers_approval(now):
    assert is_move(now, SampleState.REPORTED, approved=True) is (now in APPROVED_CORRECTION or SampleState.REPORTED in NEXT[now])
    assert not is_move(now, SampleState.SAMPLED, approved=True) or now is SampleState.PLANNED


def test_a_move_of_one_programme_is_in_the_table():
    assert all(to in NEXT[now] for now, to in ONLY)


@settings(max_examples=2000)
@given(programme=st.sampled_from(list(Programme)), choices=st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_a_walk_never_leaves_the_machine(programme, choices):
    """No walk is public while it is objected to, and what has ended stays ended."""
    state, walked = SampleState.PLANNED, [SampleState.PLANNED]
    for choice in choices:
        nexts = sorted((to for to in NEXT[state] if is_move(state, to, programme)), key=lambda each: each.name)
        if not nexts:
            assert state in ENDS
            break
        state = nexts[choice % len(nexts)]
        walked.append(state)
    if SampleState.PUBLISHABLE in walked:
        before = walked[: walked.index(SampleState.PUBLISHABLE)]
        assert before[-1] in (SampleState.CONFORMING, SampleState.FINAL), "nothing goes public out of an objection"
    assert SampleState.PROBLEM not in walked or programme is Programme.FOOD
