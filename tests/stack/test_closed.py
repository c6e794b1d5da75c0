"""Closed by default: who gets in, from where and as whom, and what no parameter of a run can do."""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess

import httpx
import pytest
from disturbed import Disturbed

from opengenome.orchestration import settings
from opengenome.orchestration.adapters.routes import application

pytestmark = pytest.mark.e2e

RUNS = "/api/v2/dags/codon_usage/dagRuns"
ROLES = ("Viewer", "Op", "Admin")
SPARK = ("scheduler", "spark-master", "spark-worker")
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)"


# --- secrets ---


def test_without_secrets_nothing_starts_and_the_error_names_the_command_that_makes_them(tmp_path):
    shutil.copy(settings.project_root() / "docker-compose.yaml", tmp_path)
    done = subprocess.run(["docker", "compose", "up"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode
    assert "is missing; make it with ./opengenome stack init" in done.stderr


def test_a_changed_admin_password_is_applied_by_up_and_the_old_one_is_refused(stack, timed):
    old, new = stack.secret("ADMIN_PASSWORD"), secrets.token_hex(24)
    env = stack.root / ".env"
    env.write_text(env.read_text().replace(old, new))
    stack.cli("stack", "up")
    assert sign_in(stack, "admin", new).get(RUNS).status_code == 200
    assert token(stack, "admin", old).status_code == 401


def test_spark_has_its_secret_from_a_file_of_its_own_and_nobody_sees_it_among_arguments(stack, timed):
    run = Disturbed(stack)
    seen = dict.fromkeys(SPARK, "")
    while run.process.poll() is None:  # a batch's driver and executors are there for seconds only
        for service, index in stack.services():
            if service in SPARK:
                seen[service] += stack.run_in(service, "sh", "-c", "cat /proc/[0-9]*/cmdline || true", index=index)
    run.end()
    assert "SparkSubmit" in seen["scheduler"]
    assert "CoarseGrainedExecutorBackend" in seen["spark-worker"]
    for service in SPARK:
        assert stack.secret("SPARK_SECRET") not in seen[service]
        conf = "/opt/opengenome/run/spark.conf"
        assert stack.run_in(service, "stat", "-c", "%a %u", conf) == "600 10001\n"
        said = stack.run_in(service, "cat", conf).splitlines()
        assert f"spark.authenticate.secret {stack.secret('SPARK_SECRET')}" in said
        assert {"spark.authenticate true", "spark.network.crypto.enabled true"} <= {*said}


# --- the image and the network ---


def test_the_image_is_small_runs_without_root_and_holds_no_compiler(stack, docker):
    image = stack.environment["OPENGENOME_IMAGE"]
    size, user = docker("image", "inspect", "--format", "{{.Size}} {{.Config.User}}", image).stdout.split()
    assert int(size) < 1.8e9
    assert user == "10001:0"
    tools = "for tool in gcc cc g++ c++ clang ld make javac pip; do command -v $tool; done; true"
    assert docker("run", "--rm", "--network", "none", image, "sh", "-c", tools).stdout == ""


def running(stack):
    return [(service, index) for service, index in stack.services() if service != "init"]


def test_nothing_of_an_image_can_be_changed_in_any_container(stack):
    write = "for folder in / /usr/bin /opt /home; do touch $folder/x 2>&1; done; true"
    ours = (
        "for folder in . include conf loops /data /home/opengenome; do touch $folder/x 2>&1; done; true"  # its user's
    )
    for service, index in running(stack):
        for tried, folders in ((write, 4), (ours, 6 if service != "postgres" else 0)):
            said = stack.run_in(service, "sh", "-c", tried, index=index) if folders else ""
            assert said.count("Read-only file system") == folders, (service, said)


def test_no_container_has_rights_or_gains_any_and_its_processes_are_limited(stack):
    handed = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 6 | 1 << 7  # Postgres: CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID
    for service, index in running(stack):
        lines = stack.run_in(service, "cat", "/proc/1/status", index=index).splitlines()
        status = dict(line.split(":", 1) for line in lines)
        assert int(status["NoNewPrivs"]) == 1, service
        assert int(status["CapBnd"], 16) == (handed if service == "postgres" else 0), service
        assert int(status["CapEff"], 16) == 0, service
        assert 0 < stack.inspect(service, index)["HostConfig"]["PidsLimit"] <= 4096, service


def test_a_container_that_starts_processes_without_end_comes_to_one(stack):
    bomb = """if True:
        import subprocess
        started = []
        try:
            while len(started) < 1000:
                started.append(subprocess.Popen(["sleep", "60"]))
        except OSError:
            print(len(started))
        for process in started:
            process.kill()
    """
    named = ["--name", f"{stack.project}-bomb"]
    run = ["run", "--rm", "--no-deps", "-T", *named, "dag-processor", "python3", "-c", bomb]
    assert 400 < int(stack.compose(*run)) < 512


def test_only_this_machine_reaches_only_the_web_interface(stack):
    published = set()
    for service, index in stack.services():
        for port, hosts in (stack.inspect(service, index)["NetworkSettings"]["Ports"] or {}).items():
            published |= {(service, port, host["HostIp"]) for host in hosts or ()}
    assert published == {("api-server", "8080/tcp", "127.0.0.1")}


@pytest.mark.parametrize(("service", "port"), [("postgres", 5432), ("spark-master", 7077), ("api-server", 8080)])
def test_another_users_container_reaches_nothing(stack, docker, service, port):
    image, networks = stack.environment["OPENGENOME_IMAGE"], stack.inspect(service)["NetworkSettings"]["Networks"]
    for address in (network["IPAddress"] for network in networks.values()):
        assert docker("run", "--rm", image, "python3", "-c", CONNECT, address, str(port), check=False).returncode


def test_spark_does_not_reach_the_database(stack):
    assert stack.run_in("scheduler", "python3", "-c", CONNECT + "; print('ok')", "postgres", "5432") == "ok\n"
    assert (
        stack.run_in("spark-worker", "python3", "-c", CONNECT + "; print('ok')", "postgres", "5432", check=False) == ""
    )


# A job of an intruder in Spark's own network.
JOB = """
umask 077
echo 'from pyspark import SparkContext as C; print(sum(C().parallelize([1, 2]).collect()), "counted")' >/tmp/job.py
cat >/tmp/spark.conf
exec timeout "$0" spark-submit --master spark://spark-master:7077 --properties-file /tmp/spark.conf /tmp/job.py
"""
AUTHENTICATED = "spark.authenticate true\nspark.authenticate.secret {}\n"
ENCRYPTED = AUTHENTICATED + (
    "spark.network.crypto.enabled true\nspark.network.crypto.authEngineVersion 2\n"
    "spark.network.crypto.cipher AES/GCM/NoPadding\n"
)


@pytest.mark.parametrize(
    ("conf", "let_in"),
    [("", False), (ENCRYPTED.format("wrong"), False), (AUTHENTICATED, False), (ENCRYPTED, True)],
    ids=["nothing", "a wrong secret", "the secret without encryption", "the secret"],
)
def test_the_spark_cluster_accepts_only_encrypted_connections_with_its_secret(stack, conf, let_in, timed):
    image = stack.environment["OPENGENOME_IMAGE"]
    seconds = "120" if let_in else "30"  # a refused job waits for ever
    inside = ["docker", "run", "--rm", "--interactive", "--network", f"{stack.project}_spark", image, "sh", "-c", JOB]
    given = conf.format(stack.secret("SPARK_SECRET")) + "spark.cores.max 1\nspark.executor.memory 512m\n"
    done = subprocess.run([*inside, seconds], input=given, capture_output=True, text=True, check=False)
    assert ("3 counted" in done.stdout) == let_in, done.stdout + done.stderr[-3000:]


# --- people ---


def token(stack, user, password):
    login = {"username": user, "password": password}
    return httpx.post(f"{stack.url}/auth/token", json=login, trust_env=False, timeout=30)


def sign_in(stack, user, password):
    """A client with a token."""
    headers = {"Authorization": f"Bearer {token(stack, user, password).json()['access_token']}"}
    return httpx.Client(base_url=stack.url, headers=headers, trust_env=False, timeout=30)


@pytest.fixture(scope="module")
def people(stack):
    """A client for each role."""
    found = {}
    for role in ROLES[:2]:
        password = secrets.token_hex(16)
        name = f"{role.lower()}-{secrets.token_hex(4)}"
        who = ["--username", name, "--role", role, "--email", f"{name}@localhost", "--password", password]
        stack.run_in("api-server", "airflow", "users", "create", *who, "--firstname", role, "--lastname", "Test")
        found[role] = sign_in(stack, name, password)
    found["Admin"] = sign_in(stack, "admin", stack.secret("ADMIN_PASSWORD"))
    return found


@pytest.fixture(scope="module")
def counted(stack):
    """A run with one batch."""
    with stack.client() as client:
        run = f"roles-{secrets.token_hex(4)}"
        client.trigger(run, {"source": "/data/landing/sample/sample.fasta"})
    assert stack.wait_for(run) == "success"
    return run


def test_everyone_sees_runs_and_batches_but_a_viewer_starts_and_clears_nothing(people, counted):
    nothing = {"source": "/data/landing/none.fasta"}
    clear = {"dag_run_id": counted, "task_ids": ["publish"], "dry_run": False, "only_failed": False}
    for role, person in people.items():
        assert person.get(RUNS).status_code == 200
        assert person.get(f"/opengenome/dags/codon_usage/runs/{counted}/batches/0").status_code == 200
        run = person.post(RUNS, json={"logical_date": None, "conf": nothing})
        cleared = person.post("/api/v2/dags/codon_usage/clearTaskInstances", json=clear)
        paused = person.patch("/api/v2/dags/codon_usage", json={"is_paused": False})
        expected = 403 if role == "Viewer" else 200
        assert [run.status_code, cleared.status_code, paused.status_code] == [expected] * 3, role


def test_airflows_secrets_are_for_operators_and_its_users_for_the_administrator(people):
    for path, allowed in (
        ("/api/v2/pools", ROLES[1:]),
        ("/api/v2/connections", ROLES[1:]),
        ("/auth/fab/v1/users", ROLES[2:]),
    ):
        for role, person in people.items():
            if path == "/api/v2/pools" and role == "Viewer":
                continue  # pools are no secret: Airflow lets a viewer read them
            assert person.get(path).status_code == (200 if role in allowed else 403), (role, path)
    viewer, anything = people["Viewer"], {"slots": 99, "name": "opengenome_spark"}
    assert viewer.patch("/api/v2/pools/opengenome_spark", json=anything).status_code == 403


def ours():
    """Every route of our plugin, with something for its parameters."""
    for route in application().routes:
        yield "/opengenome" + re.sub(r"{[^}]*}", "0", route.path.replace("{dag_id}", "codon_usage"))


def test_without_a_login_every_route_of_ours_and_the_api_answer_401(stack):
    routes = [*ours()]
    assert routes
    basic = httpx.BasicAuth("admin", stack.secret("ADMIN_PASSWORD"))  # right, but a token is wanted
    with httpx.Client(base_url=stack.url, trust_env=False, timeout=30) as nobody:
        for path in (*routes, RUNS, "/api/v2/connections", "/api/v2/dags"):
            assert nobody.get(path).status_code == 401, path
            assert nobody.get(path, headers={"Authorization": "Bearer x.y.z"}).status_code in (401, 403), path
            assert nobody.get(path, auth=basic).status_code == 401, path


def test_a_wrong_password_gets_no_token(stack):
    for user, password in (("admin", "admin"), ("admin", ""), ("airflow", "airflow"), ("nobody", "x")):
        assert token(stack, user, password).status_code in (400, 401, 422)


# --- parameters ---

SOURCES = (
    "/etc/passwd",
    "/data/landing/../../etc/passwd",
    "/data/landing/link.fasta",
    "/data/landing/*/../../../proc/1/environ",
    "/opt/opengenome/run/spark.conf",
)


def test_no_parameter_reads_outside_the_landing_folder_or_adds_an_option(stack, people, timed):
    (stack.landing / "link.fasta").symlink_to("/etc/passwd")
    confs = [{"source": source} for source in SOURCES]
    confs += [{"spark.driver.extraJavaOptions": "-Dx=y"}, {"output": "/tmp"}, {"conf": {"spark.master": "local"}}]  # noqa: S108
    try:
        with stack.client() as client:
            runs = {}
            for conf in confs:
                answer = people["Op"].post(RUNS, json={"logical_date": None, "conf": conf})
                runs[answer.json()["dag_run_id"]] = conf
            for run, conf in runs.items():
                assert stack.wait_for(run) == "failed", conf
                said = client.xcom_value(run, "discover", -1, "failure")["sentence"]
                known = "is outside the folders", "goes up by '..'", "Unknown parameter"
                assert any(words in said for words in known), (conf, said)
                assert "root:" not in said
    finally:
        (stack.landing / "link.fasta").unlink()


@pytest.mark.parametrize("run", ["$(touch x)", "a b", "../../etc", "x; rm -rf /", "a\nb"])
def test_airflow_takes_no_run_id_with_words_of_a_shell_or_a_path(people, run):
    answer = people["Op"].post(RUNS, json={"dag_run_id": run, "logical_date": None, "conf": {}})
    assert answer.status_code in (400, 422)


def test_a_run_id_that_looks_like_an_option_is_part_of_a_path(stack, people):
    run = f"--conf-spark.master.{secrets.token_hex(4)}"
    source = {"source": "/data/landing/sample/sample.fasta", "batch_size": stack.fresh_size()}
    assert people["Op"].post(RUNS, json={"dag_run_id": run, "logical_date": None, "conf": source}).status_code == 200
    assert stack.wait_for(run) == "success"
    with stack.client() as client:
        events = [str(entry.get("event")) for entry in client.log(run, "count_codons", 0, 1)]
    [command] = [event for event in events if event.startswith("Spark-Submit cmd")]
    assert "--master spark://spark-master:7077 " in command
    assert command.count(run) == 0  # a safe path component was made of it
