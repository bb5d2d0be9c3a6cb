"""Batches by kind of sampling, group and effective verdict."""

from datetime import date
from typing import Any

from sqlalchemy import text

from common.db import Session, in_parallel
from sampling.rules.pass_rates import GroupBy

# A product monitored for risk has its own kind of task (11 省级风险监测); a re-inspection that turned the verdict counts as it ended.
_COUNT = (
    "SELECT s.programme, {group} AS key, coalesce(s.form #>> '{{food,task_category}}',"
    " CASE s.form #>> '{{check,task_kind}}' WHEN '11' THEN '风险监测' ELSE '监督抽检' END) AS category,"
    " count(*) FILTER (WHERE r.verdict = '合格' OR s.final_conclusion = 'OVERTURNED') AS conforming,"
    " count(*) FILTER (WHERE r.verdict = '不合格' AND s.final_conclusion IS DISTINCT FROM 'OVERTURNED') AS failed,"
    " count(*) FILTER (WHERE r.verdict = '问题' AND s.final_conclusion IS DISTINCT FROM 'OVERTURNED') AS problems"
    " FROM report r JOIN sample s ON s.id = r.sample_id AND s.effective_report_id = r.id"
    " WHERE r.issued_on >= :first AND r.issued_on <= :last AND r.state = 'ACCEPTED' AND r.region_code >= :scope AND r.region_code < :beyond"
    " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)
_GROUPS = {
    GroupBy.NONE: "''",
    GroupBy.CLASS: "coalesce(s.form #>> '{food,food_class,0}', s.product_code)",
    GroupBy.PREFECTURE: "left(s.region_code, 4)",
    GroupBy.COUNTY: "s.region_code",
}
_QUERIES = {by: text(_COUNT.format(group=group)) for by, group in _GROUPS.items()}


async def count(session: Session, scope: str, by: GroupBy, days: tuple[date, date]) -> list[Any]:
    """Effective reports issued on these days in a bureau's area."""
    await in_parallel(session)
    values = {"scope": scope, "beyond": f"{scope}:", "first": days[0], "last": days[1]}
    return list((await session.execute(_QUERIES[by], values)).all())
