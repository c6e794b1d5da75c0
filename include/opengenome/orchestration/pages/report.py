"""The report of a run, as a page inside Airflow."""

from __future__ import annotations

from opengenome.flow import REPORT_PAGE
from opengenome.orchestration.pages.result import Result
from opengenome.report import policy


def read_page(found: Result) -> bytes:
    """The report of a run. Raises ContractError if it has none, or not the one that was made."""
    return b"".join(found.open(REPORT_PAGE).blocks())


def policy_of(page: bytes) -> str:
    """The Content-Security-Policy with which a report is sent: the one that its maker gives it."""
    return policy.header(page)
