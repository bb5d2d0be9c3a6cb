"""What is late or soon will be in sampling: the laboratories' queue (F01, F02, P03) and the clocks of objections (F09-F20, P07)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from common.db import Session
from common.duties import OFFICE, Horizon
from sampling.rules.timeliness import latest_ended

#: One pass over the batches that wait; common.duties asks seldom enough.
_DUTIES = text(
    "SELECT clock, prefecture, count(*) FILTER (WHERE late) AS overdue, count(*) FILTER (WHERE NOT late) AS soon FROM ("
    " SELECT CASE WHEN state IN ('SAMPLED', 'IN_TRANSIT') THEN 'F01' WHEN programme = '食品' THEN 'F02' ELSE 'P03' END AS clock,"
    " left(region_code, 4) AS prefecture, CASE WHEN state IN ('SAMPLED', 'IN_TRANSIT') THEN sealed_on <= :f01_late"
    " WHEN programme = '食品' THEN received_on <= :f02_late ELSE received_on <= :p03_late END AS late FROM sample WHERE laboratory_code IS NOT NULL"
    " AND (state IN ('SAMPLED', 'IN_TRANSIT') AND programme = '食品' AND sealed_on <= :f01_soon"
    " OR state IN ('RECEIVED', 'TESTING') AND received_on <="
    " CASE programme WHEN '食品' THEN CAST(:f02_soon AS date) ELSE CAST(:p03_soon AS date) END)"
    " UNION ALL SELECT clock_id, left(region_code, 4), legal_on < :today FROM objection_clock"
    " WHERE done_on IS NULL AND legal_on <= :soon AND clock_id = ANY(CAST(:office AS text[]))) AS running GROUP BY 1, 2"
)


async def count_duties(session: Session, horizon: Horizon) -> Sequence[Any]:
    """Duties of laboratories and bureaus by clock and prefecture (期限预警)."""
    ends = {f"{clock.lower()}_late": latest_ended(clock, horizon.today) for clock in ("F01", "F02", "P03")}
    ends |= {f"{clock.lower()}_soon": latest_ended(clock, horizon.soon, within=True) for clock in ("F01", "F02", "P03")}
    values = {"today": horizon.today, "soon": horizon.soon, "office": list(OFFICE)}
    return (await session.execute(_DUTIES, values | ends)).all()
