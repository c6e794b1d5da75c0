"""Where numba keeps the compiled loops when this package is imported from a zip (Spark's --py-files).

numba asks for it by name, where NUMBA_CACHE_LOCATOR_CLASSES says so (CacheImpl in numba/core/caching.py). Its own
locator for zips goes by the zip's path, which Spark makes anew for each batch: every batch would
compile. This one goes by the content of the source.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any

from numba import config
from numba.core.caching import ZipCacheLocator


class PackageLocator(ZipCacheLocator):  # type: ignore[misc]  # numba has no types
    """A folder named by the digest of the zipped source: in NUMBA_CACHE_DIR, the user's cache or the working folder."""

    _cache_path: str

    def __init__(self, py_func: Any, py_file: str) -> None:
        super().__init__(py_func, py_file)
        name = f"opengenome-{self.get_source_stamp().hex()[:16]}"
        wanted = [config.CACHE_DIR, os.path.dirname(self._cache_path), os.getcwd()]  # noqa: PTH109, PTH120  (numba's strings)
        for folder in filter(None, wanted):
            self._cache_path = os.path.join(folder, name)  # noqa: PTH118
            with contextlib.suppress(OSError):  # not to be written to: the next one may be
                self.ensure_cache_path()
                break
