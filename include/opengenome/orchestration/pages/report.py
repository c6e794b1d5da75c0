"""The report of a run, as a page inside Airflow."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import cast

from opengenome.flow import REPORT_PAGE
from opengenome.orchestration.pages.result import Result

# For a report that does not say which scripts it runs: none. `sandbox` gives it an origin of its own, so that even a
# script that got into it reaches neither Airflow's cookies nor its API.
_NOTHING = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"


def read_page(found: Result) -> bytes:
    """The report of a run. Raises ContractError if it has none, or not the one that was made."""
    return b"".join(found.open(REPORT_PAGE).blocks())


def policy_of(page: bytes) -> str:
    """The Content-Security-Policy with which a report is sent: the one that its maker gives it."""
    try:
        policy = importlib.import_module("opengenome.report.page.policy")
    except ImportError:
        return _NOTHING
    return cast("Callable[[bytes], str]", policy.header)(page)
