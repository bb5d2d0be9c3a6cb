"""Tables of sampling, by concern; `migrations` creates the same ones."""

from sampling.models.batch import Notice, PublishedResult, PushBatch, Report, ReportItem, Sample, SampleCounter, TaskProgress

__all__ = ["Notice", "PublishedResult", "PushBatch", "Report", "ReportItem", "Sample", "SampleCounter", "TaskProgress"]
