"""Check the parameters of a run and the files that they name before an Airflow starts, with the code of `discover`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from opengenome import flow
from opengenome.cli.embedded import read_instance
from opengenome.cli.environment import Site
from opengenome.core.model import Mode
from opengenome.errors import EngineError, InputError, UsageError
from opengenome.io.samplesheet import Sheet
from opengenome.orchestration import settings


def check_run(conf: Mapping[str, Any], sheet: Sheet | None) -> None:
    """Raises UsageError for what `discover` would refuse whatever the input files are.

    conf: the run's parameters, with paths as the run sees them. sheet: the samplesheet, if that is the source.
    """
    from opengenome.orchestration.annotated import check_columns, check_group_by
    from opengenome.orchestration.cds_rules import check_records, coding_of
    from opengenome.orchestration.named_files import read_named_files
    from opengenome.parameters import RunParameters

    run = flow.new_run(flow.ANALYZE)  # so that messages name options
    wanted = RunParameters.check(RunParameters().as_json() | dict(conf), conf, run)
    mode, reason = (sheet.mode, sheet.reason) if sheet else (wanted.mode, "it was asked for")
    samples = sheet.samples if sheet else ()
    up = read_instance(Site.of_checkout())
    current = settings.load()
    results = Path(up.results) if up else current.results  # an Airflow that is up may have others than this command
    try:
        read_named_files(wanted, run, replace(current, source_roots=(Path("/"),), results=results))
        if mode is Mode.CDS:
            coding_of(wanted, run, reason)
        elif mode is Mode.SEQUENCES:
            check_records(wanted, run, reason)
        check_columns(mode, samples, wanted.source)
        # In mode auto the files decide. Coding sequences have all columns that there may be.
        check_group_by(wanted.group_by, Mode.CDS if mode is Mode.AUTO else mode, samples, run)
    except InputError as error:
        raise UsageError(error.message, advice=error.advice, **error.where) from error
    except EngineError:  # the disk fails now; the run will read the file or report the error
        pass
