"""Panels: drawn, revealed, replayed, changed by recusal, heard."""

import asyncio

import pytest
from longzhi.experts.v1.events_pb2 import OpinionGiven, PanelDrawn

PARTY = "91620902MA7100000G"


def said(answer):
    return answer.status_code, answer.json().get("code")


async def draw(client, make, *args, **changes):
    answer = await client.post("/v1/draws", json=make.request(*args, **changes))
    assert answer.status_code == 201, answer.text
    return answer.json()


def seated(drawn):
    return [member["expert_id"] for member in drawn["members"] if member["seated"]]


def spares(drawn):
    return [member["expert_id"] for member in drawn["members"] if member["spare"]]


@pytest.fixture
def reproducible(platform):
    """The service with the setting of a reproducible demonstration."""
    platform.runtime.settings = platform.runtime.settings.model_copy(update={"draw_seed": "0a" * 32})


@pytest.fixture
def chief(platform):
    return platform.client("chief.620102", "chief", region="620102")


async def test_a_county_draws_from_the_provinces_pool(platform, planner, pool, make):
    drawn = await draw(planner, make)
    assert (drawn["region_code"], len(seated(drawn)), len(spares(drawn)), drawn["seed"]) == ("620102", 3, 3, None)
    assert set(seated(drawn) + spares(drawn)) <= set(pool)
    assert drawn["tally"] == {"agree": 0, "disagree": 0, "abstain": 0, "outstanding": 3}
    [fact] = await platform.facts(PanelDrawn)
    assert (fact.draw_id, fact.pool, fact.purpose, list(fact.expert_ids)) == (drawn["id"], "PRODUCT", "plan-line:1", seated(drawn))
    [envelope] = await platform.facts()
    assert (envelope.region_code, envelope.key) == ("620102", drawn["id"])
    [entry] = await platform.rows("SELECT act, details->>'commitment' AS c FROM audit_entry WHERE region_code = '620102'")
    assert entry == {"act": "draw.draw", "c": drawn["commitment"]}


async def test_the_same_request_gives_the_same_draw_and_another_is_refused(platform, planner, pool, make):
    first = await draw(planner, make)
    again = await planner.post("/v1/draws", json=make.request())
    assert (again.status_code, again.json()) == (200, first)
    assert said(await planner.post("/v1/draws", json=make.request(size=5))) == (409, "request_reused")
    assert len(await platform.facts(PanelDrawn)) == 1


