"""What is damaged in `.airflow` is set aside and made anew before Airflow starts: it is nobody's work."""

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

_REWRITTEN = ("instance.json", "passwords.json", "database-version")  # at each start, whatever is in them

Say = Callable[[str], None]


def mend(site: Site, say: Say) -> None:
    """Have keys, configuration and database that Airflow can start with, and say what was not.

    Call with the site's lock. Raises StorageError where the disk is full or a file cannot be read or set aside,
    UsageError for a user without a name.
    """
    _name()
    with site.writing():
        room(site, _ROOM)
        for name in _REWRITTEN:
            if (path := site.home / name).is_dir():
                _set_aside(path, "it is a folder", "A file takes its place", say)
        try:
            environment.load_secrets(site)
        except ContractError:
            _set_aside(site.secrets, "it is damaged", "New keys and a new password are made", say)
        _configuration(site, say)
        _database(site, say)


def _name() -> None:
    """Airflow asks the system for the user's name, and so does Hadoop's login in each Spark driver."""
    try:
        pwd.getpwuid(os.getuid())
    except KeyError as error:
        raise UsageError(
            f"The user {os.getuid()} has no name on this machine, and Airflow and Spark do not start without one",
            advice="In a container, add it to /etc/passwd or run as a user that is there.",
        ) from error


def room(site: Site, needed: float = 1e6) -> None:
    """Raises StorageError where fewer bytes are free for what Airflow writes; below a million nothing works."""
    if (free := shutil.disk_usage(site.home).free) < needed:
        raise StorageError(
            f"Only {free / 1e6:.0f} MB are free for {site.home}, and Airflow needs {needed / 1e6:.0f} MB",
            advice=f"Free some: `{typed('clean --dry-run')}` lists what may go.",
        )


def _configuration(site: Site, say: Say) -> None:
    if site.configuration.exists():
        try:
            configparser.ConfigParser(interpolation=None).read_string(site.configuration.read_text("utf-8"))
        except (configparser.Error, UnicodeDecodeError, IsADirectoryError) as error:
            words = str(error).splitlines()[0].replace("'<string>'", "it")
            _set_aside(site.configuration, words, "Airflow starts without its options", say)
    if not site.configuration.exists():  # Airflow would write one of 2,800 lines
        environment.write_private(site.configuration, "# Options for the Airflow of this checkout.\n")


def _database(site: Site, say: Say) -> None:
    try:
        damage = database.damage(site.home)
    except sqlite3.Error as error:
        raise StorageError(
            f"Airflow's database cannot be opened: {error}",
            file=site.home / database.FILE,
            advice="It has to be a file that you may read and write, in a folder that you may write in.",
        ) from error
    if damage:
        lost = "A new one is made; it knows no earlier runs, so they cannot be retried. Results and batches stay"
        _set_aside(site.home / database.FILE, damage, lost, say)
        database.remove(site.home)


def _set_aside(path: Path, why: str, then: str, say: Say) -> None:
    aside = path.with_name(f"{path.name}.damaged")
    if aside.is_dir() and not aside.is_symlink():
        shutil.rmtree(aside)
    path.replace(aside)
    say(f"{path} cannot be used ({why}) and is called {aside.name} now. {then}")
