"""`stack`: the containers of docker-compose.yaml, through docker's own command."""

from __future__ import annotations

import argparse
import base64
import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from opengenome.errors import EngineError, UsageError
from opengenome.io.store import temporary_folder
from opengenome.orchestration import settings

LANDING = Path("/data/landing")  # inside
SECRETS = ("DATABASE_PASSWORD", "ADMIN_PASSWORD", "FERNET_KEY", "JWT_SECRET", "API_SECRET", "SPARK_SECRET")
_HEAD = """\
# Secrets of the stack, made by `./opengenome stack init`. Read by docker compose; nobody else has to.
# docs/operations.md says what else can be set here, and how a secret is changed.
"""


def stack(given: argparse.Namespace, say: Callable[[str], None]) -> None:
    """`opengenome stack ACTION`. Raises UsageError without docker or secrets, EngineError when docker fails."""
    root = settings.project_root()
    env = root / ".env"
    if given.action == "init":
        init(env, say)
        return
    _check_docker()
    if given.action == "up":
        _check_secrets(env)
        inputs(root).mkdir(parents=True, exist_ok=True)  # docker would make it, as root
        _compose(root, "build", "--quiet")
        _compose(root, "up", "--detach", "--wait")
        say(
            f"The stack is up: {url(root)} · user {administrator(root)[0]}"
            " · password: OPENGENOME_ADMIN_PASSWORD in .env"
        )
    elif given.action == "down":
        # The scheduler lets running batches end first, which may take minutes.
        _compose(root, "down", *(["--volumes"] if given.volumes else []))
    elif given.action == "status":
        _compose(root, "ps", "--all")
    else:
        _compose(root, "logs", "--tail", "100", *given.services)


def init(env: Path, say: Callable[[str], None]) -> None:
    """Make .env with fresh secrets, for its owner alone; one that is there stays as it is. Raises UsageError."""
    lines = [f"OPENGENOME_{name}={_fresh()}\n" for name in SECRETS]
    try:
        handle = os.open(env, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        _check_secrets(env)
        say(f"{env} is there already and stays as it is")
        return
    with os.fdopen(handle, "w") as stream:
        stream.write(_HEAD + "".join(lines))
    say(f"Made {env} with fresh secrets. `./opengenome stack up` starts the stack")


def url(root: Path) -> str:
    """Where the web interface is."""
    return f"http://127.0.0.1:{_value(root, 'PORT', '8080')}"


def administrator(root: Path) -> tuple[str, str]:
    """Name and password. Raises UsageError without secrets."""
    _check_secrets(root / ".env")
    return _value(root, "ADMIN_USER", "admin"), _value(root, "ADMIN_PASSWORD", "")


def inputs(root: Path) -> Path:
    """The folder of this machine that the stack sees as LANDING."""
    return root / Path(_value(root, "INPUTS", "data/landing")).expanduser()


def fetch_results(root: Path, slug: str) -> Path:
    """Copy a published run out of the stack's volume, whole or not at all. Raises EngineError when docker fails."""
    final = root / "data" / "stack" / slug
    with temporary_folder(final) as folder:
        _compose(root, "--progress", "quiet", "cp", f"api-server:/data/results/{slug}/.", str(folder))
        shutil.rmtree(final, ignore_errors=True)  # an earlier copy of a run that was retried
        folder.rename(final)
    return final


def _fresh() -> str:
    """32 random bytes in the alphabet that a Fernet key wants, and a URL and a shell bear."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _value(root: Path, name: str, default: str) -> str:
    """As compose finds it: the environment first, then the last line of .env that sets it."""
    env = root / ".env"
    found = re.findall(rf"^OPENGENOME_{name}=(.+)$", env.read_text(), re.MULTILINE) if env.exists() else []
    set_there = found[-1].strip().strip("'\"") if found else ""
    return os.environ.get(f"OPENGENOME_{name}") or set_there or default


def _check_secrets(env: Path) -> None:
    text = env.read_text() if env.exists() else ""
    missing = [name for name in SECRETS if not re.search(rf"^OPENGENOME_{name}=\S", text, re.MULTILINE)]
    if len(missing) == len(SECRETS):
        raise UsageError("The stack has no secrets yet", advice="Make them: ./opengenome stack init")
    if missing:
        names = ", ".join(f"OPENGENOME_{name}" for name in missing)
        raise UsageError(f"{env} lacks {names}", advice="Add a line for each; `openssl rand -base64 32` makes a value.")


def _check_docker() -> None:
    if shutil.which("docker") is None:
        raise UsageError(
            "There is no docker here", advice="Install Docker Engine with its compose plugin, 2.26 or later."
        )
    for arguments, what in (
        (("compose", "version"), "docker has no compose plugin"),
        (("info",), "No docker engine answers"),
    ):
        if subprocess.run(["docker", *arguments], capture_output=True, check=False).returncode:
            raise UsageError(what, advice="Docker Engine with its compose plugin, 2.26 or later, has to run.")


def _compose(root: Path, *arguments: str) -> None:
    environment = dict(os.environ)
    if subprocess.run(["docker", "buildx", "version"], capture_output=True, check=False).returncode:
        environment["DOCKER_BUILDKIT"] = "0"  # the engine's own builder does
    done = subprocess.run(["docker", "compose", *arguments], cwd=root, env=environment, check=False)
    if done.returncode:
        raise EngineError(
            f"`docker compose {' '.join(arguments)}` failed, see above",
            advice="`./opengenome stack logs` may say more.",
        )
