"""Short commands import neither pydantic nor numpy, which take time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

INCLUDE = Path(__file__).parents[2] / "include"

_PROBE = """
import importlib, json, sys
from opengenome.cli.arguments import help_of
loaded = {}
for command in ("runs", "clean", "verify", "down", "analyze"):
    help_of([command])
    importlib.import_module({"down": "opengenome.cli.service"}.get(command, f"opengenome.cli.{command}"))
    loaded[command] = [name for name in ("pydantic", "numpy") if name in sys.modules]
print(json.dumps(loaded))
"""


def test_only_the_command_that_starts_a_run_imports_pydantic_and_none_numpy():
    """Importing pydantic takes as long as all other imports together."""
    line = [sys.executable, "-c", _PROBE]
    done = subprocess.run(line, env={"PYTHONPATH": str(INCLUDE)}, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"runs": [], "clean": [], "verify": [], "down": [], "analyze": ["pydantic"]}
