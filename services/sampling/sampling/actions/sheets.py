"""Sheets of results in and out: an uploaded sheet becomes a push, a list of reports becomes a sheet, and the empty one is a template."""

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import xlsxwriter

from common.caller import Caller
from common.db import Database, Session
from common.errors import Forbidden
from common.sheets import XlsxWriter
from sampling.actions import corrections, push
from sampling.clients import Clients
from sampling.models import Report, ReportItem, ReportRemark
from sampling.rules import decisions as rules
from sampling.rules import sheets
from sampling.rules.decisions import ACCEPTED, REJECTED, Decision
from sampling.rules.problem import Problem
from sampling.rules.pushed import Envelope
from sampling.rules.sheets import HEAD_FIELDS, ITEM_FIELDS, CellFault, SheetReport
from sampling.store import remarks as store
from sampling.store.rejudge import items_of

MAX_EXPORTED = 2000
HELP = (
    "一行一个检验项目;同一报告各行的抽样单编号、报告书编号相同。",
    "报告的各项(报告分类至报告文件SHA-256)填在该报告的首行,其余各行可空。",
    "检验结果、限值、检出限按文本填写:0.21、<0.01、未检出、符合、2.3×10⁴ 或 2.3×10^4;微生物多份样品写作 10;20;<10;5;未检出。",
    "日期写作 2021-04-30;多名主检以 ; 分隔;没有限值的填 / 或者留空。",
    "更正报告须在「替代报告编号」写明被替代的报告;结果告知后的更正须先经组织抽查部门批准。",
)


@dataclass(frozen=True, slots=True)
class Desk:
    """Who imports, with what, on which day."""

    db: Database
    clients: Clients
    caller: Caller
    today: date


@dataclass(slots=True)
class Imported:
    """What became of a sheet: one decision per report, in order, and every wrong cell."""

    pushed: push.Pushed
    faults: list[CellFault] = field(default_factory=list)


async def import_reports(session: Session, desk: Desk, rows: Sequence[Sequence[str]], body: bytes, *, mode: str, dry_run: bool) -> Imported:
    """Judge and store the reports of a sheet by the same rules as a push (检验结果导入)."""
    if desk.caller.laboratory is None:
        raise Forbidden("laboratory_only", "仅限检验机构", "only a laboratory may push reports")
    found, faults = sheets.read_reports(rows)
    good = [report for report in found if not report.faults]
    spoilt = mode == "atomic" and (len(good) < len(found) or bool(faults))
    done = push.Pushed(None, None, [])
    if good:
        envelope = Envelope(mode="atomic" if mode == "atomic" else "partial", dry_run=dry_run or spoilt, reports=[r.body() for r in good])
        done = await push.push_reports(session, desk.clients, desk.caller, (envelope, body), desk.today)
    if spoilt:
        rules.refuse_all(done.decisions)
    if done.batch_id is not None:
        await corrections.settle(session, desk.db, desk.caller, done.decisions, desk.today)
        await store.add_remarks(session, _remarks(good, done.decisions, desk.caller.laboratory))
    return _merged(found, good, done, faults)


def _merged(found: Sequence[SheetReport], good: Sequence[SheetReport], done: push.Pushed, faults: list[CellFault]) -> Imported:
    """Decisions in the order of the sheet; faults of cells and problems of the judgement, all as cells."""
    told = {id(report): decision for report, decision in zip(good, done.decisions, strict=True)}
    decided: list[Decision] = []
    for report in found:
        decision = told.get(id(report))
        if decision is None:
            decision = Decision(REJECTED, report.report_no, [Problem("sheet_row", "", "单元格有误,见 problems", "wrong cells, see problems")])
            faults += report.faults
        else:
            faults += [_cell(report, problem) for problem in decision.problems]
        decided.append(decision)
    faults.sort(key=lambda fault: fault.row)
    return Imported(push.Pushed(done.batch_id, done.receipt, decided), faults)


