"""The trade's rules of sampling (抽样、检验、判定): pure functions over values, no clock, network or session.

Checks return problems (`Problem(code, pointer, zh, en)`), never raise; verdicts are recomputed, never believed.
"""

from sampling.rules.assessment import (
    Assessment,
    ReportedItem,
    Scheme,
    SchemeItem,
    Verdict,
    assess_item,
    assess_items,
    roll_up,
    scheme_item,
)
from sampling.rules.form import (
    ControlType,
    Form,
    FormParty,
    ReservePlace,
    SampleOrigin,
    Sampler,
    TaskCategory,
)
from sampling.rules.form_checks import check_form, check_samplers
from sampling.rules.judgement import ItemJudgement, Judged, Lod, judge_item
from sampling.rules.limits import Comparison, Limit, LimitKind, check_limit, check_reported_limits
from sampling.rules.methods import normalise_method
from sampling.rules.numbers import (
    NOT_APPLICABLE,
    BelowLod,
    Microbes,
    NotDetected,
    Number,
    Qualitative,
    Result,
    find_decimal,
    parse_decimal,
    parse_result,
)
from sampling.rules.parties import Party, PartyRole, liable_parties
from sampling.rules.problem import Problem
from sampling.rules.receipt import Receipt, RejectionReason, Sealed, check_receipt, list_rejection_reasons
from sampling.rules.report_checks import REPORT_CLASSES, Cma, Report, ReportContext, check_report, cma, is_in_scope
from sampling.rules.rounding import round_interval, round_places, round_significant
from sampling.rules.samples import (
    NEXT,
    Level,
    Programme,
    SampleState,
    Stage,
    check_move,
    check_sample_no,
    is_sample_no,
    product_no,
)
from sampling.rules.units import find_factor, normalise_unit, unit_mismatch
from sampling.rules.uscc import check_uscc, is_uscc

__all__ = [
    "NEXT",
    "NOT_APPLICABLE",
    "REPORT_CLASSES",
    "Assessment",
    "BelowLod",
    "Cma",
    "Comparison",
    "ControlType",
    "Form",
    "FormParty",
    "ItemJudgement",
    "Judged",
    "Level",
    "Limit",
    "LimitKind",
    "Lod",
    "Microbes",
    "NotDetected",
    "Number",
    "Party",
    "PartyRole",
    "Problem",
    "Programme",
    "Qualitative",
    "Receipt",
    "RejectionReason",
    "Report",
    "ReportContext",
    "ReportedItem",
    "ReservePlace",
    "Result",
    "SampleOrigin",
    "SampleState",
    "Sampler",
    "Scheme",
    "SchemeItem",
    "Sealed",
    "Stage",
    "TaskCategory",
    "Verdict",
    "assess_item",
    "assess_items",
    "check_form",
    "check_limit",
    "check_move",
    "check_receipt",
    "check_report",
    "check_reported_limits",
    "check_sample_no",
    "check_samplers",
    "check_uscc",
    "cma",
    "find_decimal",
    "find_factor",
    "is_in_scope",
    "is_sample_no",
    "is_uscc",
    "judge_item",
    "liable_parties",
    "list_rejection_reasons",
    "normalise_method",
    "normalise_unit",
    "parse_decimal",
    "parse_result",
    "product_no",
    "roll_up",
    "round_interval",
    "round_places",
    "round_significant",
    "scheme_item",
    "unit_mismatch",
]
