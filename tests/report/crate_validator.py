"""Validate an RO-Crate without a network; a program for the Python of tests/peers.py. Argument: the crate's folder.

The validator asks the two contexts of a crate from their addresses. Here they are answered with those of their terms
that our crates use; any other term is an error. Prints what the validator finds, a line each; nothing is a valid crate.
"""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

from rdflib.plugins.shared.jsonld import context as jsonld
from rocrate_validator import models, services
from rocrate_validator.utils.http import HttpRequester

RO_CRATE, WORKFLOW_RUN = "https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"
_SCHEMA = """about actionStatus additionalType contentSize creator datePublished description encodingFormat endTime
exampleOfWork hasPart identifier instrument license mainEntity mentions name object programmingLanguage result
softwareRequirements softwareVersion startTime url value version workExample ComputerLanguage CreateAction CreativeWork
Dataset Organization PropertyValue SoftwareApplication SoftwareSourceCode""".split()  # noqa: SIM905
_BIOSCHEMAS = "https://bioschemas.org/"
TERMS = {
    RO_CRATE: {
        **{term: f"http://schema.org/{term}" for term in _SCHEMA},
        "File": "http://schema.org/MediaObject",
        "conformsTo": "http://purl.org/dc/terms/conformsTo",
        "ComputationalWorkflow": f"{_BIOSCHEMAS}ComputationalWorkflow",
        "FormalParameter": f"{_BIOSCHEMAS}FormalParameter",
        "input": f"{_BIOSCHEMAS}ComputationalWorkflow#input",
    },
    WORKFLOW_RUN: {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"},
}


def offline() -> None:
    """Answer the addresses of TERMS, and no others."""

    def of_rdflib(address: str) -> tuple[dict[str, Any], None]:
        return {"@context": TERMS[str(address)]}, None

    def of_validator(_: HttpRequester, name: str) -> Any:
        answer = {"status_code": 200, "headers": {"Content-Type": "application/ld+json"}}
        return lambda address, **_: SimpleNamespace(**answer, json=lambda: {"@context": TERMS[address]})

    jsonld.source_to_json = of_rdflib
    HttpRequester.__getattr__ = of_validator
    HttpRequester.get = lambda self, address, **_: of_validator(self, "get")(address)


def unknown_terms(folder: str) -> set[str]:
    with open(f"{folder}/ro-crate-metadata.json", encoding="utf-8") as file:  # noqa: PTH123
        graph = json.load(file)["@graph"]
    used = {key for entity in graph for key in entity if not key.startswith("@")}
    types = {
        kind
        for entity in graph
        for kind in ([entity["@type"]] if isinstance(entity["@type"], str) else entity["@type"])
    }
    return {*used, *types} - {term for terms in TERMS.values() for term in terms}


def main(folder: str, severity: str = "REQUIRED") -> None:
    offline()
    settings = services.ValidationSettings(
        rocrate_uri=folder,
        profile_identifier="workflow-run-crate",
        requirement_severity=getattr(models.Severity, severity),
    )
    result = services.validate(settings)
    for term in sorted(unknown_terms(folder)):
        print(f"unknown term {term}")
    for issue in result.get_issues():
        print(issue.check.identifier, issue.severity.name, issue.message)
    print(f"checks: {len(result.executed_checks)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
