"""A headless Chromium, driven through its own debugging pipe."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATH = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--remote-debugging-pipe")
_PATIENCE = 60.0  # seconds


class Tab:
    """A page of the browser. events: what it reported, by method and parameters."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._out, self._in, self._rest = to_browser, from_browser, b""
        self._number, self._session = 0, ""
        self.events: list[tuple[str, dict[str, Any]]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Runtime", "Log", "Network", "Page"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What a method of the DevTools protocol returns."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        message |= {"sessionId": self._session} if self._session else {}
        os.write(self._out, json.dumps(message).encode() + b"\0")
        for answer in self._messages():
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append((answer.get("method", ""), answer.get("params", {})))
        raise AssertionError("the browser has ended")

    def _messages(self) -> Iterator[dict[str, Any]]:
        while True:
            while b"\0" in self._rest:
                message, _, self._rest = self._rest.partition(b"\0")
                yield json.loads(message)
            read = os.read(self._in, 1 << 16)
            if not read:
                return
            self._rest += read

    def value(self, script: str) -> Any:
        """The value of an expression of JavaScript."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait(self, script: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + _PATIENCE
        while not self.value(script):
            assert time.monotonic() < end, f"{script}: not in {_PATIENCE:.0f} s; {self.complaints}"
            time.sleep(0.05)

    @property
    def complaints(self) -> list[dict[str, Any]]:
        """Errors and warnings of the page, and of its policy."""
        told = [one for method, one in self.events if method in ("Runtime.exceptionThrown", "Log.entryAdded")]
        return told + [one for method, one in self.events if method == "Runtime.consoleAPICalled"]

    @property
    def requested(self) -> list[str]:
        return [one["request"]["url"] for method, one in self.events if method == "Network.requestWillBeSent"]


@contextmanager
def tab(profile: Path, **screen: Any) -> Iterator[Tab]:
    """A new browser with one page. screen: as `Emulation.setDeviceMetricsOverride`."""
    (for_browser, to_browser), (from_browser, of_browser) = os.pipe(), os.pipe()
    words = ["bash", "-c", f'exec "$@" 3<&{for_browser} 4>&{of_browser}', "bash", str(PATH), *_OPTIONS]
    process = subprocess.Popen(
        [*words, f"--user-data-dir={profile}"], pass_fds=(for_browser, of_browser), stderr=subprocess.DEVNULL
    )
    os.close(for_browser)
    os.close(of_browser)
    try:
        one = Tab(to_browser, from_browser)
        one.call(
            "Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False, **screen
        )
        yield one
    finally:
        os.close(to_browser)  # ends it
        os.close(from_browser)
        process.kill()
        process.wait()
