"""All time limits of domain.md 2.11 as data: food F, product P, case, publicity and credit C. One row, one length.

The words are Chinese because a lawyer reads and corrects them (docs/clocks.md prints this table). A row tagged D or U is a
default: a province replaces it with `dataclasses.replace`, never by editing this file.
"""

from collections.abc import Mapping
from types import MappingProxyType

from common.clocks.model import ExtensionRule, Limit, Mode, PauseKind, Roll, Tag, Unit, Whose

WD, CD, H, MONTHS, YEARS = Unit.WD, Unit.CD, Unit.H, Unit.M, Unit.Y
RIGHT, PARTY, OFFICE = Whose.RIGHT, Whose.PARTY, Whose.OFFICE
T, M, C, U, D = Tag.T, Tag.M, Tag.C, Tag.U, Tag.D
NO = Roll.NONE
ONCE_5 = (ExtensionRule("受理部门，须向申请人书面说明理由", 5, 5),)
CONSENT_3 = (ExtensionRule("组织复检的部门同意", 3, 3),)
HEAD = (ExtensionRule("办理机关负责人书面批准", None, 30, repeatable=True),)
CASE_15 = (ExtensionRule("机关负责人批准", 15, 15),)
CASE_30 = (ExtensionRule("机关负责人批准", 30, 30), ExtensionRule("机关负责人集体讨论决定", repeatable=True))


def _free(approver: str) -> tuple[ExtensionRule, ...]:
    return (ExtensionRule(approver, repeatable=True),)


