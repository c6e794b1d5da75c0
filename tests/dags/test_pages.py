"""The pages inside Airflow: who may see them, what they show, and that they load, run and link nothing of others."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import pytest

from opengenome import flow
from opengenome.io import store, tables
from opengenome.io.published import remove_views
from tests.published import write_published

NASTY = "<img src=x onerror=alert(1)>'\"&"
RUN = "r1"
AT = f"/opengenome/dags/codon_usage/runs/{RUN}"
PAGES = (
    "/opengenome/dags/codon_usage/runs",
    f"/opengenome/dags/codon_usage/compare?run={RUN}&run=r2",
    AT,
    f"{AT}/table",
    f"{AT}/table?by=count&down=true",
)
FILES = (f"{AT}/files/codon_usage.csv", f"{AT}/files/per_sequence/part-00000.parquet", f"{AT}/files/validation.json")


@pytest.fixture(autouse=True)
def results(airflow) -> Path:
    results = airflow.home / "results"
    for seed in (1, 2):
        remove_views(write_published(results / f"r{seed}", seed, further=True))
    write_published(results / "r3", 3, further=True, with_others=4)
    return results


@pytest.mark.parametrize("path", [*PAGES, *FILES, f"{AT}/report", f"{AT}/batches/0", f"{AT}/batches/0/files/x"])
def test_without_login_or_permission_there_is_nothing_to_see(get, path):
    assert get(path, user="nobody")["status"] == 401
    refused = get(path, user="stranger")
    assert refused["status"] == 403
    assert "codons" not in refused["text"]


def test_no_route_of_ours_can_be_used_without_login_and_permission(airflow, get):
    routes = airflow.ask("our_routes")
    assert len(routes) == 8
    for route in routes:
        path = re.sub(r"{[^}]*}", "1", route)
        assert (get(path, user="nobody")["status"], get(path, user="stranger")["status"]) == (401, 403), route


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_nothing_and_has_no_style_but_the_one_its_policy_names(get, path):
    answer = get(path)
    assert answer["status"] == 200, answer["text"]
    headers, text = answer["headers"], answer["text"]
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'self'"
    [style] = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert policy["style-src"] == f"'sha256-{b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
    assert "script-src" not in policy
    assert not re.search(r"<script|<link|<img|\son\w+=|\sstyle=|https?://", text)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_every_link_of_a_page_is_below_airflow_and_can_be_followed(get):
    seen, waiting = set(), ["/opengenome/dags/codon_usage/runs"]
    while waiting:
        path = waiting.pop()
        for link in re.findall(r'(?:href|src|action)="([^"]*)"', get(path)["text"]):
            address = link.replace("&amp;", "&").partition("#")[0]
            assert address.startswith("/opengenome/dags/codon_usage/"), address
            if address not in seen:
                seen.add(address)
                answer = get(address)
                assert answer["status"] == 200 or address.endswith("/compare"), address
                if answer["headers"]["content-type"].startswith("text/html"):
                    waiting.append(address)
    assert {f"{AT}/table", f"{AT}/files/codon_usage.csv", f"{AT}/files/dropped.csv"} <= seen


def test_the_list_of_runs_has_no_link_to_itself(get):
    assert f'href="{PAGES[0]}"' not in get(PAGES[0])["text"]
    assert f'href="{PAGES[0]}"' in get(PAGES[1])["text"]


def test_a_page_links_to_airflow_only_if_it_is_surely_not_inside_airflows_own(get):
    for destination, linked in (("document", True), ("iframe", False), ("", False)):
        text = get(AT, **{"Sec-Fetch-Dest": destination})["text"]
        assert ("Run in Airflow" in text) is linked, destination


def test_the_codon_table_is_the_published_one(get, results):
    rows = (results / RUN / "codon_usage.csv").read_text().splitlines()[1:]
    shown = re.findall(
        r'<tr><th scope="row">([ACGT]{3})</th><td>(.)</td><td class="number">([\d,]+)</td>', get(AT)["text"]
    )
    assert [[codon, letter, count.replace(",", "")] for codon, letter, count in shown] == [
        row.split(",")[:3] for row in rows
    ]


def test_the_heat_map_of_a_run_has_the_published_counts(get, results):
    cells = re.findall(r'id="codon-([ACGT]{3})".*?<data value="(\d+)"', get(AT)["text"], re.S)
    table = tables.read_codon_table(results / RUN)
    assert {codon: int(count) for codon, count in cells} == dict(zip(table["codon"], table["count"], strict=True))


def test_the_codon_table_is_sorted_by_the_column_that_was_asked_for(get):
    def counts(path):
        found = re.findall(r'<td>.</td><td class="number">([\d,]+)</td>', get(path)["text"])
        return [int(count.replace(",", "")) for count in found]

    assert counts(f"{AT}/table?by=count") == sorted(counts(AT))
    assert counts(f"{AT}/table?by=count&down=true") == sorted(counts(AT), reverse=True)
    assert counts(f"{AT}/table?by={quote(NASTY)}") == counts(AT)


def test_all_runs_are_listed_the_newest_first_with_their_figures(get, results):
    text = get(PAGES[0])["text"]
    summary = json.loads((results / RUN / "summary.json").read_text())
    assert f'data-label="codons">{summary["codons"]:,}</td>' in text
    assert text.index(">r2<") < text.index(">r1<")  # the second began a day later
    assert text.count('type="checkbox"') >= 2


@pytest.mark.parametrize("selected", ["", "run=r1", "run=r1&run=r2&run=r1"])
def test_a_comparison_of_other_than_two_runs_says_so_above_the_list(get, selected):
    answer = get(f"/opengenome/dags/codon_usage/compare?{selected}")
    assert answer["status"] == 400
    assert f"Select two runs to compare, not {selected.count('run=')}." in answer["text"]
    assert 'type="checkbox"' in answer["text"]


def test_a_comparison_says_what_compare_says(get):
    text = get(PAGES[1])["text"]
    assert text.count('<tr><th scope="row">') == 64 + 2 + 4
    assert "Jensen–Shannon" in text
    assert "Half a codon is added to each count" in text
    assert get("/opengenome/dags/codon_usage/compare?run=r1&run=unknown")["status"] == 404


def test_a_comparison_says_which_run_adds_up_several_genetic_codes(get):
    text = get("/opengenome/dags/codon_usage/compare?run=r1&run=r3")["text"]
    said = "the table shows the amino acids of genetic code 1, but 4 input files have a code with other amino acids"
    assert re.findall(r"[AB]: the table [^<]+", text) == [f"B: {said}"]


@pytest.mark.parametrize("path", FILES)
def test_a_published_file_is_sent_as_an_attachment_with_its_own_bytes(get, results, path):
    answer = get(path)
    name = path.partition("/files/")[2]
    content = (results / RUN / name).read_bytes()
    assert answer["status"] == 200
    assert answer["headers"]["content-disposition"] == f'attachment; filename="r1-{name.replace("/", "-")}"'
    assert answer["headers"]["content-length"] == str(len(content))
    assert answer["headers"]["content-type"] == "application/octet-stream"
    assert answer["headers"]["x-content-type-options"] == "nosniff"
    if name.endswith(("csv", "json")):
        assert answer["text"].encode() == content


@pytest.mark.parametrize(
    "name", ["other.txt", "..%2Fr2%2Fcodon_usage.csv", "../r2/codon_usage.csv", "%2Fetc%2Fpasswd", "", "%00", "."]
)
def test_no_name_leads_to_another_file(get, results, name):
    (results / RUN / "other.txt").write_text("secret")
    answer = get(f"{AT}/files/{name}")
    assert answer["status"] in (404, 422)
    assert "secret" not in answer["text"]
    assert "root:x:" not in answer["text"]


def test_a_run_of_another_dag_has_a_page_that_says_so(get):
    answer = get("/opengenome/dags/another/runs/r1")
    assert answer["status"] == 404
    assert "Only the DAG codon_usage" in answer["text"]
    assert answer["headers"]["content-security-policy"].startswith("default-src 'none'")


def test_a_run_that_nobody_knows_is_a_page_with_its_name_escaped(get):
    answer = get(f"/opengenome/dags/codon_usage/runs/{quote(NASTY, safe='')}")
    assert answer["status"] == 404
    assert "Nobody knows a run of this name" in answer["text"]
    assert "<dl" not in answer["text"]
    assert "<img" not in answer["text"]
    assert "&lt;img src=x" in answer["text"]


def test_what_files_and_airflow_say_of_a_run_is_escaped(get, results):
    folder = results / RUN
    provenance = tables.read_document(folder / tables.PROVENANCE) | {"source": f"/in/{NASTY}"}
    changed = tables.write_document(folder / tables.PROVENANCE, provenance)
    proof = tables.read_document(folder / tables.VALIDATION)
    proof["warnings"] = [NASTY]
    proof["files"][tables.PROVENANCE] = changed
    tables.write_document(folder / tables.VALIDATION, proof)
    for path in (PAGES[0], AT):
        text = get(path)["text"]
        assert "<img" not in text
        assert "&lt;img src=x" in text


def test_a_run_without_a_report_says_so_and_shows_its_table_and_verdict(get):
    text = get(AT)["text"]
    assert "This run was published without a report" in text
    assert 'id="verdict"' in text
    assert 'id="table"' in text
    assert get(f"{AT}/report")["status"] == 404


def test_a_run_with_a_report_shows_it_and_sends_one_that_states_no_policy_with_one_that_runs_nothing(get):
    text = get("/opengenome/dags/codon_usage/runs/r3")["text"]
    assert '<iframe src="' in text
    answer = get("/opengenome/dags/codon_usage/runs/r3/report")
    assert answer["text"] == "report.html of r3\n"
    assert answer["headers"]["content-security-policy"] == "default-src 'none'; sandbox"


def test_a_run_that_failed_before_it_left_a_file_says_why(airflow, get):
    airflow.ask("leave_failed", run_id="fastq", note=rf"It is FASTQ \[1] {NASTY}")
    answer = get("/opengenome/dags/codon_usage/runs/fastq")
    assert answer["status"] == 200
    assert "This run failed, so it has no report." in answer["text"]
    assert "It is FASTQ [1] &lt;img" in answer["text"]
    assert "<td>failed</td>" in get(PAGES[0])["text"]


def test_runs_that_only_airflow_knows_are_listed_with_their_source_the_newest_first(airflow, get):
    for name in ("earlier", "later"):
        airflow.ask("leave_failed", run_id=name, note="", source=f"/in/{name}.fastq")
    text = get(PAGES[0])["text"]
    places = [text.index(word) for word in ("runs/later", "/in/later.fastq", "runs/earlier", "/in/earlier.fastq")]
    assert places == sorted(places)


def test_a_law_that_is_broken_is_named_on_the_page_of_the_run(airflow, get):
    folder = airflow.home / "store" / "runs" / store.run_slug("broken") / "report"
    write_published(folder, 9)
    laws = [{"law": "1 ledger", "holds": False, "detail": f"3 bases are missing {NASTY}"}]
    tables.write_document(folder / tables.VALIDATION, {"proven": False, "laws": laws, "files": {}})
    text = get("/opengenome/dags/codon_usage/runs/broken/table")["text"]
    assert "3 bases are missing &lt;img" in text
    assert 'id="table"' not in text


def test_the_navigation_and_the_tab_of_a_run_lead_to_our_pages(airflow, get):
    views = {view["destination"]: view for view in airflow.ask("views") if view["href"].startswith(flow.PAGES)}
    assert views["nav"]["href"] == PAGES[0]
    tab = views["dag_run"]["href"].replace("{DAG_ID}", "codon_usage").replace("{RUN_ID}", RUN)
    assert tab == AT
    assert get(tab)["status"] == 200


@pytest.mark.parametrize(("kind", "target"), [("ResultLink", AT), ("VerdictLink", f"{AT}/table#verdict")])
def test_the_links_of_publish_and_validate_lead_to_result_and_verdict(airflow, get, kind, target):
    link = airflow.ask("link", run_id=RUN, map_index=-1, kind=kind)
    assert link == target
    assert get(link.partition("#")[0])["status"] == 200
