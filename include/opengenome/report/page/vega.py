"""Vega, Vega-Lite and Vega-Embed as one script: a file of this package, so that no run has to bundle it.

Bundling takes 2.5 s of CPU, and the same bytes give every page of a version the same hash. To renew the file after
another vl-convert-python or Altair is locked: `python -m opengenome.report.page.vega`.
"""

from __future__ import annotations

import gzip
from importlib import resources

from opengenome.core import atomic

_FILE = resources.files(__package__) / "files" / "vega.js.gz"
_NOTICE = """\
/* Vega, Vega-Lite, Vega-Embed, Vega-Tooltip: (c) University of Washington Interactive Data Lab and contributors,
   BSD-3-Clause. D3: (c) Mike Bostock, ISC. Bundled by vl-convert with their other parts; each keeps its licence. */
"""
_SNIPPET = "window.vegaEmbed = vegaEmbed;"


def script() -> str:
    """The script. It adds `vegaEmbed` to the window."""
    return gzip.decompress(_FILE.read_bytes()).decode()


def bundled() -> str:
    """The script, made anew by the installed vl-convert."""
    import vl_convert  # noqa: PLC0415  (80 MB, which no page needs)

    return _NOTICE + vl_convert.javascript_bundle(_SNIPPET)


if __name__ == "__main__":
    with resources.as_file(_FILE) as path:
        atomic.write(path, lambda file: file.write(gzip.compress(bundled().encode(), 9, mtime=0)))
