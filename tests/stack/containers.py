"""The stack of a copy of this checkout, used through the command and docker, as users do."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time

from opengenome.cli.client import Client
from opengenome.orchestration import settings

PARTS = ("dags", "plugins", "include", "docker", "Dockerfile", "docker-compose.yaml", ".dockerignore",
         "requirements-stack.txt", "opengenome")  # fmt: skip
# Of the worker container's first process, so that this ends like a crash of the machine: at once, with all below it.
_CHILDREN = "open('/proc/1/task/1/children').read().split()"
_KILL = f"import os; [os.kill(int(pid), 9) for pid in {_CHILDREN}]"


@functools.cache
def without_docker():
    """Why docker cannot be used, or ""."""
    if not shutil.which("docker"):
        return "there is no docker here"
    for command in (["info"], ["compose", "version"]):
        if subprocess.run(["docker", *command], capture_output=True, check=False).returncode:
            return f"`docker {' '.join(command)}` fails: no engine, or no compose plugin"
    return ""


class Containers:
    """reference: codon_usage.csv of the embedded run, which every run here has to equal."""

    def __init__(self, root):
        self.root, self.landing = root, root / "data" / "landing"
        self.sample = self.landing / "sample"
        self.project = f"opengenome-test-{secrets.token_hex(3)}"
        self.memory_log, self.oom_log = root.with_suffix(".memory"), root.with_suffix(".oom")
        self.reference = b""
        self._sizes = itertools.count(1701)
        checkout = settings.project_root()
        root.mkdir()
        for name in PARTS:
            source = checkout / name
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, root / name)
        self.port = free_port()
        inherited = {n: v for n, v in os.environ.items() if not n.startswith(("OPENGENOME_", "COMPOSE_", "AIRFLOW_"))}
        kept = {n: os.environ[n] for n in ("OPENGENOME_CLASS_ARCHIVE",) if n in os.environ}
        self.environment = (
            inherited
            | kept
            | {
                "PYTHONPATH": str(root / "include"),
                "COMPOSE_PROJECT_NAME": self.project,
                "OPENGENOME_IMAGE": f"{self.project}:local",
                "OPENGENOME_PORT": str(self.port),
            }
        )
        if subprocess.run(["docker", "buildx", "version"], capture_output=True, check=False).returncode:
            self.environment["DOCKER_BUILDKIT"] = "0"

    # --- what a user does ---

    def command(self, *arguments):
        return [sys.executable, "-m", "opengenome.cli", *map(str, arguments)]

    def cli(self, *arguments, check=True):
        done = subprocess.run(
            self.command(*arguments), cwd=self.root, env=self.environment, capture_output=True, text=True, check=False
        )
        assert not (check and done.returncode), f"{arguments}: {done.stdout[-3000:]}{done.stderr[-5000:]}"
        return done

    def fresh_size(self):
        """A batch size that no run here has had. So no batch is reused, even if a test runs once more."""
        return next(self._sizes)

    def analyze(self, name, *options, on="stack", source=""):
        """The bytes of codon_usage.csv of a run, and what the command wrote on its standard error."""
        output = self.root / "out" / name
        inputs = ["--input", source or self.sample, "--output", output]
        done = self.cli("analyze", "codon", "--on", on, *inputs, *options)
        assert "Proven: all 6 laws hold" in done.stdout
        return (output / "codon_usage.csv").read_bytes(), done.stderr

    def compose(self, *arguments, check=True):
        done = subprocess.run(
            ["docker", "compose", *arguments],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not (check and done.returncode), f"{arguments}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    def run_in(self, service, *command, index=1, check=True):
        """The output of a command in a container."""
        return self.compose("exec", "-T", "--index", str(index), service, *command, check=check)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def secret(self, name):
        return re.search(rf"^OPENGENOME_{name}=(\S+)$", (self.root / ".env").read_text(), re.MULTILINE)[1]

    @contextlib.contextmanager
    def client(self):
        with contextlib.closing(Client(self.url, self.secret("ADMIN_PASSWORD"))) as client:
            yield client

    # --- what happens to it ---

    def crash(self, service, index=1):
        """Kill a container's process with -9; docker restarts it, as after any crash."""
        self.run_in(service, "python3", "-c", _KILL, index=index, check=False)

    def container(self, service, index=1):
        return next(one["ID"] for one in self.listed() if one["Name"] == f"{self.project}-{service}-{index}")

    def listed(self):
        """The state of every container by compose."""
        return [json.loads(line) for line in self.compose("ps", "--all", "--format", "json").splitlines()]

    def inspect(self, service, index=1):
        found = subprocess.run(
            ["docker", "inspect", self.container(service, index)], capture_output=True, text=True, check=True
        )
        return json.loads(found.stdout)[0]

    def services(self):
        """(service, index) of every container."""
        return sorted((one["Service"], int(one["Name"].rpartition("-")[2])) for one in self.listed())

    def counting_workers(self):
        """The worker containers in which Python counts for Spark now, or has a moment ago."""
        found = []
        for service, index in self.services():
            if service == "spark-worker":
                command = ["docker", "top", self.container(service, index)]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                found += [index] if "opengenome.spark.daemon" in done.stdout else []
        return found

    def scheduled_run(self, seconds=60):
        """The id of today's run by the schedule, which starts as soon as the DAG is known."""
        deadline = time.monotonic() + seconds
        with self.client() as client:
            while time.monotonic() < deadline:
                found = client._get("/api/v2/dags/codon_usage/dagRuns", {"run_type": "scheduled"}, missing={})
                if found.get("dag_runs"):
                    return found["dag_runs"][0]["dag_run_id"]
                time.sleep(1)
        raise AssertionError("no scheduled run")

    def wait_for(self, run, seconds=300):
        """How a run ended."""
        deadline = time.monotonic() + seconds
        with self.client() as client:
            while (state := client.run_state(run)) not in ("success", "failed"):
                assert time.monotonic() < deadline, f"{run} is still {state}"
                time.sleep(1)
        return state

    def logs(self, run):
        """What the batches of a run wrote, in all attempts."""
        lines = []
        with self.client() as client:
            for task in client.task_instances(run):
                if task["task_id"] == "count_codons":
                    for attempt in range(1, task["try_number"] + 1):
                        lines += [
                            str(entry.get("event"))
                            for entry in client.log(run, "count_codons", task["map_index"], attempt)
                        ]
        return "\n".join(lines)

    def well(self, seconds=180):
        """Wait until every container is healthy again."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            bad = [one["Name"] for one in self.listed() if one["Service"] != "init" and one["Health"] != "healthy"]
            if not bad:
                return
            time.sleep(1)
        raise AssertionError(f"not healthy after {seconds} s: {bad}")

    @contextlib.contextmanager
    def memory_watched(self):
        """Let docker record the memory of the containers about each second, and which of them run out of it."""
        ours = f"label=com.docker.compose.project={self.project}"
        watches = {
            self.memory_log: ["stats", "--format", "{{.Name}} {{.MemUsage}}"],  # without what is only cached files
            self.oom_log: [
                "events",
                "--filter",
                ours,
                "--filter",
                "event=oom",
                "--format",
                "{{.Actor.Attributes.name}}",
            ],
        }
        with contextlib.ExitStack() as watching:
            for path, command in watches.items():
                log = watching.enter_context(path.open("w"))
                watcher = watching.enter_context(
                    subprocess.Popen(["docker", *command], stdout=log, stderr=subprocess.DEVNULL)
                )
                watching.callback(watcher.terminate)
            yield

    def peak_memory(self):
        """(service, index) → its peak memory in bytes."""
        seen = {}
        units = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
        line = rf"{self.project}-(\S+)-(\d+) ([\d.]+)([KMG]iB) /"
        for service, index, number, unit in re.findall(line, self.memory_log.read_text()):
            held = float(number) * units[unit]
            seen[service, int(index)] = max(held, seen.get((service, int(index)), 0.0))
        return seen

    def left_over(self):
        """Containers, volumes, networks and image tags of the project."""
        label = f"label=com.docker.compose.project={self.project}"
        found = self.tags()
        for kind in (["ps", "--all"], ["volume", "ls"], ["network", "ls"]):
            command = ["docker", *kind, "--quiet", "--filter", label]
            found += subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        return found

    def tags(self):
        command = ["docker", "images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={self.project}"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    def remove_tags(self):
        """Of the images; their layers stay, for the next build."""
        for tag in self.tags():
            subprocess.run(["docker", "rmi", "--no-prune", tag], capture_output=True, check=True)


class Report:
    """Lines for the test's output: what was done, and how long each step took."""

    def __init__(self, config):
        self._reporter = config.pluginmanager.getplugin("terminalreporter")
        self._capture = config.pluginmanager.getplugin("capturemanager")

    def tell(self, line):
        with self._capture.global_and_fixture_disabled():
            self._reporter.write_line(f"stack: {line}")

    @contextlib.contextmanager
    def timed(self, what):
        began = time.monotonic()
        yield
        self.tell(f"{what}: {time.monotonic() - began:.0f} s")

    def memory(self, containers):
        """The peak memory of each container, beside its limit."""
        for (service, index), peak in sorted(containers.peak_memory().items()):
            limit = containers.inspect(service, index)["HostConfig"]["Memory"]
            self.tell(f"memory of {service} {index}: at most {peak / 1e6:,.0f} MB of {limit / 1e6:,.0f} MB")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
