"""The Content-Security-Policy with which a page is sent: the page's own and more, or one under which nothing runs."""

from __future__ import annotations

import pytest

from opengenome.report.policy import header, stated

POLICY = stated(["x"], "y")


def meta(policy: str) -> bytes:
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}">'.encode()


def test_a_page_may_draw_save_and_print_and_has_no_part_in_airflows_origin() -> None:
    assert header(meta(POLICY)).removeprefix(f"{POLICY}; ").split("; ") == [
        *("base-uri 'none'", "form-action 'none'", "frame-ancestors 'self'"),
        "sandbox allow-scripts allow-downloads allow-modals",
    ]


@pytest.mark.parametrize(
    "page",
    [
        meta(POLICY.replace("script-src ", "script-src https://elsewhere.example ")),
        meta(POLICY.replace("style-src ", "style-src 'unsafe-inline' ")),
        meta(f"{POLICY} https:"),
        b"<html>" * 1000 + meta(POLICY),  # a browser may have run something before it
    ],
    ids=["scripts of others", "any style", "images of others", "too late"],
)
def test_a_page_that_states_more_or_states_it_late_runs_nothing(page: bytes) -> None:
    assert header(page) == "default-src 'none'; sandbox"
