"""A functional zone's bureau and a laboratory join a running platform by `python -m ops.onboard`, and work; nothing was released for them."""

import asyncio
import base64
import hashlib
import json
import os
import re
import secrets
import subprocess
import sys
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from demo.gateway import ApiError
from demo.uscc import make_uscc
from ops import ledger
from ops.settings import ROOT

EXAMPLES, OPERATOR, OWN_PASSWORD = ROOT / "deploy/examples", "张三", "Xin-Qu-2026-mima"
SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
TOKENS = "/auth/realms/longzhi/protocol/openid-connect"


def onboard(world, file, *words):
    """What the command says; it must end well."""
    done = command(world, file, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def command(world, file, *words):
    where = {"LONGZHI_PORT": str(world.platform.port), "LONGZHI_RUN": str(world.platform.run)}
    call = [sys.executable, "-m", "ops.onboard", str(file), "--operator", OPERATOR, *words]
    return subprocess.run(call, cwd=ROOT, env=os.environ | where, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def zone(world, tmp_path_factory):
    """A zone of its own for each run, and what the command said at the first time."""
    code = "6201" + "".join(secrets.choice(SIGNS) for _ in range(2))
    file = tmp_path_factory.mktemp("zone") / "zone.toml"
    file.write_text((EXAMPLES / "onboard-bureau.toml").read_text().replace("6201A1", code).replace("6201a1", code.lower()))
    return code, file, onboard(world, file)


async def sign_in(address, username, given, own):
    """The console's sign-in as a person does it: the one-time password, then a password of one's own; the access token."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {"client_id": "console", "response_type": "code", "scope": "openid", "redirect_uri": f"{address}/", "code_challenge": challenge}
    async with httpx.AsyncClient(base_url=address, timeout=30) as browser:
        page = await browser.get(f"{TOKENS}/auth", params=asked | {"code_challenge_method": "S256"})
        page = await _submit(browser, page, username=username, password=given)
        assert page.status_code == 200 and 'name="password-new"' in page.text, "a password of one's own is asked for"
        page = await _submit(browser, page, **{"password-new": own, "password-confirm": own})
        code = parse_qs(urlsplit(page.headers["location"]).query)["code"][0]
        form = {"grant_type": "authorization_code", "client_id": "console", "code": code, "redirect_uri": f"{address}/", "code_verifier": verifier}
        return (await browser.post(f"{TOKENS}/token", data=form)).raise_for_status().json()["access_token"]


async def _submit(browser, page, **fields):
    """Send the page's form; a browser trusts 127.0.0.1 with the cookies that Keycloak marks as secure, httpx does not."""
    page = await _with_cookies(browser, page, "POST", unescape(re.search(r'<form[^>]*action="([^"]+)"', page.text)[1]), data=fields)
    while page.is_redirect and "required-action" in page.headers["location"]:
        page = await _with_cookies(browser, page, "GET", page.headers["location"])
    return page


async def _with_cookies(browser, page, method, address, **request):
    for line in page.headers.get_list("set-cookie"):
        name, _, value = line.partition(";")[0].partition("=")
        browser.headers["Cookie"] = "; ".join([each for each in _crumbs(browser) if not each.startswith(f"{name}=")] + [f"{name}={value}"])
    return await browser.request(method, address, **request)


def _crumbs(browser):
    return [each for each in browser.headers.get("Cookie", "").split("; ") if each]


@pytest.fixture(scope="module")
def officer(world, zone):
    """The zone's officer, signed in for the first time."""
    username = f"wangjun.{zone[0].lower()}"
    given = re.search(rf"{username}, one-time password: (\S+)", zone[2])[1]
    token = asyncio.run(sign_in(world.platform.gateway_url, username, given, OWN_PASSWORD))
    return {"Authorization": f"Bearer {token}"}


def test_a_second_run_changes_nothing_and_shows_no_password(world, zone):
    assert "one-time password: " in zone[2]
    again = onboard(world, zone[1])
    assert f"{zone[0]}: nothing to change" in again
    assert "password" not in again


def test_who_has_no_invitation_gets_no_password(zone):
    assert f"sunli.{zone[0].lower()} (sampler), no password" in zone[2]
    assert f"sunli.{zone[0].lower()}, one-time" not in zone[2]


async def test_the_new_bureaus_officer_signs_in_sees_only_the_own_and_is_seen_by_superiors(world, gateway, zone, officer, ask):
    code = zone[0]
    claims = jwt.decode(officer["Authorization"].removeprefix("Bearer "), options={"verify_signature": False})
    assert (claims["region_code"], claims["requests_at_once"], set(claims["roles"])) == (code, "20", {"officer", "registrar"})
    assert (await ask(None, "/sampling/v1/samples", headers=officer)).json()["items"] == []
    assert (await ask(None, "/directory/v1/enterprises", headers=officer)).json()["items"] == []
    body = {"name": "新区某厂", "kind": "生产企业", "status": "存续", "division_code": code, "address": "纬七路9号", "products": [], "premises": []}
    uscc = make_uscc("91", "620102", f"MAX{secrets.randbelow(10**5):05d}")
    made = await ask(None, "/directory/v1/enterprises", "POST", headers=officer, json=body | {"uscc": uscc})
    assert (made.status_code, made.json()["region_code"]) == (201, code), made.text
    seen = {
        who: (await ask(f"officer.{who}", f"/directory/v1/enterprises/{made.json()['id']}")).status_code for who in ("62", "6201", "620102", "6202")
    }
    assert seen == {"62": 200, "6201": 200, "620102": 404, "6202": 404}


async def test_a_plan_gives_the_zone_a_task_which_its_officer_accepts(gateway, zone, officer, ask):
    code = zone[0]
    line = {
        "line_no": "1", "catalogue_code": None, "reason_without_entry": "端到端测试", "product_code": "DA-07", "product_name": "DA-07", "quarter": 4,
        "batches": 2, "stage": "流通", "sampling_due": "2026-12-15", "test_due": "2026-12-31", "laboratory_codes": [f"L{code}"],
    }  # fmt: skip
    head = {"plan_no": f"ZONE-{code}", "year": 2026, "programme": "产品", "name": f"功能区计划 {code}", "lines": [line]}
    plan = await gateway.call("planner.6201", "POST", "/planning/v1/plans", json=head)
    root = f"/planning/v1/plans/{plan['id']}"
    await _give(gateway, f"{root}/lines/{plan['lines'][0]['id']}/quotas", {"quotas": [{"region_code": code, "batches": 2}]})
    await gateway.call("planner.6201", "POST", f"{root}/submit")
    await gateway.call("approver.6201", "POST", f"{root}/approve")
    await gateway.call("approver.6201", "POST", f"{root}/publish", json={"published_on": "2026-01-02"})
    [task] = (await ask(None, "/planning/v1/tasks", headers=officer)).json()["items"]
    assert (task["region_code"], task["quota"], task["plan_id"]) == (code, 2, plan["id"])
    assert (await ask(None, f"/planning/v1/tasks/{task['id']}/accept", "POST", headers=officer)).status_code == 200
    seen = {who: (await ask(f"planner.{who}", f"/planning/v1/tasks/{task['id']}")).status_code for who in ("62", "6201", "620102")}
    assert seen == {"62": 200, "6201": 200, "620102": 404}


async def _give(gateway, path, quotas):
    """Planning hears of the new division within seconds."""
    for turn in range(60):
        try:
            await gateway.call("planner.6201", "PUT", path, json=quotas)
            return
        except ApiError as refusal:
            if refusal.problem.get("code") != "division_outside" or turn == 59:
                raise
            await asyncio.sleep(0.5)


async def test_the_audit_trail_names_the_operator_for_every_part(zone):
    query = "SELECT act, region_code, details::text AS details FROM audit_entry WHERE subject_id = '{}' ORDER BY seq"
    rows = await ledger.rows("directory", query.format(zone[0]))
    assert [(row["act"], row["region_code"]) for row in rows] == [("division.put", "62"), ("onboarding.identities", "62")]
    details = [json.loads(row["details"]) for row in rows]
    assert [(each["operator"], each["request"]) for each in details] == [(OPERATOR, "甘市监函〔2026〕118号")] * 2
    assert f"user wangjun.{zone[0].lower()} (officer、registrar), one-time password" in details[1]["changes"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('username = "wangjun.', 'username = "officer.620102"\nname = "某"\nroles = ["officer"]\n[[users]]\nusername = "wangjun.', "user_elsewhere"),
        ('roles = ["officer", "registrar"]', 'roles = ["chief"]', "roles_together"),
        ('parent = "620100"', 'parent = "620000"', "division_code"),
        ('level = "county"', 'level = "county"\nmore = 1', "field_unknown"),
    ],
)
def test_what_does_not_fit_with_what_is_there_is_refused_before_anything_is_done(world, zone, tmp_path, old, new, code):
    file = tmp_path / "other.toml"
    file.write_text(zone[1].read_text().replace(old, new, 1))
    done = command(world, file)
    assert done.returncode == 1
    assert f"[{code}]" in done.stderr and "done:" not in done.stdout


@pytest.fixture(scope="module")
def laboratory(world, tmp_path_factory):
    """A laboratory of its own for each run with a quota of one request at once; its secret."""
    code, folder = "LX" + "".join(secrets.choice(SIGNS) for _ in range(4)), tmp_path_factory.mktemp("lab")
    text = (EXAMPLES / "onboard-laboratory.toml").read_text().replace("L13", code).replace("requests_at_once = 4", "requests_at_once = 1")
    (folder / "lab.toml").write_text(text)
    said = onboard(world, folder / "lab.toml", "--secret-to", str(folder / "secret.txt"))
    assert (folder / "secret.txt").stat().st_mode & 0o777 == 0o600
    whose, _, secret = (folder / "secret.txt").read_text().strip().rpartition(": ")
    assert whose == f"client lab-{code}, secret" and secret not in said
    assert f"{code}: nothing to change" in onboard(world, folder / "lab.toml")
    return code, secret


async def test_the_new_laboratory_signs_in_with_its_client_and_stands_in_the_directory(world, gateway, laboratory):
    code, secret = laboratory
    token = await _token_of(world, code, secret)
    async with httpx.AsyncClient(base_url=world.platform.gateway_url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as lab:
        shown = (await lab.get(f"/api/directory/v1/labs/{code}")).json()
        assert [held["cma_no"] for held in shown["certificates"]] == ["242800340213"]
        assert (await lab.get("/api/sampling/v1/samples")).json()["items"] == []


async def test_a_laboratory_with_a_quota_of_one_waits_for_its_first_request_to_end(world, laboratory):
    token, begun, go_on = await _token_of(world, *laboratory), asyncio.Event(), asyncio.Event()

    async def slowly():
        yield b"{"
        begun.set()
        await go_on.wait()
        yield b"}"

    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(base_url=world.address("directory"), headers=headers, timeout=30) as lab:
        first = asyncio.create_task(lab.put(f"/v1/labs/{laboratory[0]}", content=slowly()))
        await begun.wait()
        await asyncio.sleep(1)
        second = await lab.get("/v1/labs")
        go_on.set()
        assert (second.status_code, second.json()["code"], second.headers["retry-after"]) == (429, "too_many_requests", "2")
        assert (await first).status_code == 403  # it may not write laboratories, but that is said when its turn comes
        assert (await lab.get("/v1/labs")).status_code == 200


async def _token_of(world, code, secret):
    form = {"grant_type": "client_credentials", "client_id": f"lab-{code}", "client_secret": secret}
    async with httpx.AsyncClient(base_url=world.platform.gateway_url, timeout=30) as http:
        return (await http.post(f"{TOKENS}/token", data=form)).raise_for_status().json()["access_token"]
