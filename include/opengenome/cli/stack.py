"""`stack`: start, stop and inspect the containers of docker-compose.yaml."""

from __future__ import annotations

import argparse
import base64
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from opengenome.cli.called import typed
from opengenome.cli.compose import compose, stack_config
from opengenome.errors import UsageError
from opengenome.io.store import write_once
from opengenome.orchestration import settings

SECRETS = ("DATABASE_PASSWORD", "ADMIN_PASSWORD", "FERNET_KEY", "JWT_SECRET", "API_SECRET", "SPARK_SECRET")
_HEAD = """\
# Secrets of the stack, made by `./opengenome stack init`. Only docker compose has to read them.
# docs/operations.md says what else can be set here, and how to change a secret.
"""


def stack(given: argparse.Namespace, log_line: Callable[[str], None]) -> None:
    """`opengenome stack ACTION`. Raises UsageError without docker or secrets, EngineError if docker fails."""
    root = settings.project_root()
    env = root / ".env"
    if given.action == "init":
        init(env, log_line)
        return
    check_secrets(env)  # compose fails without them
    config = stack_config(root)
    if given.action == "up":
        config.inputs.mkdir(parents=True, exist_ok=True)  # docker would create it as root
        log_line("Building the image and starting the containers (the first time takes minutes)")
        compose(root, "build", "--quiet")
        compose(root, "up", "--detach", "--wait")
        log_line(f"The stack is up: {config.url} · user {config.user} · password: OPENGENOME_ADMIN_PASSWORD in .env")
    elif given.action == "down":
        log_line("Stopping the containers after running batches have ended, which may take minutes")
        compose(root, "--profile", "*", "down", *(["--volumes"] if given.volumes else []))
    elif given.action == "status":
        compose(root, "ps", "--all")
    else:
        compose(root, "logs", "--tail", "100", *given.services)


def init(env: Path, log_line: Callable[[str], None]) -> None:
    """Make .env with fresh secrets, for its owner alone. An existing one is kept; UsageError if it lacks secrets."""
    lines = [f"OPENGENOME_{name}={_fresh()}\n" for name in SECRETS]
    text = (_HEAD + "".join(lines)).encode()
    if not write_once(env, lambda file: file.write(text), mode=0o600):
        check_secrets(env)
        log_line(f"{env} already exists and is kept")
        return
    log_line(f"Made {env} with fresh secrets. `{typed('stack up')}` starts the stack")


def _fresh() -> str:
    """32 random bytes in base64 that is a Fernet key and safe in URLs and shells."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def check_secrets(env: Path) -> None:
    """Raises UsageError if .env lacks a secret."""
    text = env.read_text() if env.exists() else ""
    missing = [name for name in SECRETS if not re.search(rf"^OPENGENOME_{name}=\S", text, re.MULTILINE)]
    if len(missing) == len(SECRETS):
        raise UsageError("The stack has no secrets yet", advice=f"Make them: {typed('stack init')}")
    if missing:
        names = ", ".join(f"OPENGENOME_{name}" for name in missing)
        raise UsageError(
            f"{env} lacks {names}",
            advice="Add a line for each. `openssl rand -base64 32 | tr '+/' '-_'` makes a value.",
        )
