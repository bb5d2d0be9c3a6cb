"""Search by a fragment of the name over 500,000 enterprises, through the store's own function, as the running role."""

import random
import time
from collections.abc import Sequence

from bench.figures import Figure, percentile
from bench.scratch import Scratch, scratch
from common.db import Database, Scope, transaction
from common.region import Region
from demo.files import load_divisions
from directory.store import search as store  # type: ignore[import-untyped]

ROWS = 500_000
CALLS = 200
PAGE = 51  # a page of 50, and one row more to know whether there is another
BODY = (
    "鑫源盛达恒泰瑞丰宏博華兴隆昌顺通金铭旭辉德信诚安康乐福佳美嘉华锦程腾飞云海天宇正阳东升鼎立百汇万盛永"
    "固祥和晨曦蓝图绿野青禾沃土双联合众新创精工力拓优品卓越环球四方五洲陇原雪岭驼铃月牙敦煌祁连黄河玉门麦积崆峒"
)
TRADES = "食品|建材|商贸|农业科技|化工|机械制造|电线电缆|家具|服装|肥料|商行|超市|酒店管理|餐饮服务|水泥制品|塑料包装|文具玩具|汽车配件|能源|环保设备"
ENDS = "有限公司|有限责任公司|股份有限公司|经营部|厂|店|合作社"
_IDENTITY = """
INSERT INTO enterprise_identity (id, region_code, uscc, name, folded_name, kind, status, division_code, address)
SELECT gen_random_uuid(), region_code, 'B' || lpad(n::text, 17, '0'), name, name, '经营企业', '存续', region_code, '某路1号'
FROM unnest($1::text[], $2::text[], $3::int[]) AS given(region_code, name, n)
"""
_REST = """
INSERT INTO enterprise (id, region_code, industry, fingerprint) SELECT id, region_code, '零售业', '\\x00' FROM enterprise_identity;
INSERT INTO enterprise_gram SELECT DISTINCT substr(folded_name, place, 2), region_code, id
    FROM enterprise_identity, generate_series(1, length(folded_name) - 1) place ORDER BY 1, 2, 3
"""
_GRAMS = "SELECT gram, count(*) AS hits FROM enterprise_gram WHERE region_code LIKE $1 || '%' GROUP BY gram ORDER BY hits DESC"


async def search(rows: int = ROWS, calls: int = CALLS) -> list[Figure]:
    """p99 over rare and common pairs and over four characters, for the province and for one county."""
    async with scratch("directory") as place:
        started = time.perf_counter()
        await _fill(place, rows)
        print(f"  {rows:,} enterprises in {time.perf_counter() - started:.0f} s", flush=True)
        db = Database.connect(place.app_url, place.key, 2)
        try:
            figures = []
            for level, code in (("province", "62"), ("county", "620102")):
                for kind, fragments in (await _fragments(place, code, calls)).items():
                    figures.append(await _measure(db, code, f"{kind}, {level}", fragments))
            return figures
        finally:
            await db.close()


async def _fill(place: Scratch, rows: int) -> None:
    rng, homes = random.Random(1), [d for d in load_divisions() if d.level == "county"]
    weights = [home.population for home in homes]
    trades, ends = TRADES.split("|"), ENDS.split("|")
    for start in range(0, rows, 50_000):
        size = min(50_000, rows - start)
        chosen = rng.choices(homes, weights, k=size)
        made = [_name(rng, home.name, rng.choice(trades), rng.choice(ends)) for home in chosen]
        await place.owner.execute(_IDENTITY, [home.code for home in chosen], made, list(range(start, start + size)))
    await place.owner.execute(_REST, timeout=600)
    for table in ("enterprise_identity", "enterprise", "enterprise_gram"):
        await place.owner.execute(f"VACUUM ANALYZE {table}", timeout=300)


def _name(rng: random.Random, place: str, trade: str, end: str) -> str:
    """甘肃陇西鑫源建材有限公司: place, two to four characters of its own, trade, legal form."""
    own = "".join(rng.choices(BODY, k=rng.randint(2, 4)))
    return f"{'甘肃' if rng.random() < 0.3 else ''}{place[:-1]}{own}{trade}{end}"


async def _fragments(place: Scratch, code: str, calls: int) -> dict[str, list[str]]:
    rng = random.Random(2)
    grams = [str(row["gram"]) for row in await place.owner.fetch(_GRAMS, code)]
    names = [str(row["name"]) for row in await place.owner.fetch(
        "SELECT name FROM enterprise_identity WHERE region_code LIKE $1 || '%' ORDER BY uscc LIMIT 5000", code)]  # fmt: skip
    cuts = [(name, rng.randrange(len(name) - 3)) for name in rng.choices(names, k=calls)]
    return {
        "2 common characters": rng.choices(grams[:40], k=calls),
        "2 rare characters": rng.choices(grams[len(grams) // 2 :], k=calls),
        "4 characters": [name[at : at + 4] for name, at in cuts],
        "4 characters that occur nowhere": [
            a[:2] + b[-2:] for a, b in zip(rng.choices(grams[:40], k=calls), rng.choices(grams, k=calls), strict=True)
        ],
    }


async def _measure(db: Database, code: str, what: str, fragments: Sequence[str]) -> Figure:
    walls = []
    scope = Scope(region=Region(code), subject="bench")
    for fragment in [*fragments[:10], *fragments]:  # the first ten warm
        async with transaction(db, scope) as session:
            started = time.perf_counter()
            await store.list_firms(session, fragment, {}, None, PAGE)
            walls.append((time.perf_counter() - started) * 1000)
    walls = walls[10:]
    worst = fragments[max(range(len(walls)), key=walls.__getitem__)]
    note = f"p50 {percentile(walls, 0.5):.1f} ms, slowest {max(walls):.0f} ms 「{worst}」"
    return Figure("search", f"{what}, p99", percentile(walls, 0.99), "ms", 20, note=note)
