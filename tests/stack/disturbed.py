"""A run of the command in the background, during which something fails."""

from __future__ import annotations

import re
import subprocess
import time

_LIMIT = 600.0  # seconds for a disturbed run


class Disturbed:
    """A run by the command, in the background. None of its batches is reused."""

    def __init__(self, stack, source=None):
        self.stack, self.size = stack, stack.fresh_size()
        self.output = stack.root / "out" / f"disturbed-{self.size}"
        self.log = (stack.root / f"disturbed-{self.size}.log").open("w+")
        arguments = ["--input", source or stack.sample, "--output", self.output, "--batch-size", self.size]
        command = stack.command("analyze", "codon", "--on", "stack", *arguments)
        self.process = subprocess.Popen(
            command, cwd=stack.root, env=stack.environment, stdout=self.log, stderr=self.log
        )
        self.run = ""
        deadline = time.monotonic() + 60
        while not self.run:
            assert time.monotonic() < deadline, self.said()
            self.run = "".join(re.findall(r"^Run (\S+)$", self.said(), re.MULTILINE))
            time.sleep(0.2)

    def said(self):
        self.log.flush()
        with open(self.log.name) as text:  # noqa: PTH123
            return text.read()

    def wait_until_counting(self):
        """Wait until a batch is being counted; the indexes of its workers."""
        deadline = time.monotonic() + 120
        while not (found := self.stack.counting_workers()):
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)
        return found

    def wait_for_plan(self):
        """Wait until its batches are planned; Spark starts to read seconds later."""
        deadline = time.monotonic() + 120
        while "plan: success" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def end(self):
        """The table. Fails if the command fails."""
        code = self.process.wait(_LIMIT)
        assert not code, self.said()
        assert "Proven: all 6 laws hold" in self.said()
        return (self.output / "codon_usage.csv").read_bytes()

    def tries(self):
        with self.stack.client() as client:
            return max(task["try_number"] for task in client.task_instances(self.run))
