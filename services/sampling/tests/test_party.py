"""The party's page: a link and a code open one party's own result and nothing else; it objects there, hands in evidence, and sees where it stands."""

import re
from datetime import date
from pathlib import Path

import pytest
from evidence_files import jpeg
from objection_cases import SERVED

from common.today import today
from sampling.rules.objections import CaseState, Kind, Outcome

CODE, API_PREFIX = "X-Party-Code", "/api/sampling/v1/party/"


@pytest.fixture
def on(platform):
    """Sets the day that the service believes it is."""

    def set_day(text):
        platform.app.dependency_overrides[today] = lambda: date.fromisoformat(text)

    return set_day


def visitor(platform):
    return platform.client()


async def open_page(platform, made, code=None, token=None):
    return await visitor(platform).get(f"/v1/party/{token or made['token']}", headers={CODE: code or made["code"]})


async def test_a_party_reads_its_result_and_its_rights_with_their_last_days(batch, platform, on):
    made = await batch.linked()
    on("2021-03-10")
    page = (await open_page(platform, made)).json()
    assert (page["party_role"], page["party_name"], page["sample_no"]) == ("seller", "城关区某建材店", made["sample_no"])
    assert [(one["item"], one["result"], one["limit"]) for one in page["result"]["items"]] == [("甲醛释放量", "0.21", "≤0.124 mg/m³")]
    assert (page["result"]["served_on"], page["result"]["objection_until"], page["cases"]) == ("2021-03-01", "2021-03-16", [])
    assert {one["kind"]: (one["allowed"], one["until"]) for one in page["rights"]}["检验结论(复检)"] == (True, "2021-03-16")
    assert page["duties"] and made["link"]["path"] == f"/party.html#{made['token']}"
    assert "肃州区某板业公司" not in str(page), "nothing of the other party"


async def test_before_the_notice_nothing_of_the_result_is_shown(batch, platform):
    sample = await batch.failed()
    link = await batch.act(batch.officer(), sample, "party-links", {"party_role": "producer"})
    page = (await open_page(platform, {"token": link["token"], "code": link["code"]})).json()
    assert (page["result"], page["conclusion"], page["duties"]) == (None, None, [])


async def test_a_party_asks_for_re_inspection_on_the_page(batch, platform, on):
    made = await batch.linked()
    on("2021-03-12")
    body = {"kind": "检验结论(复检)", "items": ["甲醛释放量"], "reason": "不服检验结论", "contact": "王某", "phone": "13800001234"}
    answer = await visitor(platform).post(f"/v1/party/{made['token']}/objections", json=body, headers={CODE: made["code"]})
    assert (answer.status_code, answer.json()["state"], answer.json()["findings"]) == (201, "FILED", [])
    [case] = (await open_page(platform, made)).json()["cases"]
    assert (case["kind"], case["applied_on"]) == ("检验结论(复检)", "2021-03-12")
    seen = (await batch.officer().get(f"/v1/objections/{case['id']}")).json()
    assert (seen["via"], seen["party_role"], seen["contact"], seen["phone"]) == ("party", "seller", "王某", "138****1234")
    assert (await batch.officer().get(f"/v1/samples/{made['id']}")).json()["state"] == "OBJECTED"
    again = await visitor(platform).post(f"/v1/party/{made['token']}/objections", json=body, headers={CODE: made["code"]})
    assert (again.status_code, again.json()["code"]) == (409, "objection_open")


async def test_a_late_application_is_answered_with_the_count(batch, platform, on):
    made = await batch.linked()
    on("2021-03-17")
    body = {"kind": "检验方法", "reason": "方法不适用", "contact": "王某", "phone": "13800001234"}
    answer = await visitor(platform).post(f"/v1/party/{made['token']}/objections", json=body, headers={CODE: made["code"]})
    [finding] = answer.json()["findings"]
    assert (finding["code"], finding["limit"]["until"], len(finding["limit"]["proof"])) == ("objection_late", "2021-03-16", 16)


async def test_a_party_hands_in_evidence(batch, platform):
    made = await batch.linked()
    url, headers = f"/v1/party/{made['token']}/evidence", {CODE: made["code"]}
    answer = await visitor(platform).post(url, files={"file": ("发票.jpg", jpeg(), "image/jpeg")}, headers=headers)
    assert (answer.status_code, answer.json()["kind"]) == (201, "异议材料"), answer.text
    [row] = await platform.rows("SELECT sample_id::text, created_by, region_code FROM evidence WHERE kind = '异议材料'")
    assert (row["sample_id"], row["region_code"]) == (made["id"], "620102") and row["created_by"].startswith("party:")
    for files, code in (({"other": ("a", b"x", "text/plain")}, "field_missing"), ({"file": ("a.exe", b"MZ\0\0", "image/jpeg")}, "")):
        bad = await visitor(platform).post(url, files=files, headers=headers)
        assert bad.status_code == 422 and (not code or bad.json()["code"] == code), bad.text
    plain = await visitor(platform).post(url, content=b"x", headers=headers | {"content-type": "text/plain"})
    assert (plain.status_code, plain.json()["code"]) == (415, "media_type")
    endless = await visitor(platform).post(url, content=_parts(), headers=headers | {"content-type": "multipart/form-data; boundary=x"})
    assert (endless.status_code, endless.json()["code"]) == (422, "length_missing")
    headers |= {"content-type": "multipart/form-data; boundary=x", "content-length": str(30 * 1024 * 1024)}
    assert (await visitor(platform).post(url, content=b"", headers=headers)).json()["code"] == "body_too_large"


