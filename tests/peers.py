"""An environment of programs that read what we publish: MultiQC, a validator, DuckDB, Polars (requirements-peers.in).

`./opengenome test` makes it by running this file, through the user's proxy and package index; later runs find it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements-peers.txt"


def environment() -> Path:
    """The folder of the environment, made if it is missing. Raises CalledProcessError if uv cannot make it."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(f"{python} {ROOT} {LOCK.read_text()}".encode()).hexdigest()
    folder = ROOT / ".airflow" / "peers"
    stamp = folder / ".made-from"  # written last
    if not stamp.exists() or stamp.read_text() != digest:
        uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])) or "uv"
        quiet = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
        subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, folder], check=True, env=quiet)
        install = [uv, "pip", "sync", "-q", "--require-hashes", "--python", folder / "bin" / "python", LOCK]
        subprocess.run(install, check=True, env=quiet)
        stamp.write_text(digest)
    return folder


def run(program: str, *arguments: object, cwd: Path) -> str:
    """What a program of the environment prints, both streams. Raises AssertionError with it if the program fails."""
    command = [str(environment() / "bin" / program), *map(str, arguments)]
    without = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        command, cwd=cwd, env=without, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


if __name__ == "__main__":
    print(environment())
