"""Pushing against a platform that cuts, stumbles and slows: every report once, the same key for the same content, receipts that hold."""

import json
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from misbehaving import KEYS, PUSH, SAMPLES, TOKEN, Platform, Running, many, report

from longzhi_lab import Config, CredentialsRefused, Source, Unreachable, UsageError, open_link, push, try_out, verify
from longzhi_lab.keys import read_keys
from longzhi_lab.waiting import list_samples


@pytest.fixture
def config(platform, tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    return Config(platform.url, "L01", "demo-L01", tmp_path / "state", patience=10, first_wait=0.02)


def pushed(config, reports, mode="partial", count=1000, run=push):
    with open_link(config) as link:
        return run(link, Source(reports), mode, count=count)


def keys_by_body(platform):
    found = {}
    for seen in platform.pushes:
        found.setdefault(seen.body, set()).add(seen.key)
    return found


def test_all_reports_go_in_by_batches_and_each_receipt_verifies(platform, config):
    outcome = pushed(config, many(25), count=10)
    assert (outcome.count("accepted"), outcome.count("rejected"), len(outcome.receipts)) == (25, 0, 3)
    assert [r.report_no for r in outcome.results] == [r["report_no"] for r in many(25)]
    keys = read_keys(config.state / "keys.json")
    assert {f.verdict for path in outcome.receipts for f in verify(path, keys)} == {"holds"}


@pytest.mark.parametrize("mood", ["cut_before", "cut_after", "torn", "html", "slow", 500, 502, 503, 504, 429, (429, "0"), 408])
def test_a_call_that_goes_wrong_is_repeated_with_the_same_key_and_body(platform, config, mood):
    platform.moods[PUSH] = [mood, mood]
    outcome = pushed(config, many(3))
    assert outcome.count("accepted") == 3
    assert set(platform.accepted.values()) == {1}
    assert [len(keys) for keys in keys_by_body(platform).values()] == [1]


def test_retry_after_is_honoured(platform, config):
    platform.moods[PUSH] = [(429, "1")]
    pushed(config, many(1))
    assert platform.times[1] - platform.times[0] >= 1.0


@pytest.mark.parametrize("path", [TOKEN, KEYS])
@pytest.mark.parametrize("mood", ["cut_before", "html", 503])
def test_the_other_calls_are_repeated_too(platform, config, path, mood):
    platform.moods[path] = [mood]
    assert pushed(config, many(1)).count("accepted") == 1


def test_a_revoked_token_is_renewed_once(platform, config):
    with open_link(config) as link:
        push(link, Source(many(1)))
        platform.revoked.update(platform.tokens)
        assert push(link, Source([report(7)])).count("accepted") == 1
    assert len(platform.tokens) == 2


def test_a_token_is_renewed_before_it_expires(platform, config):
    platform.expires_in = 0.2
    platform.moods[PUSH] = ["slow", "slow", "slow"]
    assert pushed(config, many(3), count=1).count("accepted") == 3
    assert len({seen.token for seen in platform.pushes}) == 3


def test_a_laboratory_that_is_refused_even_with_a_new_token_ends(platform, config):
    platform.moods[PUSH] = [401, 401]
    with pytest.raises(CredentialsRefused):
        pushed(config, many(1))


def test_a_wrong_secret_ends_at_once(platform, config):
    wrong = Config(config.url, "L01", "wrong", config.state, patience=5, first_wait=0.02)
    started = time.monotonic()
    with pytest.raises(CredentialsRefused):
        pushed(wrong, many(1))
    assert time.monotonic() - started < 2


def test_patience_ends_and_the_next_run_goes_on_with_the_same_keys(platform, config):
    platform.moods[PUSH] = [None, "cut_after", *[503] * 50]
    short = Config(config.url, "L01", "demo-L01", config.state, patience=0.3, first_wait=0.02)
    with pytest.raises(Unreachable):
        pushed(short, many(30), count=10)
    platform.moods[PUSH] = []
    outcome = pushed(config, many(30), count=10)
    assert outcome.count("accepted") == 30
    assert set(platform.accepted.values()) == {1}
    assert {len(keys) for keys in keys_by_body(platform).values()} == {1}
    assert len({seen.key for seen in platform.pushes}) == 3


def test_nobody_listening_is_unreachable(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    config = Config("http://127.0.0.1:9", "L01", "demo-L01", tmp_path, patience=0.2, first_wait=0.02)
    with pytest.raises(Unreachable):
        pushed(config, many(1))


def test_pushing_the_same_content_again_changes_nothing_and_is_a_new_call(platform, config):
    pushed(config, many(5))
    again = pushed(config, many(5))
    assert (again.count("unchanged"), set(platform.accepted.values())) == (5, {1})
    assert len({seen.key for seen in platform.pushes}) == 2


def test_what_was_rejected_for_a_passing_reason_is_judged_anew(platform, config):
    platform.not_received = {report(0)["sample_no"]}
    assert pushed(config, many(2)).count("rejected") == 1
    platform.not_received = set()
    assert Counter(r.status for r in pushed(config, many(2)).results) == {"accepted": 1, "unchanged": 1}


def test_a_lost_state_folder_does_not_bring_old_rejections_back(platform, config):
    platform.not_received = {report(0)["sample_no"]}
    pushed(config, many(2))
    platform.not_received = set()
    forgetful = Config(config.url, "L01", "demo-L01", config.state.with_name("other"), patience=5, first_wait=0.02)
    assert pushed(forgetful, many(2)).count("rejected") == 0
    assert set(platform.accepted.values()) == {1}


def test_a_rejection_names_the_report_the_pointer_and_the_words(platform, config):
    bad = report(1, items=[report(1)["items"][0] | {"result": "约5"}])
    outcome = pushed(config, [report(0), bad, report(2, verdict=...)])
    assert [(r.report_no, [(p.code, p.pointer) for p in r.problems]) for r in outcome.rejected] == [
        ("GSZJ-2021-000001", [("result_grammar", "/items/0/result")]), ("GSZJ-2021-000002", [("field_missing", "/verdict")]),
    ]  # fmt: skip
    assert {f.verdict for f in verify(outcome.receipts[0], read_keys(config.state / "keys.json"))} == {"holds"}


def test_a_call_refused_as_a_whole_rejects_its_reports_and_the_others_go_in(platform, config):
    outcome = pushed(config, [report(0), report(1, report_no="REFUSE-THE-CALL"), report(2)], count=1)
    assert [r.status for r in outcome.results] == ["accepted", "rejected", "accepted"]
    assert outcome.rejected[0].problems[0].code == "value_unknown"


@pytest.mark.parametrize("status", [403, 404, 409, 301])
def test_a_call_that_is_refused_for_another_reason_ends(platform, config, status):
    platform.moods[PUSH] = [status]
    with pytest.raises(UsageError):
        pushed(config, many(1))


def test_a_dry_run_leaves_no_trace(platform, config):
    outcome = pushed(config, many(3), run=try_out)
    assert (outcome.count("accepted"), outcome.receipts, sum(platform.accepted.values())) == (3, (), 0)
    assert json.loads(platform.pushes[0].body)["dry_run"] is True
    assert not (config.state / "pushes").exists()


def test_all_or_nothing_must_fit_one_call(platform, config):
    with pytest.raises(UsageError):
        pushed(config, many(11), mode="atomic", count=10)
    assert platform.pushes == []
    pushed(config, many(10), mode="atomic", count=10)
    assert json.loads(platform.pushes[0].body)["mode"] == "atomic"


MOODS = st.lists(st.sampled_from([None, "cut_before", "cut_after", "torn", "html", 500, 502, 503, 504, 429, (429, "0")]), max_size=14)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(MOODS, st.integers(1, 6), st.integers(2, 5))
def test_whatever_the_network_does_every_report_is_accepted_once_under_one_key_a_batch(moods, count, runs):
    """Any sequence of faults, and patience that ends at any of them; the library is run again until it comes through."""
    platform = Platform()
    with Running(platform), tempfile.TemporaryDirectory() as folder:
        platform.moods[PUSH] = list(moods)
        for run in range(runs + len(moods)):
            config = Config(platform.url, "L01", "demo-L01", Path(folder), patience=0.0 if run < runs else 10, first_wait=0.001)
            try:
                outcome = pushed(config, many(8), count=count)
                break
            except Unreachable:
                continue
    assert len(outcome.results) == 8
    assert platform.accepted == {report["report_no"]: 1 for report in many(8)}
    assert {len(keys) for keys in keys_by_body(platform).values()} == {1}


def test_lists_are_read_page_by_page(platform, config):
    platform.samples = [{"id": f"s{n}", "sample_no": f"N{n}", "state": "RECEIVED"} for n in range(5)]
    platform.moods[SAMPLES] = ["html", None, 503]

    with open_link(config) as link:
        assert [row["id"] for row in list_samples(link, "RECEIVED")] == ["s0", "s1", "s2", "s3", "s4"]