async def _parts():
    yield b"x"


async def test_wrong_expired_forged_and_foreign_links_all_look_the_same(batch, platform):
    made, other = await batch.linked(), await batch.linked()
    await platform.rows("UPDATE party_link SET expires_at = now() - interval '1 day' WHERE sample_id = $1", other["id"])
    asked = [
        (made["token"], "WRONGONE"),
        (other["token"], other["code"]),
        (made["token"][:-3] + "AAA", made["code"]),
        ("x", "y"),
        (made["token"], other["code"]),
    ]
    answers = [await open_page(platform, made, code, token) for token, code in asked]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["detail"] for answer in answers}) == 1 and {answer.json()["code"] for answer in answers} == {"party_link"}
    assert (await visitor(platform).get(f"/v1/party/{made['token']}")).status_code == 404, "no code at all"
    assert (await open_page(platform, made)).status_code == 200


async def test_five_wrong_codes_lock_the_link_for_a_while(batch, platform):
    made = await batch.linked()
    for _ in range(5):
        assert (await open_page(platform, made, "AAAAAAAA")).status_code == 404
    assert (await open_page(platform, made)).status_code == 404, "locked: the right code does not open it"
    await platform.rows("UPDATE party_link SET locked_until = now() - interval '1 second'")
    assert (await open_page(platform, made, f" {made['code'].lower()} ")).status_code == 200
    acts = [row["act"] for row in await platform.rows("SELECT act FROM audit_entry WHERE act LIKE 'party.%' ORDER BY seq")]
    assert acts == ["party.link"] + ["party.wrong_code"] * 5 + ["party.open"]


async def test_an_hours_openings_are_counted(batch, platform):
    made = await batch.linked()
    await platform.rows("UPDATE party_link SET in_window = 60, window_from = now()")
    answer = await open_page(platform, made)
    assert (answer.status_code, answer.json()["code"]) == (429, "party_link_busy") and "retry-after" in answer.headers


async def test_a_new_link_ends_the_older_one(batch, platform):
    made = await batch.linked()
    link = await batch.act(batch.officer(), made, "party-links", {"party_role": "seller", "days": 3})
    assert (await open_page(platform, made)).status_code == 404
    assert (await open_page(platform, {"token": link["token"], "code": link["code"]})).status_code == 200
    [row] = await platform.rows("SELECT code_hash FROM party_link WHERE NOT revoked")
    assert link["code"] not in row["code_hash"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"party_role": "consignor"}, "party_unknown"),
        ({"party_role": "seller", "days": 61}, "number_range"),
        ({"party_role": "market"}, "value_unknown"),
    ],
)
async def test_a_link_is_for_a_party_that_answers(batch, body, code):
    sample = await batch.told()
    answer = await batch.officer().post(f"/v1/samples/{sample['id']}/party-links", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    ("content", "media", "status", "code"),
    [(b'{"kind": "x", "kind": "y"}', "application/json", 400, "json_duplicate_key"), (b"{}", "application/json", 422, "field_missing"),
     (b"{}", "text/plain", 415, "media_type"), (b"[" * 300_000, "application/json", 413, "body_too_large")],
)  # fmt: skip
async def test_the_open_routes_read_as_strictly_as_the_others(batch, platform, content, media, status, code):
    made = await batch.linked()
    headers = {CODE: made["code"], "content-type": media}
    answer = await visitor(platform).post(f"/v1/party/{made['token']}/objections", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_the_producer_sees_only_its_own_applications(batch, platform):
    made = await batch.linked()
    await batch.objected(sample=made)
    link = await batch.act(batch.officer(), made, "party-links", {"party_role": "producer"})
    assert (await open_page(platform, made)).json()["cases"] == []
    assert len((await open_page(platform, {"token": link["token"], "code": link["code"]})).json()["cases"]) == 1
    assert SERVED["method"] == "直接送达"


def test_the_page_has_what_its_script_asks_for_and_nothing_from_elsewhere():
    folder = Path(__file__).parents[2] / "console" / "static"
    html, script, style = [(folder / f"party.{kind}").read_text() for kind in ("html", "js", "css")]
    ids = set(re.findall(r'id="([a-z-]+)"', html))
    assert set(re.findall(r'(?:at|list)\("([a-z-]+)"', script)) <= ids
    assert "//" not in re.sub(r"^//.*$", "", script, flags=re.MULTILINE) and "http" not in style + html.replace("http-equiv", "")
    assert 'name="viewport"' in html and "innerHTML" not in script and 'lang="zh-CN"' in html
    for word in ("localStorage", "sessionStorage", "document.cookie", "eval("):
        assert word not in script
    assert API_PREFIX in script and Kind.REINSPECTION.value in script
    assert all(f"{state.name}:" in script for state in CaseState) and all(f"{one.name}:" in script for one in Outcome)
