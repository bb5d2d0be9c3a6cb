"""docs/clocks.md as text, made from the data (`python -m common.clocks`)."""

from collections.abc import Iterable

from common.clocks.limits import LIMITS
from common.clocks.model import ExtensionRule, Limit, Mode, Roll, Tag, Unit, Whose

_UNITS = {Unit.WD: "个工作日", Unit.CD: "日", Unit.H: "小时", Unit.M: "个月", Unit.Y: "年"}
_WHOSE = {Whose.RIGHT: "当事人权利", Whose.PARTY: "当事人义务", Whose.OFFICE: "机关、机构义务"}
_ROLLS = {Roll.WORKDAY: "顺延至工作日", Roll.STATUTORY: "仅法定节假日顺延", Roll.NONE: "不顺延"}
_TAGS = {Tag.T: "法条已核", Tag.M: "法条，条号待核", Tag.C: "实践", Tag.U: "未核实", Tag.D: "平台默认"}
_PARTS = (("F", "食品"), ("P", "产品"), ("C", "案件、公示、信用"))
_HEAD = ("编号", "名称", "起算", "行为", "期限", "性质", "末日", "延期", "中止", "依据", "效力", "逾期后果", "说明")

_INTRODUCTION = """# 期限（Statutory clocks）

本文由 `python -m common.clocks` 从 `libs/common/common/clocks/limits.py` 生成，请勿手改；测试核对两者一致。

## 计算规则

- 起算日不计入，自次日起算；按小时的，起算时点所在的小时不计入，自下一整点起算。末日至24时止。
- 工作日按国务院放假安排，调休上班的周末是工作日；甘南（6230）、临夏（6229）的地方民族节日不影响全国性期限。
- 按日的，末日遇休息日、节假日顺延至下一个工作日；机关、机构的义务另有内部目标日：原末日当日或者之前的最后一个工作日。
- 按月、年的，至对应日届满；没有对应日的，至当月末日。
- 中止的日子不计入；除表中所列外，经批准的不可抗力中止任何按日、按工作日计算的期限。延期须在届满前批准，自原末日（顺延前）连续计算；届满后批准的无效。
- 涉及放假安排尚未公布的年份，期限为暂定（provisional）：推定周末和法律列明的节日放假，公布后重新计算。
- 状态：剩余多于30%为绿，不多于30%或者已过目标日为黄，逾期为红。提醒日为目标日前第5、3、1个工作日和当日。

## 简称

FSL 食品安全法；FSR 食品安全法实施条例；O15 食品安全抽样检验管理办法；PQL 产品质量法；
O18 产品质量监督抽查管理暂行办法；LIC 工业产品生产许可证管理条例；RC1 消费品召回管理暂行规定；
RC2 食品召回管理办法；COT 棉花质量监督管理条例；APL 行政处罚法；APP 市场监督管理行政处罚程序规定；
TR 行政执法机关移送涉嫌犯罪案件的规定；O45 市场监督管理行政处罚信息公示规定；O44 市场监督管理严重违法失信名单管理办法；
O49 食品生产经营监督检查管理办法；2R 双随机、一公开；EIP 企业信息公示暂行条例；OGI 政府信息公开条例。

效力：T 法条已核；M 法条，条号待核；C 实践；U 未核实；D 平台默认（C、U、D 各行须由主管部门确认，可按省配置）。
"""


def document() -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION, *(_part(letter, title) for letter, title in _PARTS)])


def length_text(limit: Limit) -> str:
    """The length in words (期限)."""
    if limit.length is None:
        return "按约定或者规定" if limit.agreeable else "无日数规定"
    if limit.mode is Mode.WINDOW:
        return f"第{limit.opens_after + 1}至{limit.length}日"
    if limit.length == 0:
        return "至该日" if limit.mode is Mode.KEEP else "立即"
    words = f"{limit.length}{_UNITS[limit.unit]}"
    return {Mode.BEFORE: f"提前{words}", Mode.BAN: f"满{words}前不得"}.get(limit.mode, words)


def _part(letter: str, title: str) -> str:
    rows = [_row(_cells(limit)) for limit in LIMITS.values() if limit.id.startswith(letter)]
    return "\n".join([f"## {title}", "", _row(_HEAD), "|" + "---|" * len(_HEAD), *rows, ""])


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cells(limit: Limit) -> tuple[str, ...]:
    return (
        limit.id,
        limit.name,
        limit.trigger,
        limit.duty,
        length_text(limit) + ("，可约定" if limit.agreeable and limit.length else ""),
        _WHOSE[limit.whose],
        _ROLLS[limit.roll] if limit.unit is not Unit.WD else "即工作日",
        "；".join(_extension(rule, limit.unit) for rule in limit.extensions) or "—",
        "、".join(kind.zh for kind in limit.pausable) or "—",
        limit.source,
        f"{limit.tag.value} {_TAGS[limit.tag]}",
        limit.overrun or "—",
        limit.note or "—",
    )


def _extension(rule: ExtensionRule, unit: Unit) -> str:
    if rule.length:
        return f"+{rule.length}{_UNITS[unit]}（{rule.approver}）"
    usual = f"，默认+{rule.usual}{_UNITS[unit]}" if rule.usual else ""
    return f"长度不限{usual}（{rule.approver}）"