async def test_one_request_at_the_same_time_is_one_draw(platform, planner, pool, make):
    answers = await asyncio.gather(*(planner.post("/v1/draws", json=make.request()) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await platform.facts(PanelDrawn)) == 1


async def test_the_seed_is_hidden_until_revealed_and_then_everybody_can_replay(platform, planner, pool, make):
    drawn = await draw(planner, make)
    url = f"/v1/draws/{drawn['id']}"
    [row] = await platform.rows("SELECT seed FROM draw")
    assert row["seed"].hex() not in (await planner.get(url)).text
    assert said(await planner.post(f"{url}/reveal", json={"revealed_on": "2021-01-04"})) == (422, "date_order")
    revealed = await planner.post(f"{url}/reveal", json={"revealed_on": "2021-01-06"})
    assert revealed.json()["seed"] == row["seed"].hex()
    assert said(await planner.post(f"{url}/reveal", json={"revealed_on": "2021-01-06"})) == (409, "draw_revealed")
    again = (await planner.get(f"{url}/replay")).json()
    assert (again["matches"], again["order"], again["commitment"]) == (True, drawn["protocol"]["order"], drawn["commitment"])


async def test_a_protocol_changed_in_the_database_does_not_match_any_more(platform, planner, pool, make):
    drawn = await draw(planner, make)
    await platform.rows("UPDATE draw SET protocol = jsonb_set(protocol, '{candidates,0,reason}', '\"TERM\"')")
    again = (await planner.get(f"/v1/draws/{drawn['id']}/replay")).json()
    assert (again["matches"], again["candidates_match"], again["commitment_matches"]) == (False, False, False)


async def test_recused_experts_stand_in_the_protocol_with_their_reason(admin, planner, fill, make, pool):
    more = [
        make.application(20, unit_uscc=PARTY),
        make.application(21, interests=[{"uscc": PARTY, "until": "2022-01-01"}]),
        make.application(22, residence_code="620902"),
        make.application(23, specialities=["别的"]),
    ]
    ids = await fill(admin, more)
    drawn = await draw(planner, make, recuse_usccs=[PARTY], recuse_regions=["6209"])
    reasons = {entry["expert_id"]: entry["reason"] for entry in drawn["protocol"]["candidates"]}
    assert [reasons.get(each) for each in ids] == ["UNIT_IS_PARTY", "INTEREST", "REGION", None]
    assert set(reasons) == set(pool + ids[:3])


async def test_too_few_experts_after_recusal_leave_nothing_behind(platform, planner, pool, make):
    assert said(await planner.post("/v1/draws", json=make.request(recuse_regions=["62"]))) == (409, "candidates_short")
    assert said(await planner.post("/v1/draws", json=make.request(size=5))) == (409, "candidates_short")
    assert said(await planner.post("/v1/draws", json=make.request(size=4))) == (422, "panel_size")
    assert await platform.rows("SELECT 1 FROM draw") == []


async def test_the_sixth_draw_of_a_quarter_counts_whichever_bureau_drew(platform, planner, reproducible, pool, make):
    bureaus = [platform.client("p", "planner", region=code) for code in ("620102", "620103", "62", "6202")]
    full: set[str] = set()
    for n in range(14):  # 14 × 3 seats for 8 experts: somebody sits for the sixth time
        await draw(bureaus[n % 4], make, f"r-{n}", drawn_on="2021-03-31")
        full = {row["id"] for row in await platform.rows("SELECT expert_id::text AS id FROM duty GROUP BY 1 HAVING count(*) = 6")}
        if full:
            break
    after = await draw(planner, make, "after", drawn_on="2021-03-31")
    assert {entry["expert_id"] for entry in after["protocol"]["candidates"] if entry["reason"] == "OVERDRAWN"} == full
    next_quarter = await draw(planner, make, "next", drawn_on="2021-04-01")
    assert not [entry for entry in next_quarter["protocol"]["candidates"] if entry["reason"]]


async def test_a_party_asks_once_for_recusal_and_the_first_spare_takes_the_seat(platform, planner, pool, make):
    drawn = await draw(planner, make)
    out, other = seated(drawn)[:2]
    url = f"/v1/draws/{drawn['id']}/members"
    late = await planner.post(f"{url}/{out}/recuse", json={"asked_on": "2021-01-07", "reason": "曾任职于本公司"})
    assert said(late) == (409, "recusal_late")
    done = (await planner.post(f"{url}/{out}/recuse", json={"asked_on": "2021-01-06", "reason": "曾任职于本公司"})).json()
    assert seated(done) == [*seated(drawn)[1:], spares(drawn)[0]]
    assert done["members"][0]["state"] == "RECUSED"
    assert done["members"][3]["called_for"] == out
    assert said(await planner.post(f"{url}/{other}/recuse", json={"asked_on": "2021-01-06", "reason": "x"})) == (409, "recusal_used")
    leave = {"declined_on": "2021-01-06", "with_cause": True, "reason": "x"}
    assert said(await planner.post(f"{url}/{out}/decline", json=leave)) == (409, "not_seated")
    assert (await planner.get(f"/v1/draws/{drawn['id']}/replay")).json()["matches"] is True
    assert len(await platform.rows("SELECT 1 FROM duty")) == 4


async def test_spares_run_out(planner, pool, make):
    drawn = await draw(planner, make)
    url, out = f"/v1/draws/{drawn['id']}/members", {"declined_on": "2021-01-06", "with_cause": True, "reason": "出差"}
    for _ in range(3):
        drawn = (await planner.post(f"{url}/{seated(drawn)[0]}/decline", json=out)).json()
    assert said(await planner.post(f"{url}/{seated(drawn)[0]}/decline", json=out)) == (409, "spares_used")


async def test_two_refusals_without_cause_bar_from_draws_and_suspend_at_the_years_score(admin, planner, reproducible, pool, make):
    refusal, refused = {"declined_on": "2021-12-06", "with_cause": False, "reason": "不愿参加"}, 0
    for n in range(20):  # five draws a quarter, so that nobody is overdrawn
        drawn = await draw(planner, make, f"r-{n}", drawn_on=f"2021-{n % 4 * 3 + 1:02d}-05")
        if refused == 2:
            break
        if pool[0] in seated(drawn):
            assert (await planner.post(f"/v1/draws/{drawn['id']}/members/{pool[0]}/decline", json=refusal)).status_code == 200
            refused += 1
    [entry] = [each for each in drawn["protocol"]["candidates"] if each["expert_id"] == pool[0]]
    assert entry["reason"] == "REFUSALS"
    marks = {"year": 2021, "attendance": 30, "quality": 40, "discipline": 30, "scored_on": "2022-01-10"}
    assert (await admin.post(f"/v1/experts/{pool[0]}/scores", json=marks)).json()["refusals"] == 2
    assert (await admin.get(f"/v1/experts/{pool[0]}")).json()["state"] == "SUSPENDED"


async def test_an_opinion_follows_the_declaration_and_is_told_once(platform, planner, chief, pool, make):
    drawn = await draw(planner, make)
    member = f"/v1/draws/{drawn['id']}/members/{seated(drawn)[0]}"
    opinion = {"opinion": "agree", "text": "同意抽查方案", "given_on": "2021-01-08"}
    assert said(await chief.post(f"{member}/opinion", json=opinion)) == (409, "interest_undeclared")
    assert (await chief.post(f"{member}/declare", json={"declared_on": "2021-01-07", "has_interest": False})).status_code == 200
    given = (await chief.post(f"{member}/opinion", json=opinion)).json()
    assert given["tally"] == {"agree": 1, "disagree": 0, "abstain": 0, "outstanding": 2}
    assert said(await chief.post(f"{member}/opinion", json=opinion)) == (409, "opinion_given")
    leave = {"declined_on": "2021-01-09", "with_cause": True, "reason": "x"}
    assert said(await planner.post(f"{member}/decline", json=leave)) == (409, "opinion_given")
    [fact] = await platform.facts(OpinionGiven)
    assert (fact.draw_id, fact.expert_id, fact.opinion) == (drawn["id"], seated(drawn)[0], "agree")


async def test_a_declared_interest_gives_the_seat_to_a_spare(planner, chief, pool, make):
    drawn = await draw(planner, make)
    body = {"declared_on": "2021-01-07", "has_interest": True, "reason": "亲属任职"}
    done = (await chief.post(f"/v1/draws/{drawn['id']}/members/{seated(drawn)[2]}/declare", json=body)).json()
    assert [member["state"] for member in done["members"]] == ["DRAWN", "DRAWN", "REPLACED", "DRAWN", "DRAWN", "DRAWN"]
    assert seated(done)[2] == spares(drawn)[0]


async def test_only_the_drawer_changes_a_draw_and_only_its_superiors_see_it(platform, planner, pool, make):
    drawn = await draw(planner, make)
    url = f"/v1/draws/{drawn['id']}"
    seen = {code: (await platform.client("x", "planner", region=code).get(url)).status_code for code in ("62", "6201", "620102", "620103", "6202")}
    assert seen == {"62": 200, "6201": 200, "620102": 200, "620103": 404, "6202": 404}
    superior = platform.client("x", "planner", region="62")
    assert said(await superior.post(f"{url}/reveal", json={"revealed_on": "2021-01-06"})) == (404, "not_found")
    stranger = "01900000-0000-7000-8000-000000000000"
    assert said(await planner.post(f"{url}/members/{stranger}/recuse", json={"asked_on": "2021-01-06", "reason": "x"})) == (404, "not_found")


async def test_stale_acts_are_refused(planner, pool, make):
    drawn = await draw(planner, make)
    url, body = f"/v1/draws/{drawn['id']}/members/{seated(drawn)[0]}/recuse", {"asked_on": "2021-01-06", "reason": "x"}
    assert said(await planner.post(url, json=body, headers={"If-Match": 'W/"7"'})) == (412, "stale")
    assert (await planner.post(url, json=body, headers={"If-Match": 'W/"1"'})).headers["etag"] == 'W/"2"'


async def test_draws_are_listed_by_pool_and_purpose(planner, pool, make):
    made = [await draw(planner, make, f"r-{n}", purpose=f"plan-line:{n}") for n in range(3)]
    assert [each["id"] for each in (await planner.get("/v1/draws?pool=PRODUCT")).json()["items"]] == [each["id"] for each in made]
    assert [each["id"] for each in (await planner.get("/v1/draws?purpose=plan-line:1")).json()["items"]] == [made[1]["id"]]
    page = (await planner.get("/v1/draws?page_size=2")).json()
    assert len((await planner.get("/v1/draws", params={"page_size": 2, "page_token": page["next_page_token"]})).json()["items"]) == 1


async def test_the_demonstrations_seed_draws_the_same_numbers_on_every_installation(planner, reproducible, pool, make):
    drawn = await draw(planner, make, "demo-1")
    assert drawn["protocol"]["order"] == [f"62/GS-P-000{n}" for n in (1, 4, 0, 3, 6, 7)]
