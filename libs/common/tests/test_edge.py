"""The HTTP edge on real PostgreSQL: one transaction, strict bodies, idempotency, paging, problems."""

import asyncio
import base64
import gzip

import asyncpg
import pytest
from starlette.exceptions import HTTPException

from common import testing
from common.clocks import ClockRefused
from common.http.problems import translate


@pytest.fixture
def officer(platform):
    return platform.client("officer", "officer", region="620102")


async def test_a_2xx_means_committed_with_fact_and_audit_entry(platform, officer):
    answer = await officer.post("/v1/notes", json={"title": "第一"})
    assert answer.status_code == 201, answer.text
    assert answer.headers["etag"] == 'W/"1"'
    assert [e.region_code for e in await platform.facts()] == ["620102"]
    assert (await platform.rows("SELECT act, region_code, seq FROM audit_entry")) == [{"act": "note.create", "region_code": "620102", "seq": 1}]


async def test_next_county_gets_the_same_404_as_for_nothing(platform, officer):
    note = (await officer.post("/v1/notes", json={"title": "x"})).json()
    neighbour = platform.client("other", "officer", region="620103")
    found = await neighbour.get(f"/v1/notes/{note['id']}")
    absent = await neighbour.get("/v1/notes/01900000-0000-7000-8000-000000000000")
    assert found.status_code == absent.status_code == 404
    assert {k: v for k, v in found.json().items() if k != "trace_id"} == {k: v for k, v in absent.json().items() if k != "trace_id"}
    assert (await neighbour.put(f"/v1/notes/{note['id']}", json={"title": "y"})).status_code == 404


@pytest.mark.parametrize("region", ["62", "6201", "620102"])
async def test_superiors_read_what_their_scope_covers(platform, officer, region):
    note = (await officer.post("/v1/notes", json={"title": "x"})).json()
    assert (await platform.client("boss", "officer", region=region).get(f"/v1/notes/{note['id']}")).status_code == 200


async def test_superior_reads_but_does_not_write(platform, officer):
    note = (await officer.post("/v1/notes", json={"title": "x"})).json()
    assert (await platform.client("boss", "officer", region="62").put(f"/v1/notes/{note['id']}", json={"title": "y"})).status_code == 404
    assert await platform.rows("SELECT title FROM note") == [{"title": "x"}]


