"""ro-crate-metadata.json: the results as a Workflow Run RO-Crate 0.5, which archives and registries read.

Nothing in it is a path of this machine: people pass crates on. An input is told by its name, size and digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import opengenome
from opengenome import flow
from opengenome.errors import number_of
from opengenome.io.paths import path_of
from opengenome.report.described import as_json, base_name, software, title
from opengenome.report.material import Material

MOST_INPUTS = 1000  # that are listed one by one
_CONTEXT = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
_FORMAL_PARAMETER = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"
_WORKFLOW_PROFILE = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
_LICENSE = "https://www.apache.org/licenses/LICENSE-2.0"
_AIRFLOW = "https://airflow.apache.org/"
_LANGUAGE, _NO_LICENSE, _AUTHORS = "#airflow", "#license", "#authors"
_FORMATS = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".html": "text/html",
    ".yml": "application/yaml",
    ".txt": "text/tab-separated-values",
    ".py": "text/x-python",
}
_HOMES = {
    "apache-airflow": _AIRFLOW,
    "pyspark": "https://spark.apache.org/",
    "python": "https://www.python.org/",
    "numpy": "https://numpy.org/",
    "pandas": "https://pandas.pydata.org/",
    "pyarrow": "https://arrow.apache.org/",
    "numba": "https://numba.pydata.org/",
}
_TYPES: dict[type, str] = {bool: "Boolean", int: "Integer"}  # of a parameter; else Text

Entity = dict[str, Any]


def ro_crate(material: Material, made: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
    """The crate's metadata, and the workflow that it describes. made: other files that are published, by name."""
    dag = _dag_file().read_bytes()
    made = dict(made or {})
    inputs, values = list(_inputs(material)), list(_values(material))
    results = [*_results(material), *(_file(name, len(data), _sha256(data)) for name, data in sorted(made.items()))]
    formal = [_formal(value) for value in values]
    workflow = _workflow(material, dag, formal)
    action = _action(material, [*inputs, *values], results)
    programs = list(_programs(material))
    workflow["softwareRequirements"] = _references(programs)
    root = _root(material, [workflow, *results], action)
    graph = [_descriptor(), root, workflow, action, *inputs, *values, *formal, *results, *programs, *_contextual()]
    return {flow.RO_CRATE: as_json({"@context": _CONTEXT, "@graph": graph}), flow.WORKFLOW: dag}


def _dag_file() -> Path:
    """The DAG's file: a module of an installed package, in a checkout in a folder of its own."""
    package = Path(opengenome.__file__).parent
    installed = package / "airflow_dag.py"
    return installed if installed.exists() else package.parents[1] / "dags" / f"{flow.DAG}.py"


def _descriptor() -> Entity:
    profiles = ["https://w3id.org/ro/crate/1.1", "https://w3id.org/workflowhub/workflow-ro-crate/1.0"]
    return {
        "@id": flow.RO_CRATE,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": [{"@id": profile} for profile in profiles],
    }


def _root(material: Material, parts: Iterable[Entity], action: Entity) -> Entity:
    summary = material.summary
    counted = number_of(summary["sequences"], "coding sequence" if "cds" in summary else "sequence")
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": title(material),
        "description": f"{number_of(summary['codons'], 'codon')} of {counted}, counted and proven.",
        "datePublished": material.provenance["aggregated"],
        "license": {"@id": _NO_LICENSE},
        "conformsTo": [{"@id": profile} for profile in _PROFILES],
        "hasPart": _references(parts),
        "mainEntity": {"@id": flow.WORKFLOW},
        "mentions": {"@id": action["@id"]},
    }


def _workflow(material: Material, dag: bytes, formal: Iterable[Entity]) -> Entity:
    return _file(flow.WORKFLOW, len(dag), _sha256(dag)) | {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "name": flow.DAG,
        "description": "Counts codons in batches, one Spark submit for each batch, and proves the table.",
        "version": software(material)["opengenome"],
        "programmingLanguage": {"@id": _LANGUAGE},
        "license": {"@id": _LICENSE},
        "creator": {"@id": _AUTHORS},
        "conformsTo": {"@id": _WORKFLOW_PROFILE},
        "input": _references(formal),
    }


