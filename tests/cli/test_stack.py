"""The containers: secrets are made once and kept, and the compose file is closed by default."""

from __future__ import annotations

import os
import re
import stat

import pytest
import yaml

from opengenome.cli import stack
from opengenome.errors import UsageError
from opengenome.orchestration import settings

COMPOSE = yaml.safe_load((settings.project_root() / "docker-compose.yaml").read_text())
SERVICES = COMPOSE["services"]


def test_init_makes_fresh_secrets_that_only_the_owner_reads(tmp_path):
    paths = [tmp_path / "a.env", tmp_path / "b.env"]
    for path in paths:
        stack.init(path, print)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    made = [dict(re.findall(r"^OPENGENOME_(\w+)=(\S+)$", path.read_text(), re.MULTILINE)) for path in paths]
    assert [*made[0]] == [*stack.SECRETS]
    assert len({*made[0].values(), *made[1].values()}) == 2 * len(stack.SECRETS)
    assert all(len(value) >= 43 for value in made[0].values())


def test_init_never_changes_an_existing_file(tmp_path, capsys):
    path = tmp_path / ".env"
    stack.init(path, print)
    before = path.read_bytes(), path.stat().st_mtime_ns
    stack.init(path, print)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert "already exists and is kept" in capsys.readouterr().out


@pytest.mark.parametrize(("text", "said"), [("", "stack init"), ("OPENGENOME_JWT_SECRET=x\n", "FERNET_KEY")])
def test_a_missing_secret_is_reported_with_the_command_that_makes_it(tmp_path, text, said):
    path = tmp_path / ".env"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        stack.check_secrets(path)
    if text:
        with pytest.raises(UsageError, match="SPARK_SECRET"):
            stack.init(path, print)
        assert path.read_text() == text


def test_a_secret_has_no_default_anywhere():
    text = (settings.project_root() / "docker-compose.yaml").read_text()
    for name in stack.SECRETS:
        uses = re.findall(rf"\$\{{OPENGENOME_{name}([^}}]*)\}}", text)
        assert uses
        assert set(uses) == {":?is missing; make it with ./opengenome stack init"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_capability_it_does_not_need_a_limit_and_logs_that_end(name):
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert "privileged" not in service
    assert ("cap_add" in service) == (name == "postgres")
    assert name == "init" or service["healthcheck"]


def test_only_web_interfaces_are_published_and_only_on_this_machine():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {
        "api-server": ["127.0.0.1:${OPENGENOME_PORT:-8080}:8080"],
        "spark-history": ["127.0.0.1:${OPENGENOME_HISTORY_PORT:-18080}:18080"],
    }
    assert SERVICES["spark-history"]["profiles"] == ["history"]  # only on request
    outside = [name for name, network in COMPOSE["networks"].items() if not network.get("internal")]
    assert outside == ["web"]
    assert {name for name, service in SERVICES.items() if "web" in service["networks"]} == published.keys()


def test_code_and_inputs_are_mounted_to_be_read_only():
    mounts = [
        mount for service in SERVICES.values() for mount in service.get("volumes", ()) if mount.startswith((".", "$"))
    ]
    assert mounts
    assert all(mount.endswith(":ro") for mount in mounts)


def test_batches_end_before_what_they_need_is_stopped():
    """`down` stops a service before those it depends on."""
    needed = {*SERVICES["scheduler"]["depends_on"]}
    assert needed == {"api-server", "spark-worker"}
    assert {*SERVICES["spark-worker"]["depends_on"]} == {"spark-master"}
    seconds = {"15m": 900, "1m": 60, None: 10}
    grace = {name: seconds[service.get("stop_grace_period")] for name, service in SERVICES.items()}
    assert grace["scheduler"] > max(value for name, value in grace.items() if name != "scheduler")


def test_the_entry_point_and_init_can_be_run():
    for script in ("entrypoint.sh", "init.sh"):
        assert os.access(settings.project_root() / "docker" / script, os.X_OK)
