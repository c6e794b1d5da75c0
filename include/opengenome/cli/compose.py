"""Run docker compose, and read the configuration of a checkout's stack from it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opengenome.cli.called import typed
from opengenome.errors import EngineError, UsageError
from opengenome.io.exchange import replace_folder
from opengenome.io.store import temporary_folder

LANDING = "/data/landing"  # the inputs, in the containers
_WEB = 8080  # the port of the web interface, in its container
_NEEDED = "Docker Engine with its compose plugin, 2.26 or later"


@dataclass(frozen=True, slots=True)
class StackConfig:
    """url, user, password: of the web interface. inputs: the folder of this machine that containers see as LANDING."""

    url: str
    user: str
    password: str
    inputs: Path

    @classmethod
    def of(cls, config: dict[str, Any]) -> StackConfig:
        """From what `docker compose config` says."""
        services = config["services"]
        # An override file may publish more ports, and on every address.
        port = next(port for port in services["api-server"]["ports"] if port["target"] == _WEB)
        administrator = services["init"]["environment"]
        [inputs] = (volume for volume in services["scheduler"]["volumes"] if volume["target"] == LANDING)
        return cls(
            url=f"http://{port.get('host_ip', '127.0.0.1')}:{port['published']}",
            user=administrator["OPENGENOME_ADMIN_USER"],
            password=administrator["OPENGENOME_ADMIN_PASSWORD"].replace("$$", "$"),  # as compose writes a dollar
            inputs=Path(inputs["source"]),
        )


def stack_config(root: Path) -> StackConfig:
    """The stack's configuration. Raises UsageError without docker, EngineError with invalid settings."""
    check_docker()
    return StackConfig.of(json.loads(compose(root, "config", "--format", "json", capture=True)))


def check_docker() -> None:
    """Raises UsageError if docker, its compose plugin or its engine is missing."""
    if shutil.which("docker") is None:
        raise UsageError("Docker is not installed", advice=f"Install {_NEEDED}.")
    for arguments, what in (
        (("compose", "version"), "docker has no compose plugin"),
        (("info",), "No docker engine answers"),
    ):
        if subprocess.run(["docker", *arguments], capture_output=True, check=False).returncode:
            raise UsageError(what, advice=f"{_NEEDED}, must be running, and you must have the right to use it.")


def compose(root: Path, *arguments: str, capture: bool = False) -> str:
    """Run docker compose. capture: return its output instead of showing it. Raises EngineError if it fails."""
    environment = dict(os.environ)
    if subprocess.run(["docker", "buildx", "version"], capture_output=True, check=False).returncode:
        environment["DOCKER_BUILDKIT"] = "0"  # use the engine's own builder
    done = subprocess.run(
        ["docker", "compose", *arguments],
        cwd=root,
        env=environment,
        check=False,
        text=True,
        stdout=subprocess.PIPE if capture else None,
    )
    if done.returncode:
        raise EngineError(
            f"`docker compose {' '.join(arguments)}` failed, see above",
            advice=f"`{typed('stack logs')}` may say more.",
        )
    return done.stdout or ""


def fetch_results(root: Path, slug: str) -> Path:
    """Copy a published run out of the stack's volume, whole or not at all. Raises EngineError if docker fails."""
    final = root / "data" / "stack" / slug
    with temporary_folder(final) as folder:
        compose(root, "--progress", "quiet", "cp", f"api-server:/data/results/{slug}/.", str(folder), capture=True)
        replace_folder(folder, final)  # a retried run may have an earlier copy
    return final
