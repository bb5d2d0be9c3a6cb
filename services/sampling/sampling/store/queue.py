"""What waits, oldest first, and how many reports were in time. Each stream is one index range; the action merges them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from common.db import Session, in_parallel

_SHOWN = "s.id, s.region_code, s.sample_no, s.programme, s.product_name, s.state, s.laboratory_code"
_RECEIVE = text(
    f"SELECT {_SHOWN}, s.sealed_on AS since FROM sample s WHERE s.laboratory_code = :who AND s.sealed_on IS NOT NULL"
    " AND s.state IN ('SAMPLED', 'IN_TRANSIT') AND s.programme = :programme"
    " AND (s.sealed_on, s.id) > (CAST(:since AS date), CAST(:id AS uuid)) ORDER BY s.sealed_on, s.id LIMIT :limit"
)
_REPORT = text(
    f"SELECT {_SHOWN}, s.received_on AS since FROM sample s WHERE s.laboratory_code = :who AND s.received_on IS NOT NULL"
    " AND s.state IN ('RECEIVED', 'TESTING') AND s.programme = :programme"
    " AND (s.received_on, s.id) > (CAST(:since AS date), CAST(:id AS uuid)) ORDER BY s.received_on, s.id LIMIT :limit"
)
_CORRECT = text(
    f"SELECT {_SHOWN}, coalesce(c.decided_on, c.requested_on) AS since FROM correction c JOIN sample s ON s.id = c.sample_id"
    " WHERE c.laboratory_code = :who AND c.state = 'APPROVED'"
    " AND (coalesce(c.decided_on, c.requested_on), s.id) > (CAST(:since AS date), CAST(:id AS uuid))"
    " ORDER BY coalesce(c.decided_on, c.requested_on), s.id LIMIT :limit"
)
_URGENT = text(
    f"SELECT {_SHOWN}, r.created_at AS since FROM report r JOIN sample s ON s.id = r.sample_id AND s.effective_report_id = r.id"
    " WHERE r.region_code = :who AND r.report_class = '24小时限时报告' AND s.state IN ('NON_CONFORMING', 'PROBLEM')"
    " AND (r.created_at, s.id) > (CAST(:since AS timestamptz), CAST(:id AS uuid)) ORDER BY r.created_at, s.id LIMIT :limit"
)
_DECIDE = text(
    f"SELECT {_SHOWN}, c.requested_on AS since FROM correction c JOIN sample s ON s.id = c.sample_id"
    " WHERE (c.region_code = :who OR c.source_region_code = :who) AND c.state = 'REQUESTED'"
    " AND (c.requested_on, s.id) > (CAST(:since AS date), CAST(:id AS uuid)) ORDER BY c.requested_on, s.id LIMIT :limit"
)


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of waiting work: what it is called, the clock that runs, and where it is read."""

    stage: str
    clock: str | None
    query: Any
    programme: str | None = None


LABORATORY = (
    Stream("receive", "F01", _RECEIVE, "食品"),
    Stream("receive", None, _RECEIVE, "产品"),
    Stream("report", "F02", _REPORT, "食品"),
    Stream("report", "P03", _REPORT, "产品"),
    Stream("correct", "F04", _CORRECT),
)
BUREAU = (Stream("urgent", "F05", _URGENT), Stream("decide", None, _DECIDE))
_FIRST = (date(1970, 1, 1), UUID(int=0))


async def read_stream(session: Session, stream: Stream, who: str, after: tuple[date, UUID] | None, limit: int) -> list[Any]:
    """The next rows of one stream."""
    since, last = after or _FIRST
    if stream.clock == "F05" and not isinstance(since, datetime):
        since = datetime.fromisoformat(f"{since}T00:00:00+00:00")
    values = {"who": who, "since": since, "id": last, "limit": limit}
    return list((await session.execute(stream.query, values | ({"programme": stream.programme} if stream.programme else {}))).all())


_COUNTS = (
    "SELECT r.laboratory_code, s.programme, count(*) AS reports,"
    " count(*) FILTER (WHERE r.issued_on <= CASE s.programme WHEN '食品' THEN d.food ELSE d.product END) AS reports_on_time,"
    " count(*) FILTER (WHERE r.verdict = '合格') AS conforming,"
    " count(*) FILTER (WHERE r.verdict = '合格' AND r.reported_on <= c.conforming) AS conforming_on_time,"
    " count(*) FILTER (WHERE r.verdict <> '合格') AS failed,"
    " count(*) FILTER (WHERE r.verdict <> '合格' AND r.reported_on <= c.failed) AS failed_on_time"
    " FROM report r JOIN sample s ON s.id = r.sample_id AND s.effective_report_id = r.id"
    " LEFT JOIN unnest(CAST(:days AS date[]), CAST(:food AS date[]), CAST(:product AS date[])) AS d(day, food, product) ON d.day = r.received_on"
    " LEFT JOIN unnest(CAST(:issue_days AS date[]), CAST(:f03 AS date[]), CAST(:f04 AS date[])) AS c(day, conforming, failed)"
    " ON c.day = r.issued_on WHERE r.issued_on >= :first AND r.issued_on <= :last AND r.state = 'ACCEPTED' AND {scope}"
    " GROUP BY 1, 2 ORDER BY 1, 2"
)
_OF_LABORATORY = text(_COUNTS.format(scope="r.laboratory_code = :who"))
_OF_BUREAU = text(_COUNTS.format(scope="r.region_code >= :who AND r.region_code < :beyond"))


async def count_timely(session: Session, whose: tuple[str | None, str | None], table: dict[str, Any]) -> list[Any]:
    """Effective reports by laboratory and programme, and how many kept their limits; of one laboratory, or in a bureau's area."""
    laboratory, bureau = whose
    await in_parallel(session)
    if laboratory is not None:
        return list((await session.execute(_OF_LABORATORY, table | {"who": laboratory})).all())
    return list((await session.execute(_OF_BUREAU, table | {"who": bureau, "beyond": f"{bureau}:"})).all())
