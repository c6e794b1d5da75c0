"""Find the line that explains a failure in the output of Java, Spark or the shell that starts them."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Lines around the reason that do not explain it.
_NOISE = re.compile(
    r"\s*$|\s*at |\s*\.\.\. \d+ more|\s*File \"|\s*\^+$|Traceback |Driver stacktrace|WARNING|Picked up |NOTE: |Usage: "
    r"|\S+ \S+ (INFO|WARN|DEBUG) |.*VM warning:|Error: (Could not create the Java|A fatal exception)"
    r"|.*bad array subscript|# *$|# (An error report|If you would|https?:|/)|.*hs_err_pid"
)
_TELLING = re.compile(
    r"error|exception|invalid|unrecognized|unsupported|insufficient|not (found|reserve|map|parse|allocate)|cannot|"
    r"unable|no such|unavailable|denied|failed|too many|killed|is not set|unresponsive",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"# |: (?=\w)|\S+ \S+ (ERROR|FATAL) |.*?: line \d+: |Error: |ERROR: |Caused by: |Exception in thread \"[^\"]*\" |"
    r"(?:[a-z_$][\w$]*\.)+(?=[A-Z][\w$]*(?:Exception|Error)\b)"
)


def last_words(lines: Sequence[str]) -> str | None:
    """The last line that names an error, without time stamps and package names; None if there is none.

    In a chain of Java exceptions that is the root cause. Lines after `Usage:` are skipped as the program's help.
    """
    help_at = next((at for at, line in enumerate(lines) if line.startswith("Usage: ")), len(lines))
    candidates = [line for line in lines[:help_at] if not _NOISE.match(line)]
    telling = [line for line in candidates if _TELLING.search(line)] or candidates
    return _bare(telling[-1]) if telling else None


def _bare(line: str) -> str:
    bare = line.strip()
    while match := _BEFORE.match(bare):
        bare = bare[match.end() :]
    return bare.rstrip(".") or line.strip()
