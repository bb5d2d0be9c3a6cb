"""Tables of sampling, by concern; `migrations` creates the same ones."""

from sampling.models.batch import Notice, PublishedResult, PushBatch, Report, ReportItem, Sample, SampleCounter, TaskProgress
from sampling.models.custody import CustodyEvent, Dispatch, ReserveSample, SpecialNotice
from sampling.models.evidence import Document, DocumentCounter, DocumentMark, DocumentTemplate, Evidence
from sampling.models.form import NumberBlock, SampleGram
from sampling.models.objection import (
    LaboratoryDraw,
    LaboratoryTie,
    ObjectionCase,
    ObjectionClock,
    PartyLink,
    Reinspection,
    Renotice,
)
from sampling.models.report import Correction, QualityEvent, ReportFile, ReportRemark

__all__ = [
    "Correction",
    "CustodyEvent",
    "Dispatch",
    "Document",
    "DocumentCounter",
    "DocumentMark",
    "DocumentTemplate",
    "Evidence",
    "LaboratoryDraw",
    "LaboratoryTie",
    "Notice",
    "NumberBlock",
    "ObjectionCase",
    "ObjectionClock",
    "PartyLink",
    "PublishedResult",
    "PushBatch",
    "QualityEvent",
    "Reinspection",
    "Renotice",
    "Report",
    "ReportFile",
    "ReportItem",
    "ReportRemark",
    "ReserveSample",
    "Sample",
    "SampleCounter",
    "SampleGram",
    "SpecialNotice",
    "TaskProgress",
]