def _cell(report: SheetReport, problem: Problem) -> CellFault:
    row, column = report.cell_of(problem.pointer)
    return CellFault(row, column, problem.code, problem.zh, problem.en, report.report_no)


def _remarks(good: Sequence[SheetReport], decisions: Sequence[Decision], laboratory: str) -> list[ReportRemark]:
    return [
        ReportRemark(
            region_code=decision.sample.region_code, report_id=decision.report_id, position=position, sample_id=decision.sample.id,
            laboratory_code=laboratory, note=note, supervision=supervision, monitoring=monitoring,
        )
        for report, decision in zip(good, decisions, strict=True)
        if decision.status == ACCEPTED and decision.sample is not None and decision.report_id is not None
        for position, (note, supervision, monitoring) in report.remarks.items()
    ]  # fmt: skip


async def export_reports(session: Session, reports: Sequence[Report]) -> bytes:
    """A sheet of reports in the columns of the template, so that it can be read in again (检验结果导出)."""
    ids = [report.id for report in reports]
    numbered, items = await store.list_numbered(session, ids), await items_of(session, reports)
    remarks = {(row.report_id, row.position): row for row in await store.list_remarks(session, ids)}
    replaced = {report.id: report.report_no for report in reports}
    rows: list[Sequence[str]] = [sheets.COLUMNS]
    for report in reports:
        for item in items[report.id]:
            cells = _item_cells(item, remarks.get((report.id, item.position)))
            cells |= {sheets.SAMPLE_NO: numbered[report.id][0], sheets.SAMPLE_NAME: numbered[report.id][1], sheets.REPORT_NO: report.report_no}
            if item.position == 1:
                cells |= _head_cells(report, replaced)
            rows.append([cells.get(column, "") for column in sheets.COLUMNS])
    return await asyncio.to_thread(_written, rows)


def _written(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.BytesIO()
    with XlsxWriter(out, sheets.SHEET) as sheet:
        sheet.write(rows)
    return out.getvalue()


def _item_cells(item: ReportItem, remark: ReportRemark | None) -> dict[str, str]:
    cells = {column: getattr(item, name) or "" for column, name in ITEM_FIELDS.items()}
    if remark is None:
        return cells
    return cells | {sheets.NOTE: remark.note, sheets.SUPERVISION: remark.supervision, sheets.MONITORING: remark.monitoring}


def _head_cells(report: Report, numbers: dict[UUID, str]) -> dict[str, str]:
    persons = report.persons
    told = {
        "tested_by": ";".join(persons["tested_by"]), "reviewed_by": persons["reviewed_by"], "approved_by": persons["approved_by"],
        "verdict": report.lab_verdict, "replaces": numbers.get(report.replaces_id, "") if report.replaces_id else "",
    }  # fmt: skip
    return {column: str(told[name] if name in told else getattr(report, name) or "") for column, name in HEAD_FIELDS.items()}


def template() -> bytes:
    """The empty sheet with its code lists as choices and a page of help (导入模板)."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        bold, text = book.add_format({"bold": True, "bg_color": "#DDEBF7"}), book.add_format({"num_format": "@"})
        sheet = book.add_worksheet(sheets.SHEET)
        for place, column in enumerate(sheets.COLUMNS):
            needed = column in sheets.NEEDED or column in sheets.NEEDED_HEAD
            sheet.set_column(place, place, max(10, 2.2 * len(column)), text)
            sheet.write_string(0, place, f"{column}*" if needed else column, bold)
            if column in sheets.LISTS:
                sheet.data_validation(1, place, 5000, place, {"validate": "list", "source": list(sheets.LISTS[column])})
        sheet.freeze_panes(1, 2)
        _add_page(book, "代码表", [(name, *values) for name, values in sheets.LISTS.items()])
        _add_page(book, "填写说明", [(line,) for line in HELP])
    return out.getvalue()


def _add_page(book: xlsxwriter.Workbook, title: str, rows: Sequence[Sequence[str]]) -> None:
    page = book.add_worksheet(title)
    for number, cells in enumerate(rows):
        page.write_row(number, 0, cells)
