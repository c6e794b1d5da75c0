"""The documents keep up with the code: each module has its place, links lead somewhere, lines fit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spelling import ROOT

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md"))]
PACKAGE = ROOT / "include" / "opengenome"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")


def layout_of_the_architecture() -> str:
    text = (ROOT / "docs" / "architecture.md").read_text()
    return text.partition("## Layout and arrows")[2].split("```")[1]


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def names(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def test_the_layout_in_the_architecture_names_every_module():
    layout = names(layout_of_the_architecture())
    assert [str(path.relative_to(PACKAGE)) for path in MODULES if path.stem not in layout] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_source_file_that_a_document_names_exists(path):
    named = set(re.findall(r"`([\w./]+/[\w.]+\.(?:py|env|txt|yaml))`", path.read_text()))
    places = (ROOT, PACKAGE, PACKAGE / "orchestration", ROOT / "docs")
    assert [name for name in sorted(named) if not any((place / name).exists() for place in places)] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_inside_the_documents_leads_somewhere(path):
    lost = []
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        if "://" not in link and not (target.exists() and (not anchor or anchor in anchors(target))):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_line_of_prose_is_longer_than_120_characters(path):
    lines = enumerate(path.read_text().splitlines(), 1)
    assert [number for number, line in lines if len(line) > 120 and not line.startswith("|")] == []
