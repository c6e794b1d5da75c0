"""Whatever is damaged between two tasks, a run ends with correct bytes or one error, and the next run is correct.

Every kind of file that a run writes × every gap between two tasks × every way of damage. A file of an
unknown kind fails: add its kind here.
"""

from __future__ import annotations

import copy
import gzip
import json
import os
import re
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from opengenome.core import bundling
from opengenome.errors import OpenGenomeError
from opengenome.io.store import sealed

KINDS = {
    "inputs": r"store/runs/[^/]+/inputs\.json\.gz",
    "plan": r"store/runs/[^/]+/plan\.json",
    "spec": r"store/runs/[^/]+/batches/\d+\.json",
    "reports": r"store/runs/[^/]+/reports\.json",
    "report: table as CSV": r"store/runs/[^/]+/report/codon_usage\.csv",
    "report: table as Parquet": r"store/runs/[^/]+/report/codon_usage\.parquet",
    "report: summary": r"store/runs/[^/]+/report/summary\.json",
    "report: provenance": r"store/runs/[^/]+/report/provenance\.json",
    "report: validation": r"store/runs/[^/]+/report/validation\.json",
    "report: page": r"store/runs/[^/]+/report/report\.html",
    "report: pipeline info": r"store/runs/[^/]+/report/pipeline_info/execution_trace\.txt",
    "report: list of views": r"store/runs/[^/]+/report/report\.json",
    "report: by sequence": r"store/runs/[^/]+/report/per_sequence/part-\d+\.parquet",
    "entry: manifest": r"store/ingest/[0-9a-f]{64}/manifest\.json",
    "entry: records": r"store/ingest/[0-9a-f]{64}/records\.parquet",
    "entry: text shard": r"store/ingest/[0-9a-f]{64}/shard-\d+\.fasta",
    "entry: row shard": r"store/ingest/[0-9a-f]{64}/shard-\d+\.parquet",
    "batch: manifest": r"store/batches/[0-9a-f]{64}/manifest\.json",
    "batch: part": r"store/batches/[0-9a-f]{64}/attempts/[^/]+/part-\d+\.parquet",
    "batch: kept by sequence": r"store/batches/[0-9a-f]{64}/tables/[0-9a-f]{64}\.[0-9a-f]{64}\.parquet",
    "store: marker": r"store/opengenome-store\.json",
    "store: results that it knows": r"store/results/[0-9a-f]{64}\.json",
    "results: marker": r"results/\.opengenome-results\.json",
    "results: table as CSV": r"results/[^/]+/codon_usage\.csv",
    "results: table as Parquet": r"results/[^/]+/codon_usage\.parquet",
    "results: summary": r"results/[^/]+/summary\.json",
    "results: provenance": r"results/[^/]+/provenance\.json",
    "results: by sequence": r"results/[^/]+/per_sequence/part-\d+\.parquet",
    "results: validation": r"results/[^/]+/validation\.json",
    "results: page": r"results/[^/]+/report\.html",
    "results: pipeline info": r"results/[^/]+/pipeline_info/execution_trace\.txt",
    "results: list of views": r"results/[^/]+/report\.json",
}
GAPS = ("discover", "ingest", "plan", "count_codons", "aggregate", "validate", "report", "publish")


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def another_value(path):
    """Another valid file of that kind, with a new seal if it has one."""
    if path.suffix == ".gz":
        document = json.loads(gzip.decompress(path.read_bytes()))
        del document["seal"]
        change_a_number(document)
        path.write_bytes(gzip.compress(json.dumps(sealed(document)).encode()))
    elif path.suffix == ".json":
        document = json.loads(path.read_text(encoding="utf-8"))
        seal = document.pop("seal", None)
        change_a_number(document)
        path.write_text(json.dumps(sealed(document) if seal else document), encoding="utf-8")
    elif path.suffix == ".parquet":
        table = pq.read_table(path)
        columns = table.to_pydict()
        name = next(name for name in ("sequence", "bases", "AAA", "count") if name in columns)
        value = columns[name][0]
        columns[name][0] = ("C" if value[:1] == "A" else "A") + value[1:] if name == "sequence" else value + 1
        pq.write_table(pa.Table.from_pydict(columns, schema=table.schema), path)
    elif path.suffix == ".fasta":
        path.write_text(re.sub("\n[ACG]", "\nT", path.read_text(), count=1))
    else:
        path.write_text(re.sub(r",(\d+),", lambda found: f",{int(found[1]) + 1},", path.read_text(), count=1))