async def test_nobody_and_the_wrong_role_are_refused(platform, officer):
    assert (await platform.client().get("/v1/notes")).status_code == 401
    refused = await platform.client("s", "sampler", region="620102").post("/v1/notes", json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "role_missing")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"title": "a", "title": "b"}', 400, "json_duplicate_key"),
        (b'{"title": NaN}', 400, "json_not_a_number"),
        (b'{"title": 1e999}', 400, "json_number_range"),
        (b'{"title": "\\u0000"}', 400, "json_nul"),
        (b'{"title": "\\ud800"}', 400, "json_surrogate"),
        (b'{"title": "\xff"}', 400, "json_encoding"),
        (b"\xef\xbb\xbf{}", 400, "json_syntax"),
        (b'{"title": "a"} x', 400, "json_syntax"),
        (b"", 422, "field_missing"),
        (b"[" * 100_000, 400, "json_depth"),
        (b'{"title": ' + b"[" * 40 + b"]" * 40 + b"}", 400, "json_depth"),
        (b'{"title": true}', 422, "field_type"),
        (b'{"title": 12}', 422, "field_type"),
        (b'{"title": "a", "more": 1}', 422, "field_unknown"),
        (b'{"title": ""}', 422, "text_empty"),
        (b'{"title": "a\\u202eb"}', 422, "text_control"),
        (b'{"title": "' + b"x" * 301 + b'"}', 422, "text_length"),
    ],
)
async def test_bad_bodies_get_their_own_code_and_nothing_is_stored(platform, officer, body, status, code):
    answer = await officer.post("/v1/notes", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert await platform.rows("SELECT 1 FROM note") == []


@pytest.mark.parametrize("path", ["/v1/notes?page_token=a%00b", "/v1/notes/%00"])
async def test_a_nul_in_the_address_is_refused(officer, path):
    answer = await officer.get(path)
    assert (answer.status_code, answer.json()["code"]) == (400, "address_nul")


async def test_large_and_packed_bodies_are_bounded(officer):
    bomb = gzip.compress(b" " * (17 * 1024 * 1024))
    heads = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert (await officer.post("/v1/notes", content=bomb, headers=heads)).json()["code"] == "body_too_large"
    assert (await officer.post("/v1/notes", content=b"x", headers=heads)).json()["code"] == "gzip_invalid"
    assert (await officer.post("/v1/notes", content=b" " * (16 * 1024 * 1024 + 1))).status_code == 413
    good = gzip.compress('{"title": "好"}'.encode())
    assert (await officer.post("/v1/notes", content=good, headers=heads)).status_code == 201
    assert (await officer.post("/v1/notes", content=b"a=b", headers={"Content-Type": "text/plain"})).status_code == 415


async def test_same_key_same_answer_byte_for_byte(platform, officer):
    first = await officer.post("/v1/notes", json={"title": "x"}, headers={"Idempotency-Key": "k1"})
    again = await officer.post("/v1/notes", json={"title": "x"}, headers={"Idempotency-Key": "k1"})
    assert (again.status_code, again.content, again.headers["etag"]) == (201, first.content, first.headers["etag"])
    other = await officer.post("/v1/notes", json={"title": "z"}, headers={"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(await platform.rows("SELECT 1 FROM note")) == 1
    elsewhere = platform.client("other", "officer", region="620103")
    assert (await elsewhere.post("/v1/notes", json={"title": "x"}, headers={"Idempotency-Key": "k1"})).status_code == 201


async def test_the_same_key_at_the_same_time_has_one_effect(platform, officer):
    calls = [officer.post("/v1/notes", json={"title": "x"}, headers={"Idempotency-Key": "k"}) for _ in range(5)]
    answers = await asyncio.gather(*calls)
    assert {a.content for a in answers} == {answers[0].content}
    assert len(await platform.rows("SELECT 1 FROM note")) == 1


async def test_a_refused_request_does_not_use_up_its_key(officer):
    assert (await officer.post("/v1/notes", json={}, headers={"Idempotency-Key": "k2"})).status_code == 422
    assert (await officer.post("/v1/notes", json={"title": "x"}, headers={"Idempotency-Key": "k2"})).status_code == 201


async def test_stale_changes_are_refused(officer):
    note = (await officer.post("/v1/notes", json={"title": "x"})).json()
    url = f"/v1/notes/{note['id']}"
    assert (await officer.put(url, json={"title": "y"}, headers={"If-Match": 'W/"1"'})).status_code == 200
    assert (await officer.put(url, json={"title": "z"}, headers={"If-Match": 'W/"1"'})).status_code == 412
    assert (await officer.put(url, json={"title": "z"}, headers={"If-Match": "1"})).json()["code"] == "if_match"


async def test_pages_follow_each_other_and_foreign_tokens_are_refused(officer):
    for n in range(5):
        await officer.post("/v1/notes", json={"title": str(n)})
    seen, token = [], None
    while True:
        page = (await officer.get("/v1/notes", params={"page_size": 2} | ({"page_token": token} if token else {}))).json()
        seen += [item["title"] for item in page["items"]]
        token = page["next_page_token"]
        if not token:
            break
    assert seen == list("01234")
    keys = ('["\\u0000"]', '["\\ud800"]', "[9223372036854775808]", "[true]", "[[]]")
    made = [base64.urlsafe_b64encode(key.encode()).decode().rstrip("=") for key in keys]
    for bad in ("x", "W10", "WyJhIiwgImIiXQ", "eyJhIjoxfQ", *made):
        assert (await officer.get("/v1/notes", params={"page_token": bad})).json()["code"] == "page_token"
    assert (await officer.get("/v1/notes", params={"page_size": 201})).json()["code"] == "number_range"


async def test_problems_speak_english_when_asked(officer):
    absent = "/v1/notes/01900000-0000-7000-8000-000000000000"
    assert "不存在" in (await officer.get(absent)).json()["detail"]
    assert "no such" in (await officer.get(absent, headers={"Accept-Language": "en"})).json()["detail"]
    assert (await officer.get("/v1/nothing")).headers["content-type"] == "application/problem+json"
    assert (await officer.patch("/v1/notes")).status_code == 405


async def test_an_account_of_no_bureau_and_no_laboratory_is_refused(platform):
    headers = {"Authorization": f"Bearer {testing.token('stray', 'officer')}"}
    answer = await platform.client().post("/v1/notes", json={"title": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "tenant_missing")


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Content-Encoding": "br"}, 415, "content_encoding"),
        ({"Content-Type": "application/xml"}, 415, "media_type"),
        ({"Idempotency-Key": "bad key"}, 422, "idempotency_key"),
        ({"Idempotency-Key": "x" * 201}, 422, "idempotency_key"),
    ],
)
async def test_bad_headers_get_their_own_code(platform, officer, headers, status, code):
    answer = await officer.post("/v1/notes", content=b'{"title": "x"}', headers={"Content-Type": "application/json"} | headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await platform.rows("SELECT 1 FROM note") == []


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (HTTPException(400), 400, "request_malformed"),
        (HTTPException(404), 404, "not_found"),
        (HTTPException(405), 405, "method"),
        (ClockRefused("no_length", "没有期限"), 422, "no_length"),
        (TimeoutError(), 503, "unavailable"),
        (ConnectionResetError(), 503, "unavailable"),
        (ZeroDivisionError(), 500, "internal"),
    ],
)
def test_every_exception_becomes_a_problem(error, status, code):
    problem = translate(error)
    assert (problem.status, problem.code) == (status, code)


async def test_a_caller_who_asks_too_much_at_once_is_told_to_wait_and_loses_nothing(platform, officer):
    note = (await officer.post("/v1/notes", json={"title": "x"})).json()
    places = platform.runtime.settings.pool_size
    holder = await asyncpg.connect(testing.superuser_url(platform.runtime.db.url.rsplit("/", 1)[1]))
    try:
        async with holder.transaction():
            await holder.execute("SELECT 1 FROM note FOR UPDATE")
            waiting = [asyncio.create_task(officer.put(f"/v1/notes/{note['id']}", json={"title": str(n)})) for n in range(places)]
            for _ in range(500):
                if platform.runtime.at_work["officer"] == places:
                    break
                await asyncio.sleep(0.01)
            refused = await officer.get(f"/v1/notes/{note['id']}")
            neighbour = await platform.client("other", "officer", region="620103").get("/v1/notes")
    finally:
        await holder.close()
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (429, "too_many_requests", "2")
    assert neighbour.status_code == 200
    assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200] * places
    assert not platform.runtime.at_work


async def test_a_bureau_with_a_quota_shares_it_among_its_people_and_takes_nothing_from_others(platform, officer):
    note = (await officer.post("/v1/notes", json={"title": "x"})).json()
    url = f"/v1/notes/{note['id']}"
    people = [platform.client(name, "officer", region="620102", requests_at_once=2) for name in ("a", "b", "c")]
    holder = await asyncpg.connect(testing.superuser_url(platform.runtime.db.url.rsplit("/", 1)[1]))
    try:
        async with holder.transaction():
            await holder.execute("SELECT 1 FROM note FOR UPDATE")
            waiting = [asyncio.create_task(person.put(url, json={"title": "y"})) for person in people[:2]]
            for _ in range(500):
                if platform.runtime.at_work["all of 620102"] == 2:
                    break
                await asyncio.sleep(0.01)
            refused = await people[2].get(url)
            superior = await platform.client("boss", "officer", region="6201", requests_at_once=2).get(url)
    finally:
        await holder.close()
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (429, "too_many_requests", "2")
    assert "2 个" in refused.json()["detail"]
    assert superior.status_code == 200
    assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200, 200]
    assert not platform.runtime.at_work