# A table: one limit a row, as a lawyer reads it.
# fmt: off
_FOOD = (
    Limit("F01", "送样", "抽样结束", "样品、抽样单及资料送达承检机构", 5, WD, OFFICE, "O15 第20条", M, extensions=_free("组织抽检部门同意"),
          overrun="抽样机构质量事件；样品可被拒收"),
    Limit("F02", "出具检验报告", "承检机构收到样品", "出具检验报告", 20, WD, OFFICE, "O15 第24条", M, agreeable=True,
          overrun="承检机构考核扣分；O15 第50条", note="合同另有约定的从其约定"),
    Limit("F03", "报送合格结论", "作出合格结论", "报送组织抽检部门", 7, WD, OFFICE, "O15 第26条", M, overrun="承检机构考核扣分"),
    Limit("F04", "报送不合格结论", "作出不合格结论", "报送组织抽检部门", 2, WD, OFFICE, "O15 第26条", M,
          overrun="承检机构考核扣分；后果严重的五年内不得承检（第50条）"),
    Limit("F05", "严重危害限时报告", "发现严重危害", "立即报告并通知", 24, H, OFFICE, "O15 第28条", C, roll=NO, overrun="同F04",
          note="条文为立即；24小时为实践"),
    Limit("F06", "送达不合格结果", "市场监管部门收到不合格报告", "送达检验报告和结果通知书", 5, WD, OFFICE, "O15 第29条", M, overrun="K14指标；督办"),
    Limit("F07", "通报生产者所在地", "市场监管部门收到不合格报告", "通报标称生产者所在地市场监管部门", 2, WD, OFFICE, "O15 第28条", D,
          overrun="指标", note="条文为及时；省内默认2个工作日"),
    Limit("F08", "申请复检（食品）", "当事人收到检验结论", "提出复检申请", 7, WD, RIGHT, "FSL 第88条；O15 第30条", T, overrun="不予受理，权利丧失"),
    Limit("F09", "复检受理", "收到复检申请材料", "书面决定受理或者不予受理", 5, WD, OFFICE, "O15 第32条", M, overrun="投诉、督办"),
    Limit("F10", "确定复检机构", "受理复检申请", "随机确定复检机构", 5, WD, OFFICE, "O15 第32条", M, extensions=ONCE_5, overrun="督办"),
    Limit("F11", "复检机构说明不能承担", "复检机构接到任务", "书面说明不能承担的理由", 2, WD, OFFICE, "O15 第32条", M,
          overrun="FSR 第79条：一年内两次无正当理由拒绝的取消资格"),
    Limit("F12", "移交备份样品", "确定复检机构", "初检机构移交备份样品", 3, WD, OFFICE, "O15 第33条", M, extensions=CONSENT_3,
          overrun="承检机构考核扣分"),
    Limit("F13", "作出复检结论", "复检机构收到备份样品", "提交复检结论", 10, WD, OFFICE, "O15 第35条", M, agreeable=True,
          overrun="复检机构考核", note="可以另行约定"),
    Limit("F14", "告知复检结论", "收到复检结论", "告知申请人及其所在地市场监管部门", 5, WD, OFFICE, "O15 第35条", M, overrun="督办"),
    Limit("F15", "抽样过程异议", "抽样完成", "对抽样过程提出异议", 7, WD, RIGHT, "O15 第37条", M, overrun="不予受理"),
    Limit("F16", "真实性、方法、标准异议", "当事人收到结果通知", "对样品真实性、检验方法、标准适用提出异议", 7, WD, RIGHT, "O15 第37条", M,
          overrun="不予受理"),
    Limit("F17", "一次告知补正", "收到不齐全的异议材料", "当场或者5个工作日内一次告知补正", 5, WD, OFFICE, "O15 第38条", M,
          overrun="视为材料齐全（平台默认）"),
    Limit("F18", "异议受理", "收到异议材料", "决定受理或者不予受理", 5, WD, OFFICE, "O15 第38条", M, overrun="督办"),
    Limit("F19", "抽样过程异议处理", "受理异议", "作出审核结论", 20, WD, OFFICE, "O15 第39条", M, overrun="督办"),
    Limit("F20", "其他异议处理", "受理异议", "作出审核结论", 30, WD, OFFICE, "O15 第39条", M, pausable=(PauseKind.CONSULTING,), overrun="督办",
          note="商请其他部门、机构的时间不计入"),
    Limit("F21", "立即控制风险（食品）", "生产经营者知悉结论", "停止、封存、召回、通知、报告", 0, CD, PARTY, "O15 第40条；FSL 第63条", M, roll=NO,
          overrun="责令履行；FSL 第124条（O15 第48条）", note="立即；异议和复检期间不停止履行"),
    Limit("F22", "启动核查处置", "办理机关收到不合格报告", "启动核查处置", 5, CD, OFFICE, "O15 第43条", U,
          overrun="指标；督办", note="条文为及时；5日为实践默认"),
    Limit("F23", "完成产品控制", "办理机关收到不合格报告", "产品控制到位", 20, CD, OFFICE, "省级实践", U, overrun="黄灯", note="20日为实践默认"),
    Limit("F24", "完成核查处置", "办理机关签收不合格报告", "完成核查处置", 90, CD, OFFICE, "O15 第45条", M, extensions=HEAD, overrun="K6红灯；督办",
          note="起算点条文未写明；延期须在期满前书面批准，长度不限，默认30日"),
    Limit("F25a", "合格备份样品保存", "作出合格结论", "保存备份样品", 3, MONTHS, OFFICE, "O15 第25条", M, Mode.KEEP, NO, overrun="承检机构质量事件",
          note="保质期先届满的至保质期届满（F25c）"),
    Limit("F25b", "不合格备份样品保存", "作出不合格结论", "保存备份样品", 6, MONTHS, OFFICE, "O15 第25条", M, Mode.KEEP, NO,
          overrun="承检机构质量事件",
          note="保质期先届满的至保质期届满（F25c）；复检未结不得销毁"),
    Limit("F25c", "备份样品保存至保质期", "保质期届满日", "保存备份样品至该日", 0, CD, OFFICE, "O15 第25条", M, Mode.KEEP, NO,
          overrun="承检机构质量事件"),
    Limit("F26a", "抽样记录保存（法定）", "抽样记录形成", "保存抽样记录", 2, YEARS, OFFICE, "O15 第19条", M, Mode.KEEP, NO, overrun="质量事件"),
    Limit("F26b", "抽样记录保存（平台）", "抽样记录形成", "平台保存抽样记录", 6, YEARS, OFFICE, "平台默认", D, Mode.KEEP, NO, overrun="质量事件"),
    Limit("F27", "农产品快检复检", "收到快速检测结果", "申请复检", 4, H, RIGHT, "FSL 第88条", T, roll=NO,
          overrun="权利丧失", note="复检不得采用快速检测"),
    Limit("F28-I", "启动一级召回", "知悉食品安全风险", "启动召回", 24, H, PARTY, "RC2", M, roll=NO, overrun="责令召回"),
    Limit("F28-II", "启动二级召回", "知悉食品安全风险", "启动召回", 48, H, PARTY, "RC2", M, roll=NO, overrun="责令召回"),
    Limit("F28-III", "启动三级召回", "知悉食品安全风险", "启动召回", 72, H, PARTY, "RC2", M, roll=NO, overrun="责令召回"),
    Limit("F29-I", "完成一级召回", "发布召回公告", "完成召回", 10, WD, PARTY, "RC2", M, extensions=_free("所在地市场监管部门同意"),
          overrun="责令改正"),
    Limit("F29-II", "完成二级召回", "发布召回公告", "完成召回", 20, WD, PARTY, "RC2", M, extensions=_free("所在地市场监管部门同意"),
          overrun="责令改正"),
    Limit("F29-III", "完成三级召回", "发布召回公告", "完成召回", 30, WD, PARTY, "RC2", M, extensions=_free("所在地市场监管部门同意"),
          overrun="责令改正"),
)

