"""The party's page in a real browser: link and code, result and rights, an application with a picture; a wrong code; nothing leaves the gateway."""

import asyncio
from datetime import timedelta

import pytest
from chromium import browse
from own_batches import OWNER, PRODUCT, Own, a_few_days_ago, photo, publish_tasks

from ops import install

CREEPAGE, RETEST = "爬电距离", "检验结论(复检)"
# Texts whose colour is too near to what is behind them (WCAG 1.4.3: 4.5 to 1).
FAINT = """(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => parts(colour).slice(0, 3).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, place) => sum + v * [0.2126, 0.7152, 0.0722][place], 0);
  const clear = (colour) => parts(colour)[3] === 0;
  const ground = (node) => node.parentElement && clear(getComputedStyle(node).backgroundColor) ? ground(node.parentElement) : node;
  const behind = (node) => { const c = getComputedStyle(ground(node)).backgroundColor; return clear(c) ? "rgb(255,255,255)" : c; };
  const lights = (node) => [light(getComputedStyle(node).color), light(behind(node))].sort((x, y) => y - x);
  const ratio = (node) => { const [most, least] = lights(node); return (most + 0.05) / (least + 0.05); };
  const own = (node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
  return [...document.body.querySelectorAll("*")].filter((node) => own(node) && node.offsetParent && ratio(node) < 4.5).map((node) => node.innerText);
})()"""


@pytest.fixture(scope="module")
def program():
    found = install.browser()
    return found or pytest.skip("no Chromium, and apt cannot install it here")


@pytest.fixture(scope="module")
def tasks(world):
    return asyncio.run(publish_tasks(world))


@pytest.fixture
async def served(world, gateway, tasks):
    """A failed batch of which both parties were told a few days ago, and the seller's link."""
    own, on = Own(world, gateway, tasks), a_few_days_ago()
    batch = await own.reported(own.draft(PRODUCT, on - timedelta(days=12), (CREEPAGE,)))
    for role in ("seller", "producer"):
        await own.serve(batch, role, on)
    return own, batch, await own.act("officer", batch, "party-links", {"party_role": "seller"})


@pytest.fixture
async def page(world, program, served):
    """The link as the party opens it."""
    async with browse(program) as page:
        await page.open(world.platform.gateway_url + served[2]["path"])
        yield page


async def enter(page, code):
    await page.type("#code", code)
    await page.click("#door button")


async def test_a_party_reads_its_result_and_asks_for_re_inspection_with_a_picture(world, served, page, tmp_path):
    own, batch, link = served
    await enter(page, link["code"].lower())
    await page.see("!document.querySelector('#page').hidden")
    shown = await page.text("main")
    for word in (batch.sample_no, batch.plan.sampled_party.name, "不合格", CREEPAGE, RETEST, "可申请,截止", "不得转移、销售、毁损封存的备样"):
        assert word in shown
    assert batch.plan.producer.name not in shown, "nothing of the other party"
    assert await page.run(FAINT) == [], "everybody can read it"

    await page.run(f"(() => {{ const it = document.querySelector('#kind'); it.value = '{RETEST}'; it.dispatchEvent(new Event('change')); }})()")
    await page.click("#disputed input")
    await page.type("#reason", "本店留样另检合格,申请复检")
    await page.type("#contact", "王某")
    await page.type("#phone", "13800001234")
    (tmp_path / "另检报告.jpg").write_bytes(photo())
    await page.give_files("#files", tmp_path / "另检报告.jpg")
    await page.click("#apply button")
    await page.see("document.querySelector('#message').innerText.startsWith('已提交')")
    listed = await page.text("#cases")
    assert (RETEST in listed, "已提交" in listed) == (True, True)
    assert await page.run("document.querySelector('#reason').value") == ""

    [case] = await own.gateway.every(f"officer.{OWNER}", "/sampling/v1/objections", sample_id=batch.id)
    assert (case["via"], case["items"], len(case["evidence"]), case["findings"]) == ("party", [CREEPAGE], 1, [])
    kept = await own.must(f"officer.{OWNER}", "GET", f"/sampling/v1/evidence/{case['evidence'][0]}")
    assert (kept["kind"], kept["file_name"]) == ("异议材料", "另检报告.jpg")
    assert page.complaints == []
    assert {"evidence", "objections"} <= {url.rpartition("/")[2] for url in page.requests}, "the browser tells what it asks for"
    assert [url for url in page.requests if not url.startswith(world.platform.gateway_url + "/")] == []
    assert [url for url in page.requests if link["code"] in url] == [], "the code stands in no address"


async def test_a_wrong_code_is_refused_and_shows_nothing(world, served, page):
    await enter(page, "AAAAAAAA")
    await page.see("document.querySelector('#message').className === 'bad'")
    assert len(await page.text("#message")) > 4
    assert await page.run("document.querySelector('#page').hidden")
    assert ["404" in told for told in page.complaints] == [True], page.complaints
    await enter(page, served[2]["code"])
    await page.see("!document.querySelector('#page').hidden")
    assert await page.text("#message") == ""


async def test_a_link_without_its_token_says_so(world, program):
    async with browse(program) as page:
        await page.open(world.platform.gateway_url + "/party.html")
        assert "链接不完整" in await page.text("#message")
        assert page.complaints == []


@pytest.mark.parametrize(
    ("script", "policy"),
    [
        ("fetch('{elsewhere}/publications').catch(() => 0)", "connect-src"),
        ("document.body.append(Object.assign(document.createElement('script'), {{text: '1'}}))", "script-src"),
    ],
    ids=("connect", "script"),
)
async def test_the_pages_policy_stops_what_is_not_the_pages_own(world, program, script, policy):
    async with browse(program) as page:
        await page.open(world.platform.gateway_url + "/party.html#x")
        await page.run("void " + script.format(elsewhere=world.receiver))
        await page.see("true")
        await asyncio.sleep(0.3)
        assert page.complaints
        assert all("Content Security Policy" in told for told in page.complaints)
        assert any(policy in told for told in page.complaints)
