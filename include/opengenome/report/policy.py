"""The Content-Security-Policy of the page: it runs its own scripts, has its own style, and asks nobody for anything.

No text of a user is run, even if it reached the page unescaped.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable

# For a page that states no policy of ours. `sandbox` gives a page an origin of its own, so that in Airflow it reaches
# neither Airflow's cookies nor its API.
_NOTHING = "default-src 'none'; sandbox"
_HASH = r"'sha256-[A-Za-z0-9+/]{43}='"
_POLICY = rf"default-src 'none'; script-src {_HASH}(?: {_HASH})*; style-src {_HASH}; img-src data: blob:"
_STATED = re.compile(rf'<meta http-equiv="Content-Security-Policy" content="({_POLICY})">'.encode())
_BEFORE = 4096  # bytes of a page in which its policy is stated
# `sandbox` and `frame-ancestors` are not allowed in a meta element.
_FURTHER = (
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts allow-downloads allow-modals"
)


def stated(scripts: Iterable[str], style: str) -> str:
    """The policy that a page states of itself."""
    run = " ".join(map(_hash, scripts))
    return f"default-src 'none'; script-src {run}; style-src {_hash(style)}; img-src data: blob:"


def header(page: bytes) -> str:
    """The value of the header `Content-Security-Policy` with which a web server should send this page.

    page: its bytes, or the first 4,096 of them. A page that does not state a policy like ours gets one under which it
    runs nothing.
    """
    found = _STATED.search(page[:_BEFORE])
    return f"{found[1].decode()}; {_FURTHER}" if found else _NOTHING


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