_PRODUCT = (
    Limit("P01", "同一产品重复抽查间隔", "上次监督抽查", "不得对同一产品重复抽查", 6, MONTHS, OFFICE, "O18 第7条", M, Mode.BAN, NO,
          overrun="抽样无效",
          note="不合格产品的跟踪抽查等除外"),
    Limit("P02", "公开实施细则", "首次抽样日", "抽样前公开实施细则", 1, CD, OFFICE, "O18 第11条", M, Mode.BEFORE, NO, overrun="不得抽样"),
    Limit("P03", "报送检验报告（产品）", "承检机构收到样品", "报送检验报告", None, WD, OFFICE, "O18 第32条", M, agreeable=True,
          overrun="承检机构考核扣分", note="按实施细则或者合同"),
    Limit("P04", "书面告知结果（产品）", "收到检验报告", "书面告知检验结果和权利", 5, WD, OFFICE, "O18 第34条", D, overrun="指标",
          note="条文为及时；默认5个工作日"),
    Limit("P05", "异议、复检申请（产品）", "当事人收到结果通知", "提出异议或者复检申请", 15, CD, RIGHT, "PQL 第15条；O18 第35条", T,
          overrun="不予受理"),
    Limit("P06", "办理复检手续", "收到复检通知", "办理复检手续", 7, CD, RIGHT, "O18 第37条", M, overrun="视为放弃复检"),
    Limit("P07", "确定复检机构（产品）", "复检手续办理完毕", "确定复检机构", 10, CD, OFFICE, "O18 第38条", M, overrun="督办"),
    Limit("P08", "复检报告（产品）", "复检机构收到备用样品", "提交复检报告", None, WD, OFFICE, "O18 第41条", M, agreeable=True,
          overrun="复检机构考核",
          note="按规定或者约定"),
    Limit("P09", "停止生产销售同一产品", "知悉不合格结果", "立即停止生产、销售同一产品", 0, CD, PARTY, "O18 第44条", M, roll=NO,
          overrun="擅自恢复的处三万元以下罚款（第51条）", note="立即"),
    Limit("P10", "整改", "责令改正通知送达", "完成整改", 60, CD, PARTY, "O18 第45条", M, overrun="PQL 第17条公告"),
    Limit("P11", "组织复查", "责令改正通知送达", "组织复查", 75, CD, OFFICE, "O18 第46条", M, overrun="指标"),
    Limit("P12", "复查不合格逐级上报", "复查不合格", "逐级上报省级部门并公告", None, CD, OFFICE, "O18 第46条；PQL 第17条", M,
          overrun="督办", note="无日数规定"),
    Limit("P13", "二次复查", "省级公告", "组织第二次复查", 89, CD, OFFICE, "O18 第47条", M, Mode.WINDOW, NO, opens_after=60,
          overrun="第61日前不得复查；第89日后红灯", note="六十日后九十日前：取第61至89日，首尾两日是否计入待确认"),
    Limit("P14", "退还样品", "异议期满", "退还无偿提供的合格样品", 10, WD, OFFICE, "O18 第33条", D,
          overrun="投诉", note="条文为及时；默认10个工作日"),
    Limit("P15a", "抽查资料保存（法定）", "资料形成", "保存抽样单、证据等资料", 2, YEARS, OFFICE, "O18 第54条", M, Mode.KEEP, NO, overrun="质量事件"),
    Limit("P15b", "抽查资料保存（平台）", "资料形成", "平台保存资料", 6, YEARS, OFFICE, "平台默认", D, Mode.KEEP, NO, overrun="质量事件"),
    Limit("P16", "吊销生产许可证", "获证产品复查仍不合格", "吊销生产许可证", None, CD, OFFICE, "LIC 第54条", T, overrun="督办", note="无日数规定"),
    Limit("P17", "许可证延续申请", "许可证届满日", "届满前提出延续申请", 6, MONTHS, PARTY, "LIC 第25条", T, Mode.BEFORE, NO, overrun="失效预警"),
    Limit("P18", "缺陷信息报告", "知悉消费品可能存在缺陷", "报告", 2, WD, PARTY, "RC1", M, overrun="责令改正"),
    Limit("P20a", "棉花检验结论", "抽样", "作出检验结论", 3, CD, OFFICE, "COT 第21条", T, overrun="督办"),
    Limit("P20b", "棉花复检申请", "收到检验结果", "向省级或者全国纤维检验机构申请复检", 5, CD, RIGHT, "COT 第22条", T, overrun="不予受理"),
    Limit("P20c", "棉花复检结论", "收到复检申请", "作出复检结论", 7, CD, OFFICE, "COT 第22条", T, overrun="督办"),
)

