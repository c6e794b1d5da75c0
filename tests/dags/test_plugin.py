"""The page of a batch, only for users who may see the DAG's runs and only for batches; and the pool."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from opengenome.core.alphabet import CODONS
from opengenome.core.model import Batch, BatchManifest, Chunk, CountingParameters, Ledger
from opengenome.io import batches, schemas, store
from opengenome.io.schemas import Plan

RUN = "manual__2026-01-01T00:00:00+00:00"
NASTY = "<img src=x onerror=alert(1)>'\"&"


def make_run(home, run_id, *, committed=True, plan_folder=None, attempt="try1"):
    """A planned run of one batch, as our tasks leave it in the store."""
    chunk = Chunk(str(home / "a.fasta"), "fasta", 0, 9, 1, 6, "00")
    batch = Batch(0, store.run_slug(run_id)[:30], (chunk,))
    ours = store.Store(home / "store")
    plan = Plan(run_id, "1", (batch,), {"ids": 0})
    schemas.write((plan_folder or ours.run(store.run_slug(run_id))) / "plan.json", plan)
    if committed:
        manifest = BatchManifest(
            batch.key, CountingParameters(), (chunk,), (), (1,) * len(CODONS), Ledger(1, 6, 0, 2, 0, 0), {}, attempt,
            {attempt: 1.0},
        )  # fmt: skip
        batches.commit(ours.batch(batch.key), manifest)


def page(run_id, batch=0, dag_id="codon_usage"):
    return f"/opengenome/dags/{dag_id}/runs/{quote(run_id, safe='')}/batches/{batch}"


@pytest.fixture
def home(airflow):
    make_run(airflow.home, RUN)
    return airflow.home


def test_without_login_there_is_nothing_to_see(get, home):
    for path in (page(RUN), page(RUN, 7), page(RUN, dag_id="other"), page("unknown")):
        answer = get(path, user="nobody")
        assert answer["status"] == 401
        assert "fasta" not in answer["text"]


def test_a_wrong_token_is_no_login(airflow, home):
    assert airflow.ask("request", method="GET", path=page(RUN), token="x.y.z")["status"] in (401, 403)


def test_a_user_who_may_not_see_the_runs_of_the_dag_is_refused(get, home):
    answer = get(page(RUN), user="stranger")
    assert answer["status"] == 403
    assert "fasta" not in answer["text"]


def test_a_committed_batch_is_shown_with_its_manifest(get, home):
    answer = get(page(RUN))
    assert answer["status"] == 200
    assert answer["headers"]["content-type"].startswith("text/html")
    for fact in ("Batch 1", RUN, "a.fasta", "Sequences", "<summary>Manifest</summary>"):
        assert fact in answer["text"]


def test_the_page_may_load_and_run_nothing(get, home):
    headers = get(page(RUN))["headers"]
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("batch", [1, 7, -1, 10**30])
def test_a_batch_that_is_not_there_is_a_page_with_a_sentence(get, home, batch):
    answer = get(page(RUN, batch))
    assert answer["status"] == 404
    assert answer["headers"]["content-type"].startswith("text/html")
    assert "This batch has no committed output yet." in answer["text"]


def test_a_batch_that_is_planned_and_not_committed_is_a_page_with_a_sentence(get, home):
    make_run(home, "waiting", committed=False)
    answer = get(page("waiting"))
    assert answer["status"] == 404
    assert "no committed output" in answer["text"]
    assert "Run: waiting" in answer["text"]


def test_the_page_of_a_missing_batch_escapes_its_text_and_loads_nothing(get, home):
    answer = get(page(NASTY.replace("/", "")))
    assert answer["status"] == 404
    assert "<img" not in answer["text"]
    assert "&lt;img src=x" in answer["text"]
    assert answer["headers"]["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("path", [page("unknown"), page(RUN, dag_id="another_dag"), page(RUN, batch="zero")])
def test_paths_that_name_no_batch_of_this_dag_are_refused(get, home, path):
    answer = get(path)
    assert answer["status"] in (403, 404, 422)
    assert "a.fasta" not in answer["text"]


def test_permission_for_another_dag_opens_none_of_ours(get, home):
    assert get(page(RUN, dag_id="another_dag"))["status"] == 404


@pytest.mark.parametrize("way", ["..", "../..", "../../decoy", ".", "", "....//decoy", "..\\decoy", "\0", "x" * 5000])
def test_no_run_id_leads_out_of_the_store(get, home, way):
    for folder in ("store", "", "decoy", "store/runs"):
        make_run(home, "decoy", plan_folder=home / folder)
    for path in (page(way), page(way).replace("..", "%2e%2e"), page(way).replace("%2F", "/")):
        answer = get(path)
        assert answer["status"] != 200
        assert answer["status"] < 500
        assert "a.fasta" not in answer["text"]


def test_an_absolute_path_is_no_run_id(get, home):
    make_run(home, "decoy", plan_folder=home / "decoy")
    assert get(page(str(home / "decoy")))["status"] == 404


def test_everything_that_comes_from_outside_is_escaped(get, home):
    run_id = NASTY.replace("/", "")
    make_run(home, run_id, attempt=NASTY)
    answer = get(page(run_id))
    assert answer["status"] == 200
    assert "<img" not in answer["text"]
    # the run, a timing, and the attempt in two places; the attempt and the timing in the manifest
    assert answer["text"].count("&lt;img src=x") == 6


def test_the_link_of_a_batch_leads_to_its_page_wherever_airflow_is_reached(airflow, get, home):
    link = airflow.ask("link", run_id=RUN, map_index=0)
    assert link == page(RUN)  # no host and port: the link is stored, and they may change
    assert get(link)["status"] == 200


def test_the_link_of_a_batch_keeps_the_path_that_a_proxy_adds(airflow, home):
    link = airflow.ask("link", run_id=RUN, map_index=0, base_url="https://lab.example:8443/airflow/")
    assert link == f"/airflow{page(RUN)}"


def test_the_application_describes_itself_to_nobody(get, home):
    for path in ("/opengenome/docs", "/opengenome/openapi.json", "/opengenome/redoc"):
        assert get(path)["status"] == 404


def test_the_pool_is_made_once_with_the_configured_slots_and_then_left_alone(airflow):
    name = "opengenome_spark"
    airflow.ask("starting", component="task runner")
    assert airflow.ask("pool", name=name) is None
    airflow.ask("starting", component="Job")
    assert airflow.ask("pool", name=name) == 3
    assert airflow.ask("pool", name=name, slots=9) == 9
    airflow.ask("starting", component="Job")
    assert airflow.ask("pool", name=name) == 9
