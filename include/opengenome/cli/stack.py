"""`stack`: the containers of docker-compose.yaml, through docker's own command."""

from __future__ import annotations

import argparse
import base64
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from opengenome.cli.called import typed
from opengenome.cli.compose import compose, told
from opengenome.errors import UsageError
from opengenome.io.store import write_once
from opengenome.orchestration import settings

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
    check_secrets(env)  # without them compose reads nothing at all
    found = told(root)
    if given.action == "up":
        found.inputs.mkdir(parents=True, exist_ok=True)  # docker would make it, as root
        say("Building the image and starting the containers; the first time this takes minutes")
        compose(root, "build", "--quiet")
        compose(root, "up", "--detach", "--wait")
        say(f"The stack is up: {found.url} · user {found.user} · password: OPENGENOME_ADMIN_PASSWORD in .env")
    elif given.action == "down":
        say("Stopping the containers; batches that run end first, which may take minutes")
        compose(root, "--profile", "*", "down", *(["--volumes"] if given.volumes else []))
    elif given.action == "status":
        compose(root, "ps", "--all")
    else:
        compose(root, "logs", "--tail", "100", *given.services)


def init(env: Path, say: Callable[[str], None]) -> None:
    """Make .env with fresh secrets, for its owner alone; one that is there stays as it is. Raises UsageError."""
    lines = [f"OPENGENOME_{name}={_fresh()}\n" for name in SECRETS]
    text = (_HEAD + "".join(lines)).encode()
    if not write_once(env, lambda file: file.write(text), mode=0o600):
        check_secrets(env)
        say(f"{env} is there already and stays as it is")
        return
    say(f"Made {env} with fresh secrets. `{typed('stack up')}` starts the stack")


def _fresh() -> str:
    """32 random bytes in the alphabet that a Fernet key wants, and a URL and a shell bear."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def check_secrets(env: Path) -> None:
    """Raises UsageError where .env lacks one."""
    text = env.read_text() if env.exists() else ""
    missing = [name for name in SECRETS if not re.search(rf"^OPENGENOME_{name}=\S", text, re.MULTILINE)]
    if len(missing) == len(SECRETS):
        raise UsageError("The stack has no secrets yet", advice=f"Make them: {typed('stack init')}")
    if missing:
        names = ", ".join(f"OPENGENOME_{name}" for name in missing)
        raise UsageError(
            f"{env} lacks {names}",
            advice="Add a line for each; `openssl rand -base64 32 | tr '+/' '-_'` makes a value.",
        )
