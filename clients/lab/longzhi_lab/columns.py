"""The columns of the laboratory's sheet: the sixteen (and one) of the national import, then what the report itself has to say.

They are the platform's own (services/sampling, rules/sheets.py; a test compares them), so that one sheet serves both ways in.
"""

from typing import NamedTuple

SHEET, PROBLEM_COLUMN = "检验结果", "问题"
SAMPLE_NO, REPORT_NO = "抽样单编号", "报告书编号"


class Column(NamedTuple):
    """A column and where its cell goes in a report; no field: kept in the sheet, not sent."""

    header: str
    field: str = ""
    needed: bool = False
    width: int = 14


KEY_COLUMNS = (Column(SAMPLE_NO, "sample_no", True, 24), Column(REPORT_NO, "report_no", True, 20))
ITEM_COLUMNS = (
    Column("检验项目", "item", True, 18), Column("检验结果", "result", True), Column("结果单位", "unit"), Column("结果判定", "judgement", True),
    Column("检验依据", "method", True, 28), Column("判定依据", "limit_source", False, 24), Column("最小允许限", "min"), Column("最大允许限", "max"),
    Column("允许限单位", "limit_unit"), Column("方法检出限", "lod"), Column("检出限单位", "lod_unit"),
)  # fmt: skip
KEPT_COLUMNS = (Column("说明"), Column("监督抽检报告备注"), Column("风险监测报告备注"), Column("样品名称"))
HEAD_COLUMNS = (
    Column("报告分类", "report_class", True, 20), Column("资质认定证书编号", "cma_no", True, 18), Column("收样日期", "received_on", True),
    Column("检验开始日期", "tested_from", True), Column("检验结束日期", "tested_to", True), Column("签发日期", "issued_on", True),
    Column("主检", "tested_by", True), Column("审核", "reviewed_by", True), Column("批准", "approved_by", True), Column("结论", "verdict", True),
    Column("检验结论", "conclusion", False, 40), Column("封条状态", "seal_state"), Column("样品状态", "sample_state"),
    Column("替代报告编号", "replaces", False, 20), Column("报告文件名", "file/name", False, 24), Column("报告文件SHA-256", "file/sha256", False, 24),
)  # fmt: skip
COLUMNS = (*KEY_COLUMNS, *ITEM_COLUMNS, *KEPT_COLUMNS, *HEAD_COLUMNS)
HEADERS = {column.field: column.header for column in COLUMNS if column.field}
CHOICES = {
    "结果判定": ("合格项", "不合格项", "问题项", "未检验"),
    "结论": ("合格", "不合格", "严重不合格", "问题"),
    "报告分类": ("合格报告", "一般不合格报告", "一般问题报告", "一般不合格（问题）报告", "24小时限时报告"),
    "封条状态": ("完好", "破损"),
    "样品状态": ("符合", "不符"),
}
