"""How programs of others are told of a run: its name for people, its software, and files without a path in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from opengenome.io.paths import path_of, shown
from opengenome.report.material import Material


def title(material: Material) -> str:
    """`Codon usage of genomes`."""
    article = "" if material.provenance["source"].strip() else "the "
    return f"Codon usage of {article}{source_name(material)}"


def source_name(material: Material) -> str:
    """What was counted, for people: `genomes`, or `a.fasta and 3 more`. Never a path."""
    sources = [line for line in str(material.provenance["source"]).splitlines() if line.strip()] or ["landing folder"]
    more = f" and {len(sources) - 1:,} more" if len(sources) > 1 else ""
    return (base_name(sources[0]) or "input") + more


def base_name(path: str) -> str:
    """The last part of a path as JSON has it, on one line."""
    return Path(shown(path_of(path))).name


def software(material: Material) -> dict[str, str]:
    """The version of each program that took part, by name."""
    versions = material.provenance.get("versions", {})
    return {str(name): str(version) for name, version in versions.items() if name != "engine"}


def versions_yaml(material: Material) -> bytes:
    """The versions in YAML as nf-core and MultiQC read it. Quoted, because 1.10 would be read as the number 1.1."""
    lines = (f"  {json.dumps(name)}: {json.dumps(version)}\n" for name, version in software(material).items())
    return f'"OpenGenome codon usage":\n{"".join(lines) or "  {}"}'.encode()


def as_json(document: Mapping[str, Any]) -> bytes:
    """A document of ours for other programs: UTF-8, readable."""
    return (json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
