"""Code lists of verdicts, measures and reasons (结论、措施、原因代码表): domain §4.8."""

from __future__ import annotations

from sampling.rules.codes_shape import coded, plain
from sampling.rules.custody import AbsenceReason, RefusalReason
from sampling.rules.receipt import RejectionReason
from sampling.rules.report_checks import REPORT_CLASSES

ACTS = (
    plain("item_judgement", "项目判定", "§2.6 [C]", "合格项 不合格项 问题项 未检验"),
    coded("batch_verdict", "检验结论", "§4.8",
          "QUALIFIED 合格; UNQUALIFIED 不合格; SERIOUS 严重不合格; PROBLEM 问题; TEST_IMPOSSIBLE 无法检验"),
    coded("final_conclusion", "最终结论", "§4.8",
          "UPHELD 维持; OVERTURNED 改判合格; NOT_OWN_PRODUCT 非其生产(仅生产分支); REINSPECTION_ENDED 终止复检维持原结论"),
    plain("report_class", "报告分类", "§2.6 [C]", sorted(REPORT_CLASSES)),
    coded("control_measure", "控制措施", "§4.8",
          "STOP_SALE 停止销售(下架); SEAL 封存; DETAIN 查封扣押; CONFISCATE 没收; RECALL 召回; DESTROY 无害化处理/销毁; STOP_PRODUCTION 停产;"
          " SITE_NOTICE 经营场所公示"),
    coded("supervision_measure", "监管措施", "§4.8",
          "ORDER_CORRECT 责令改正; INTERVIEW 责任约谈; RECHECK 复查; FOLLOW_UP 跟踪抽查; ASSIST 技术帮扶; REGIONAL 区域整治; ANNOUNCE 公告;"
          " SUSPEND 责令停业整顿; REVOKE_LICENCE 吊销许可证; REVOKE_BUSINESS 吊销营业执照"),
    coded("case_result", "案件结果", "§4.8",
          "FINE 罚款; CONFISCATE 没收; WARNING 警告; NO_PENALTY 不予处罚; EXEMPT 免予处罚; TRANSFER_POLICE 移送公安; TRANSFER_DEPT 移送部门;"
          " TRANSFER_REGION 移送异地"),
    plain("refusal_reason", "拒抽原因", "§4.8; 拒绝签字盖章本身不是拒抽, 须注明并有见证人", RefusalReason),
    plain("absence_reason", "未抽样原因", "§4.8", AbsenceReason),
    plain("rejection_reason", "拒收原因", "§4.8", RejectionReason),
    coded("risk_level", "风险等级", "§7.4", "S 严重; H 高; M 中; L 低"),
)  # fmt: skip
