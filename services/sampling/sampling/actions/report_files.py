"""Files of reports (报告文件): taken only when they are what the report declared, and given back checked."""

from uuid import UUID

from common import audit
from common.caller import Caller
from common.db import Session
from common.errors import Forbidden, not_found
from common.region import Region
from sampling.actions.facts import refuse_input
from sampling.models import ReportFile
from sampling.rules.report_files import check_file, media_of
from sampling.store import objects
from sampling.store import remarks as store
from sampling.store import reports as report_store


async def keep_file(session: Session, url: str, caller: Caller, report_id: UUID, body: bytes) -> ReportFile:
    """Keep the file of the laboratory's own report; the same bytes again change nothing."""
    if caller.laboratory is None:
        raise Forbidden("laboratory_only", "仅限检验机构", "only a laboratory may send a report's file")
    report = await report_store.find_report(session, report_id)
    if report.laboratory_code != caller.laboratory:
        raise not_found("报告", "report")
    refuse_input(check_file(body, report.file_sha256))
    known = await store.find_file(session, report.region_code, report.id)
    if known is not None:
        return known
    sha256 = report.file_sha256 or ""
    await objects.put(objects.open_objects(url), report.region_code, sha256, body)
    kept = ReportFile(
        region_code=report.region_code, report_id=report.id, sample_id=report.sample_id, laboratory_code=report.laboratory_code, sha256=sha256,
        media=media_of(body) or "", size=len(body),
    )  # fmt: skip
    await store.add_file(session, kept)
    audit.record(session, Region(report.region_code), "report.file", report.id, {"sha256": sha256, "size": len(body)})
    return kept


async def read_file(session: Session, url: str, report_id: UUID) -> tuple[bytes, str]:
    """The bytes and their type, for whoever sees the report."""
    report = await report_store.find_report(session, report_id)
    kept = await store.find_file(session, report.region_code, report.id)
    if kept is None:
        raise not_found("报告文件", "file of this report")
    return await objects.get(objects.open_objects(url), kept.region_code, kept.sha256), kept.media
