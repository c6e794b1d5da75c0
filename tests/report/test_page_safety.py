"""The page runs nothing but its own code, and asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from opengenome.report.figures import Figure, figures
from opengenome.report.material import TaskTrace
from opengenome.report.page import page, vega
from opengenome.report.policy import header
from tests.orchestration.annotated_runs import Row, some_cds
from tests.orchestration.conftest import House, write_input
from tests.report.seen import Element, coding_run, few_sequences, figure, proven, seen

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
QUOTES = '" onmouseover="alert(3)" \'-->{{7*7}}{% raise %}&lt;b&gt;'
BIDI = "safe\u202egnp.exe\u2066\u200b"
LONG = "x" * 200_000  # more than csv reads by itself
FORMULA = "=HYPERLINK(1)"
OWN_TYPES = {"application/gzip", "application/json"}


def _evil_page(house: House) -> bytes:
    names = (EVIL, QUOTES, BIDI, LONG, FORMULA)
    rows = [row for k, name in enumerate(names) for row in some_cds(2, seed=k, organism=name, gene=name)]
    rows += [Row(f"{name.replace('_', '-')}_0", "ATGAAA", reason="pseudo") for name in names]
    file = '<svg onload="alert(4)">\'`.fasta'
    material = coding_run(house, rows, file)
    task = TaskTrace("count_codons", 0, EVIL + BIDI, 1.0, 2.0, 1, 0, QUOTES)
    drawn = [figure("nc", f'x,y\n"{EVIL}",2\n', title=EVIL + BIDI, text=QUOTES)]
    return page(replace(material, trace=(task,), command=("cmd", EVIL, QUOTES)), drawn)


def _scripts(whole: Element) -> list[Element]:
    return [one for one in whole.all("script") if one.attributes.get("type", "") not in OWN_TYPES]


def test_no_name_of_an_input_becomes_markup(house: House) -> None:
    made = _evil_page(house)
    whole = seen(made)
    assert not whole.all("img")
    assert not [name for one in whole.all() for name in one.attributes if name.startswith("on")]
    library, own = _scripts(whole)
    assert library.text == vega.script()
    assert "alert" not in own.text
    for name in (EVIL, QUOTES, FORMULA):
        assert name in whole.text  # shown as it is, and nothing else than shown
    assert "49" not in whole.by_id("figure-1-text").text  # no template was made of it


def test_a_text_cannot_turn_the_words_around_it(house: House) -> None:
    whole = seen(_evil_page(house))
    odd = {
        char
        for one in whole.all()
        if one.tag not in ("script", "style")
        for part in one.parts
        if isinstance(part, str)
        for char in part
        if unicodedata.category(char) in ("Cf", "Cc", "Cs")
    }
    assert odd <= {"\n"}
    assert r"safe\u202egnp.exe\u2066\u200b" in whole.text
    attributes = "".join(value for one in whole.all() for value in one.attributes.values())
    assert attributes.isprintable()


def test_a_very_long_name_is_shortened_and_this_is_said(house: House) -> None:
    made = _evil_page(house)
    assert LONG[:200].encode() not in made
    assert f"{'x' * 100}…{'x' * 40} ({len(LONG):,} characters)" in seen(made).text


LINES = "two\u2028lines\x1b[31m\x00"


def texts_of(told: Any) -> Iterator[str]:
    """Every text in JSON values, and every name."""
    if isinstance(told, str):
        yield told
    elif isinstance(told, dict | list):
        for one in [*told, *(told.values() if isinstance(told, dict) else ())]:
            yield from texts_of(one)


def _coding_figures(house: House, **asked: Any) -> list[Figure]:
    rows = [row for k, name in enumerate((LINES, BIDI, LONG)) for row in some_cds(2, seed=k, organism=name)]
    return figures(coding_run(house, [*rows, *some_cds(2, organism="plain")], **asked))


def test_a_name_in_a_figure_is_short_and_printable(house: House) -> None:
    """Vega makes expressions of names that it sorts by, and such a line separator would end one of them."""
    drawn = _coding_figures(house, ordination=True)
    write_input(house.data / "long.fasta", [(LONG, "ATGGCC" * 50), ("b", "ATGGCG" * 50)])
    drawn += figures(proven(house.counted("s", source=str(house.data / "long.fasta"), require_all_codons="never")))
    texts = [text for one in drawn for text in texts_of(one.chart)]
    for text in texts:
        assert text.replace("\n", "").isprintable()
        assert LONG[:200] not in text
    assert any(r"two\u2028lines\x1b[31m\x00" in text for text in texts)


def test_a_file_name_that_is_not_utf8_does_not_stop_the_page(house: House) -> None:
    house.data.joinpath("a\udcff.fasta").write_text(">a\nATGATG\n", encoding="utf-8")
    assert rb"a\xff.fasta" in page(few_sequences(house, source=str(house.data)), [])


def test_the_page_asks_nobody_for_anything(house: House) -> None:
    whole = seen(_evil_page(house))
    asking = [one for one in whole.all() if {"src", "srcset", "data", "action", "poster"} & set(one.attributes)]
    assert not asking
    links = [one.attributes["href"] for one in whole.all() if "href" in one.attributes]
    assert all(link.startswith(("#", "data:,")) for link in links)
    style = "".join(one.text for one in whole.all("style"))
    assert not re.search(r"url\(|@import", style)
    own = _scripts(whole)[1].text
    assert not re.search(r"fetch\(|XMLHttp|https?:", own)


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_allows_the_scripts_and_the_style_of_the_page_and_nothing_else(house: House) -> None:
    made = page(few_sequences(house), [figure("nc")])
    whole = seen(made)
    stated = next(one for one in whole.all("meta") if one.attributes.get("http-equiv")).attributes["content"]
    scripts, (style,) = _scripts(whole), whole.all("style")
    run = " ".join(_digest(one.text) for one in scripts)
    assert stated == f"default-src 'none'; script-src {run}; style-src {_digest(style.text)}; img-src data: blob:"
    assert not [one for one in whole.all() if "style" in one.attributes]
    sent = header(made)
    assert sent.startswith(f"{stated}; ")
    assert "frame-ancestors 'self'" in sent
    assert "allow-same-origin" not in sent
    assert header(made[:4096]) == sent


def test_a_page_with_another_policy_runs_nothing() -> None:
    open_to_all = b"""<meta http-equiv="Content-Security-Policy" content="default-src *; script-src 'unsafe-inline'">"""
    for forged in (b"", open_to_all, b"<html>" * 1000):
        assert header(forged) == "default-src 'none'; sandbox"


def test_a_page_without_figures_has_no_script(house: House) -> None:
    assert not seen(page(few_sequences(house), [])).all("script")