def change_a_number(value):
    """The last number of a document, depth first: in these files, names come before the numbers that matter."""
    items = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    for key, below in reversed(items):
        if isinstance(below, bool) or below is None or isinstance(below, str):
            continue
        if isinstance(below, int | float):
            value[key] = below + 1
            return True
        if change_a_number(below):
            return True
    if isinstance(value, dict) and items and isinstance(items[0][1], str):
        value[items[0][0]] += "x"
        return True
    return False


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def zeros(path):
    path.write_bytes(bytes(path.stat().st_size))


def gone(path):
    path.unlink()


DAMAGES = (flip, another_value, cut, zeros, gone)


@pytest.fixture
def quick(monkeypatch, house, write, records):
    """A house with an input read in place, one that is unpacked, and four that are ingested together."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(bundling, "SMALL_BYTES", 2000)
    write(house.data / "a.fasta", records(30))
    write(house.data / "b.fasta.gz", records(200, seed=3))
    for number in range(3):
        write(house.data / f"c{number}.fa", records(4, seed=20 + number))
    write(house.data / "d.parquet", records(3, seed=30))
    return house


def kind_of(root, path):
    name = str(path.relative_to(root))
    found = [kind for kind, pattern in KINDS.items() if re.fullmatch(pattern, name)]
    assert len(found) == 1, f"{name} is of no kind that this test knows: add it to KINDS"
    return found[0]


def files(house):
    """One file of each kind."""
    written = [
        path
        for top in (house.root / "store", house.results)
        for path in sorted(top.rglob("*"))
        if path.is_file() and not path.is_relative_to(house.results / "latest-adhoc")
    ]
    return {kind_of(house.root, path): path for path in written}


def finish(stages):
    """The published table, or the error that ended the run. Anything else fails the test."""
    try:
        for _ in stages:
            pass
    except OpenGenomeError as error:
        sentence = str(error)
        assert len(sentence) > 20
        assert "Traceback" not in sentence
        return sentence
    return None


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.e2e  # takes minutes, although it runs only our own functions
def test_damage_between_two_tasks_is_harmless_or_reported_and_the_next_run_is_correct(quick, tmp_path, gap, capsys):
    house, kept = quick, tmp_path / "kept"
    asked = {"source": str(house.data), "batch_size": 90}
    good = house.proven("good", **asked).run.slug
    right = (house.results / good / "codon_usage.csv").read_bytes()
    for top in ("store", "results"):
        shutil.rmtree(house.root / top, ignore_errors=True)
    work = house.work("r", **asked)
    for _ in range(GAPS.index(gap) + 1):
        work.step()
    for top in ("store", "results"):
        if (house.root / top).exists():
            shutil.copytree(house.root / top, kept / top, symlinks=True)
    sentences = {}
    for kind, path in files(house).items():
        for damage in DAMAGES:
            for top in ("store", "results"):
                shutil.rmtree(house.root / top, ignore_errors=True)
                if (kept / top).exists():
                    shutil.copytree(kept / top, house.root / top, symlinks=True)
            damage(path)
            sentence = finish(copy.deepcopy(work))
            sentences[kind, damage.__name__] = sentence
            if sentence is None and gap != "publish":
                assert (house.results / "r" / "codon_usage.csv").read_bytes() == right, (kind, damage.__name__)
            assert finish(house.work("next", **asked)) is None, (kind, damage.__name__)
            assert (house.results / "next" / "codon_usage.csv").read_bytes() == right, (kind, damage.__name__)
    with capsys.disabled():
        ended = sum(map(bool, sentences.values()))
        print(f"\nafter {gap}: {len(sentences)} damages, {ended} ended in a sentence", end="")


def test_every_kind_of_file_is_written_by_a_run(quick):
    quick.proven("r", source=str(quick.data), batch_size=90)
    assert set(files(quick)) == set(KINDS)