_CASE = (
    Limit("C01", "立案决定", "收到案件线索", "决定立案或者不予立案", 15, WD, OFFICE, "APP", M, extensions=CASE_15, pausable=(PauseKind.TESTING,),
          overrun="督办", note="检验、检测、鉴定时间不计入"),
    Limit("C02", "处罚决定", "立案", "作出处理决定", 90, CD, OFFICE, "APL 第60条；APP", T, extensions=CASE_30, overrun="督办",
          note="90日见APL；延长30日、集体讨论见APP（M）"),
    Limit("C03", "送达处罚决定书", "作出处罚决定", "送达当事人", 7, WD, OFFICE, "APL 第61、85条", T, overrun="督办"),
    Limit("C04", "要求听证", "收到听证告知", "要求听证", 5, WD, RIGHT, "APL 第64、85条", T, overrun="视为放弃听证"),
    Limit("C05", "先行登记保存", "登记保存证据", "作出处理决定", 7, WD, OFFICE, "APL 第56、85条", T, overrun="登记保存措施失效"),
    Limit("C06a", "移送公安审批", "提出移送报告", "负责人决定是否移送", 3, CD, OFFICE, "TR", T, overrun="督办", note="日的性质（自然日）待确认"),
    Limit("C06b", "移送公安", "批准移送", "移送公安机关", 24, H, OFFICE, "TR", T, roll=NO, overrun="督办"),
    Limit("C07", "处罚信息公示（省内）", "作出处罚决定", "公示", 20, WD, OFFICE, "O45 第9条", T, overrun="督办"),
    Limit("C08a", "处罚信息推送（跨省）", "作出处罚决定", "推送当事人登记地", 10, WD, OFFICE, "O45 第10条", T, overrun="督办"),
    Limit("C08b", "处罚信息公示（跨省）", "收到推送信息", "公示", 10, WD, OFFICE, "O45 第10条", T, overrun="督办"),
    Limit("C09", "撤回公示", "处罚决定被变更、撤销、确认违法", "撤回公示信息", 3, WD, OFFICE, "O45 第11条", T, overrun="督办"),
    Limit("C10a", "公示期（较轻）", "公示之日", "公示", 3, MONTHS, OFFICE, "O45 第13条", T, Mode.KEEP, NO, overrun="停止公示"),
    Limit("C10b", "公示期（一般）", "公示之日", "公示", 3, YEARS, OFFICE, "O45 第13条", T, Mode.KEEP, NO, overrun="停止公示"),
    Limit("C10c", "公示期（限制从业等）", "公示之日", "公示至限制期满", None, MONTHS, OFFICE, "O45 第13条", T, Mode.KEEP, NO, agreeable=True,
          overrun="停止公示", note="与限制期相同"),
    Limit("C11", "信用中国双公示", "作出处罚、许可决定", "报送信用中国", 7, WD, OFFICE, "双公示", M, overrun="指标"),
    Limit("C12", "检查结果公示", "检查结束（信息形成）", "在信用公示系统公示", 20, WD, OFFICE, "2R；EIP 第6条", T, overrun="指标",
          note="2R为M，EIP为T"),
    Limit("C13", "食品监督检查结果公开", "作出检查结果", "公开", 20, WD, OFFICE, "O49 第39条", T, overrun="指标"),
    Limit("C14", "其他信息公开", "信息形成", "主动公开", 20, WD, OFFICE, "OGI 第26条", T, overrun="指标"),
    Limit("C15a", "严重违法失信列入期", "列入名单", "列入并公示", 3, YEARS, OFFICE, "O44", M, Mode.KEEP, NO, overrun="移出名单"),
    Limit("C15b", "提前移出", "列入名单", "申请提前移出", 1, YEARS, RIGHT, "O44", M, Mode.BAN, NO, overrun="期满前不予受理", note="条号待核（U）"),
)

LIMITS: Mapping[str, Limit] = MappingProxyType({limit.id: limit for limit in (*_FOOD, *_PRODUCT, *_CASE)})
