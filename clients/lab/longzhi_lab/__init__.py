"""Longzhi for laboratories (陇质承检机构工具): reports in, exactly once, with receipts that can be verified without the platform.

from longzhi_lab import Config, open_link, push, read_source

config = Config(url="https://…", laboratory="L01", secret="…")
with open_link(config) as link:
    outcome = push(link, read_source(Path("results.xlsx")), mode="partial")
"""

from longzhi_lab.config import Config, load_config
from longzhi_lab.errors import CredentialsRefused, LabError, SourceError, Unreachable, UsageError
from longzhi_lab.link import Link, open_link
from longzhi_lab.outcome import Outcome, Problem, Result
from longzhi_lab.push import push, try_out
from longzhi_lab.receipts import Finding, verify
from longzhi_lab.source import Source, read_source

__all__ = [
    "Config", "CredentialsRefused", "Finding", "LabError", "Link", "Outcome", "Problem", "Result", "Source", "SourceError", "Unreachable",
    "UsageError", "load_config", "open_link", "push", "read_source", "try_out", "verify",
]  # fmt: skip