def _action(material: Material, given: Iterable[Entity], results: Iterable[Entity]) -> Entity:
    provenance = material.provenance
    ended = max((task.started + task.seconds for task in material.trace), default=None)
    end = provenance["aggregated"] if ended is None else datetime.fromtimestamp(ended, UTC).isoformat()
    return {
        "@id": f"#run-{quote(provenance['run'], safe='', errors='surrogateescape')}",
        "@type": "CreateAction",
        "name": title(material),
        "description": "A run of the workflow that ended with a proven table.",
        "startTime": provenance["started"],
        "endTime": end,
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "instrument": {"@id": flow.WORKFLOW},
        "object": _references(given),
        "result": _references(results),
    }


def _inputs(material: Material) -> Iterator[Entity]:
    """The files that were read. They are no part of the crate, so they are told, not linked."""
    files = material.provenance["inputs"]
    for number, file in enumerate(files[:MOST_INPUTS]):
        name = base_name(file["path"])
        compression = "" if file.get("compression", "none") in ("", "none") else f", {file['compression']}"
        yield {
            "@id": f"#input-{number}",
            "@type": "CreativeWork",
            "name": name,
            "description": "An input of the run; it is not in the crate.",
            "encodingFormat": f"{file['format']}{compression}",
            "contentSize": str(file["size"]),
            **({"identifier": file["digest"]} if "digest" in file else {}),
        }
    if len(files) > MOST_INPUTS:
        yield {
            "@id": "#inputs-further",
            "@type": "CreativeWork",
            "name": f"{len(files) - MOST_INPUTS:,} more input files",
            "description": f"{flow.PROVENANCE} names all of them.",
        }


def _values(material: Material) -> Iterator[Entity]:
    for name, value in material.provenance["parameters"].items():
        yield {
            "@id": f"#value-{name}",
            "@type": "PropertyValue",
            "exampleOfWork": {"@id": f"#parameter-{name}"},
            "name": name,
            "value": _without_paths(value),
        }


def _without_paths(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return "\n".join(base_name(line) if _is_path(line) else line for line in map(str.strip, value.splitlines()))


def _is_path(text: str) -> bool:
    return path_of(text).is_absolute() or text.startswith(("~", "./", "../"))


def _formal(value: Entity) -> Entity:
    return {
        "@id": value["exampleOfWork"]["@id"],
        "@type": "FormalParameter",
        "additionalType": _TYPES.get(type(value["value"]), "Text"),
        "conformsTo": {"@id": _FORMAL_PARAMETER},
        "name": value["name"],
        "workExample": {"@id": value["@id"]},
    }


def _results(material: Material) -> Iterator[Entity]:
    """The proven files, and the proof."""
    digests = {**material.proof.files, flow.VALIDATION: material.proof.sha256}
    for name, sha256 in sorted(digests.items()):
        yield _file(name, (material.folder / name).stat().st_size, sha256)


def _file(name: str, size: int, sha256: str) -> Entity:
    form = _FORMATS.get(Path(name).suffix)
    told = {"@id": name, "@type": "File", "name": name, "contentSize": str(size), "sha256": sha256}
    return told | ({"encodingFormat": form} if form else {})


def _programs(material: Material) -> Iterator[Entity]:
    for name, version in software(material).items():
        told = {"@type": "SoftwareApplication", "name": name, "softwareVersion": version}
        home = _HOMES.get(name)
        yield {"@id": home, **told, "url": {"@id": home}} if home else {"@id": f"#{quote(name)}", **told}


def _contextual() -> Iterator[Entity]:
    for profile, (name, version) in _PROFILES.items():
        yield {"@id": profile, "@type": "CreativeWork", "name": name, "version": version}
    language = {"name": "Apache Airflow", "identifier": {"@id": _AIRFLOW}, "url": {"@id": _AIRFLOW}}
    yield {"@id": _LANGUAGE, "@type": "ComputerLanguage", **language}
    yield {"@id": _LICENSE, "@type": "CreativeWork", "name": "Apache License 2.0"}
    yield {"@id": _AUTHORS, "@type": "Organization", "name": "The OpenGenome codon usage developers"}
    unknown = "Nobody has stated a license for these results. Set it before you pass them on."
    yield {"@id": _NO_LICENSE, "@type": "CreativeWork", "name": "No license stated", "description": unknown}


def _references(entities: Iterable[Entity]) -> list[Entity]:
    return [{"@id": entity["@id"]} for entity in entities]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
