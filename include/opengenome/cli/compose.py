"""docker compose, and what the stack of a checkout was told, as compose itself reads it."""

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

LANDING = "/data/landing"  # the inputs, inside
_WEB = 8080  # the web interface, inside
_NEEDED = "Docker Engine with its compose plugin, 2.26 or later"


@dataclass(frozen=True, slots=True)
class Told:
    """url, user, password: of the web interface. inputs: the folder of this machine that containers see as LANDING."""

    url: str
    user: str
    password: str
    inputs: Path

    @classmethod
    def of(cls, config: dict[str, Any]) -> Told:
        """From what `docker compose config` says."""
        services = config["services"]
        # An override file may publish more, and on every address.
        port = next(port for port in services["api-server"]["ports"] if port["target"] == _WEB)
        administrator = services["init"]["environment"]
        [inputs] = (volume for volume in services["scheduler"]["volumes"] if volume["target"] == LANDING)
        return cls(
            url=f"http://{port.get('host_ip', '127.0.0.1')}:{port['published']}",
            user=administrator["OPENGENOME_ADMIN_USER"],
            password=administrator["OPENGENOME_ADMIN_PASSWORD"].replace("$$", "$"),  # as compose writes a dollar
            inputs=Path(inputs["source"]),
        )


def told(root: Path) -> Told:
    """Raises UsageError without docker, EngineError (compose says what) where the settings make no sense."""
    check_docker()
    return Told.of(json.loads(compose(root, "config", "--format", "json", capture=True)))


def check_docker() -> None:
    """Raises UsageError where there is no docker, no compose plugin or no engine."""
    if shutil.which("docker") is None:
        raise UsageError("There is no docker here", advice=f"Install {_NEEDED}.")
    for arguments, what in (
        (("compose", "version"), "docker has no compose plugin"),
        (("info",), "No docker engine answers"),
    ):
        if subprocess.run(["docker", *arguments], capture_output=True, check=False).returncode:
            raise UsageError(what, advice=f"{_NEEDED}, has to run, and you must be allowed to use it.")


def compose(root: Path, *arguments: str, capture: bool = False) -> str:
    """Run it; its output, if that is wanted, else it is shown. Raises EngineError when it fails."""
    environment = dict(os.environ)
    if subprocess.run(["docker", "buildx", "version"], capture_output=True, check=False).returncode:
        environment["DOCKER_BUILDKIT"] = "0"  # the engine's own builder does
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
    """Copy a published run out of the stack's volume, whole or not at all. Raises EngineError when docker fails."""
    final = root / "data" / "stack" / slug
    with temporary_folder(final) as folder:
        compose(root, "--progress", "quiet", "cp", f"api-server:/data/results/{slug}/.", str(folder), capture=True)
        replace_folder(folder, final)  # there may be an earlier copy, of a run that was retried
    return final
