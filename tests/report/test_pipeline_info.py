"""pipeline_info/ reads as that of an nf-core pipeline."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest
import yaml

from opengenome import flow
from opengenome.parameters import RunParameters
from opengenome.report import pipeline_info as module
from opengenome.report.described import as_json
from opengenome.report.material import Material, TaskTrace
from opengenome.report.pipeline_info import pipeline_info
from tests.report import finished


@pytest.fixture
def run(house):
    return finished.sequences(house)


# Nextflow's own columns of a trace, and two of those that it has on demand.
NEXTFLOW = [
    *("task_id", "hash", "native_id", "name", "status", "exit", "submit", "duration", "realtime", "%cpu", "peak_rss"),
    *("peak_vmem", "rchar", "wchar", "attempt", "hostname"),
]


def changed(material: Material, **values) -> Material:
    material.__dict__["provenance"] = material.provenance | values
    return material


def with_reused(material: Material, number: int) -> Material:
    """One batch reused; each was counted in 7.25 s, by two processes of 1 and 2 GB."""
    known = {"timings": {"total": 7.25}, "peak_memory": {"driver": 1 << 30, "executor": 2 << 30}}
    batches = [batch | known | {"reused": batch["batch"] == number} for batch in material.provenance["batches"]]
    return changed(material, batches=batches)


def rows(material: Material):
    text = pipeline_info(material)[flow.TRACE].decode()
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


def test_the_parameters_are_those_of_the_run(run):
    told = json.loads(pipeline_info(run)[flow.PARAMS])
    assert told == run.provenance["parameters"]
    assert RunParameters.check(told, told).as_json() == told


def test_documents_for_programs_are_readable_and_have_no_numbers_that_json_lacks(run):
    assert '"source": "/dä"'.encode() in pipeline_info(changed(run, parameters={"source": "/dä"}))[flow.PARAMS]
    with pytest.raises(ValueError, match="JSON"):
        as_json({"gc": float("nan")})


def test_every_version_is_a_text(run):
    [(_, versions)] = yaml.safe_load(pipeline_info(run)[flow.SOFTWARE]).items()
    assert {"opengenome", "python", "apache-airflow", "pyspark"} <= set(versions)
    assert all(isinstance(version, str) for version in versions.values())
    for told, expected in (({"x": "1.10", "engine": "3"}, {"x": "1.10"}), ({}, {})):
        text = pipeline_info(changed(run, versions=told))[flow.SOFTWARE]
        assert yaml.safe_load(text) == {"OpenGenome codon usage": expected}


def test_the_trace_has_nextflows_columns_and_a_line_for_each_task(run):
    first, second, third = rows(with_reused(run, 1))
    key = run.provenance["batches"][0]["key"]
    assert list(first) == NEXTFLOW
    assert (first["name"], first["hash"]) == ("discover", "-")
    assert (first["submit"], first["duration"], first["peak_rss"]) == ("2026-11-18 11:06:40.000", "1.5s", "85.8 MB")
    assert first["realtime"] == "1.5s"
    assert (second["realtime"], second["peak_rss"]) == ("7.2s", "3 GB")  # of its own processes
    assert (second["task_id"], second["name"]) == ("2", "count_codons (batch 1/2 · <a>)")
    assert (second["hash"], second["status"], second["exit"]) == (f"{key[:2]}/{key[2:8]}", "COMPLETED", "0")
    assert (second["submit"], second["duration"], second["attempt"]) == ("2026-11-18 11:06:42.250", "1m 1s", "2")
    assert (third["status"], third["peak_rss"], third["hostname"]) == ("CACHED", "-", "node2")
    assert all(row[column] == "-" for row in (first, second, third) for column in ("native_id", "%cpu", "rchar"))


def test_without_a_trace_there_is_a_line_for_each_batch_and_nothing_is_invented(run):
    told = rows(with_reused(Material(run.folder), 0))
    assert [row["name"] for row in told] == [f"count_codons ({n + 1})" for n in range(len(run.provenance["batches"]))]
    assert [row["status"] for row in told] == ["CACHED", *["COMPLETED"] * (len(told) - 1)]
    assert {row["submit"] for row in told} == {row["duration"] for row in told} == {"-"}
    assert (told[0]["realtime"], told[0]["peak_rss"]) == ("-", "-")
    assert (told[1]["realtime"], told[1]["peak_rss"]) == ("7.2s", "3 GB")


def test_a_label_cannot_break_a_line_of_the_trace(run):
    task = TaskTrace("ingest", 0, "a\tb\nc", 0.0, 1.0, 1, 0, "")
    [row] = rows(Material(run.folder, (task,)))
    assert row["name"] == r"ingest (a\tb\nc)"
    assert [row[column] for column in ("hash", "peak_rss", "hostname")] == ["-"] * 3  # nobody knows these


class Parsed(HTMLParser):
    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_the_timeline_shows_when_each_task_ran(run):
    page = Parsed(pipeline_info(with_reused(run, 1))[flow.TIMELINE])
    assert "From 2026-11-18 11:06:40 UTC on, 1m 3s." in page.text
    bars = [attributes for tag, attributes in page.tags if tag == "rect"]
    assert [bar["x"] for bar in bars] == ["0.0", "35.6", "47.4"]
    assert [round(float(bar["width"]) / 1000 * 63.25, 1) for bar in bars] == [1.5, 61.0, 3.1]
    assert [bar.get("class") for bar in bars] == [None, None, "reused"]


def test_the_timeline_tells_start_length_attempt_and_memory(run):
    text = pipeline_info(with_reused(run, 1))[flow.TIMELINE].decode()
    cells = re.findall(r'<td class="number">([^<]*)', text)
    assert cells[:4] == ["+0ms", "1.5s", "1", "85.8 MB"]
    assert cells[4:] == ["+2.2s", "1m 1s", "2", "3 GB", "+3s", "3.1s", "1", "-"]


def test_a_task_that_took_no_time_is_seen_on_the_timeline(run):
    short = [TaskTrace("plan", -1, "plan", 5.0, took, 1, 0, "") for took in (0.0, 1000.0)]
    for trace, widths in ((short, ["2.0", "1000.0"]), (short[:1], ["2.0"])):
        page = Parsed(pipeline_info(Material(run.folder, tuple(trace)))[flow.TIMELINE])
        assert [attributes["width"] for tag, attributes in page.tags if tag == "rect"] == widths


def test_the_timeline_needs_no_network_and_no_script_and_escapes_names(run):
    text = pipeline_info(changed(run, source="/data/<i>&x", run="<i>\n&r"))[flow.TIMELINE]
    page = Parsed(text)
    assert "Timeline of <i>&x" in page.text
    assert r"Run <i>\n&r." in page.text
    assert "i" not in {tag for tag, _ in page.tags}
    assert "count_codons (batch 1/2 · <a>)" in page.text
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "img", "iframe", "a"})
    assert not re.search(rb"https?:|url\(|@import|\son\w+=|style=", text)


def test_an_unknown_trace_is_said_and_not_drawn(run):
    page = Parsed(pipeline_info(Material(run.folder))[flow.TIMELINE])
    assert "When the tasks ran is not known." in page.text
    assert "rect" not in {tag for tag, _ in page.tags}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.35, "350ms"), (2.54, "2.5s"), (3, "3s"), (59.96, "1m 0s"), (187.2, "3m 7s"), (3725, "1h 2m 5s")],
)
def test_durations_read_as_nextflow_writes_them(seconds, text):
    assert module._duration(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(1023, "1023 B"), (2048, "2 KB"), (90_000_000, "85.8 MB"), (3 << 40, "3 TB"), (9 << 50, "9216 TB")],
)
def test_sizes_read_as_nextflow_writes_them(size, text):
    assert module._memory(size) == text
