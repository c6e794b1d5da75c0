"""Set damaged files in `.airflow` aside and make new ones before Airflow starts. They hold no results."""

from __future__ import annotations

import configparser
import os
import pwd
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from opengenome.cli import database, environment
from opengenome.cli.called import typed
from opengenome.cli.environment import Site
from opengenome.errors import ContractError, StorageError, UsageError

_ROOM = 50_000_000  # bytes for the database and logs of the runs to come

_REWRITTEN = ("instance.json", "passwords.json", "database-version")  # at each start, whatever they hold

LogLine = Callable[[str], None]


def mend(site: Site, log_line: LogLine) -> None:
    """Make sure that Airflow can start with the keys, configuration and database; log what was replaced.

    Call it with the site's lock held. Raises StorageError if the disk is full or a file cannot be read or set aside,
    UsageError for a user without a name.
    """
    _name()
    with site.writing():
        room(site, _ROOM)
        for name in _REWRITTEN:
            if (path := site.home / name).is_dir():
                _set_aside(path, "it is a folder", "A file takes its place", log_line)
        try:
            environment.load_secrets(site)
        except ContractError:
            _set_aside(site.secrets, "it is damaged", "New keys and a new password are made", log_line)
        _configuration(site, log_line)
        _database(site, log_line)


def _name() -> None:
    """Check that the user has a name, which Airflow and each Spark driver look up."""
    try:
        pwd.getpwuid(os.getuid())
    except KeyError as error:
        raise UsageError(
            f"The user {os.getuid()} has no name on this machine, but Airflow and Spark need one",
            advice="In a container, add it to /etc/passwd or run as a user that exists.",
        ) from error


def room(site: Site, needed: float = 1e6) -> None:
    """Raises StorageError if fewer bytes than this are free; below a million nothing works."""
    if (free := shutil.disk_usage(site.home).free) < needed:
        raise StorageError(
            f"Only {free / 1e6:.0f} MB are free for {site.home}, but Airflow needs {needed / 1e6:.0f} MB",
            advice=f"Free some space: `{typed('clean --dry-run')}` lists what can be removed.",
        )


def _configuration(site: Site, log_line: LogLine) -> None:
    if site.configuration.exists():
        try:
            configparser.ConfigParser(interpolation=None).read_string(site.configuration.read_text("utf-8"))
        except (configparser.Error, UnicodeDecodeError, IsADirectoryError) as error:
            words = str(error).splitlines()[0].replace("'<string>'", "it")
            _set_aside(site.configuration, words, "Airflow starts without its options", log_line)
    if not site.configuration.exists():  # Airflow would write one of 2,800 lines
        environment.write_private(site.configuration, "# Options for the Airflow of this checkout.\n")


def _database(site: Site, log_line: LogLine) -> None:
    try:
        damage = database.damage(site.home)
    except sqlite3.Error as error:
        raise StorageError(
            f"Airflow's database cannot be opened: {error}",
            file=site.home / database.FILE,
            advice="It must be a file that you can read and write, in a folder that you can write to.",
        ) from error
    if damage:
        lost = "A new one is made. Earlier runs cannot be retried any more; results and batches stay"
        _set_aside(site.home / database.FILE, damage, lost, log_line)
        database.remove(site.home)


def _set_aside(path: Path, why: str, then: str, log_line: LogLine) -> None:
    aside = path.with_name(f"{path.name}.damaged")
    if aside.is_dir() and not aside.is_symlink():
        shutil.rmtree(aside)
    path.replace(aside)
    log_line(f"{path} cannot be used ({why}) and was renamed to {aside.name}. {then}")
