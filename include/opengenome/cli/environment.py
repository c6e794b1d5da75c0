"""The folders, secrets, port and environment of a checkout's embedded Airflow."""

from __future__ import annotations

import base64
import contextlib
import errno
import json
import locale
import os
import secrets
import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from opengenome.cli import database
from opengenome.cli.called import retry_command, typed
from opengenome.errors import ContractError, EngineError, StorageError, UsageError
from opengenome.io.refusals import OF_ONE_NAME
from opengenome.io.store import storing, write_atomically
from opengenome.orchestration import settings

HOST = "127.0.0.1"
FIRST_PORT = 8080
USER = "admin"

# Prefixes of variables about the user's other Airflow, other Python, or certificates. We need no certificates, but
# httpx would open their files.
_ELSEWHERE = ("AIRFLOW_", "_AIRFLOW_", "PYTHON", "PYSPARK_", "SSL")
_CONNECTION = "AIRFLOW_CONN_"  # of the user's notifier

# These loggers write a line for each request and each scan of the DAG folder: 8.6 MB an hour even when idle.
_TALKATIVE = ("http.access", "airflow.dag_processing", "airflow.serialization", "airflow.models.dag")


@dataclass(frozen=True, slots=True)
class Site:
    """root: the checkout. home: AIRFLOW_HOME. dags, plugins: folders that Airflow loads."""

    root: Path
    home: Path
    dags: Path
    plugins: Path

    @classmethod
    def of_checkout(cls) -> Site:
        """The one of this checkout."""
        root = settings.project_root()
        return cls(root=root, home=root / ".airflow", dags=root / "dags", plugins=root / "plugins")

    @property
    def standard_input(self) -> Path:
        """The folder for data that commands read from standard input, while they run."""
        return self.home / "standard-input"

    @property
    def configuration(self) -> Path:
        """The user's options for Airflow. The environment of `build` takes precedence."""
        return self.home / "airflow.cfg"

    @property
    def secrets(self) -> Path:
        """The file that `load_secrets` reads."""
        return self.home / "secrets.json"

    @property
    def lock(self) -> Path:
        """The lock file. The process that holds the lock owns the Airflow."""
        return self.home / "instance.lock"

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """As `storing`, with advice for a home in the checkout."""
        try:
            with storing(self.home):
                yield
        except StorageError as error:
            if isinstance(error.__cause__, OSError) and error.__cause__.errno not in OF_ONE_NAME:
                error.advice = "Copy the checkout to your own folder on a disk with free space, and start it there."
            raise

    def prepare(self) -> None:
        """Create the folders, for their owner alone. Raises StorageError if that fails."""
        with self.writing():
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.home.stat().st_mode & 0o777 != 0o700:
                self.home.chmod(0o700)
            (self.home / "logs" / "components").mkdir(parents=True, exist_ok=True)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    write_atomically(path, lambda file: file.write(text.encode()), mode=0o600)


def load_secrets(site: Site) -> dict[str, str]:
    """The site's keys and password, created at the first call: fernet, jwt, api, password.

    Call it with the site's lock held. Raises ContractError if the file is damaged.
    """
    if not site.secrets.exists():
        made = {
            "fernet": base64.urlsafe_b64encode(os.urandom(32)).decode(),
            "jwt": secrets.token_urlsafe(48),
            "api": secrets.token_urlsafe(48),
            "password": secrets.token_urlsafe(12),
        }
        write_private(site.secrets, json.dumps(made))
    try:
        found = json.loads(site.secrets.read_text())
        kept = {name: str(found[name]) for name in ("fernet", "jwt", "api", "password")}
        if not all(kept.values()) or len(base64.urlsafe_b64decode(kept["fernet"])) != 32:
            raise ValueError  # noqa: TRY301  (damaged like the others)
    except (ValueError, KeyError, TypeError, IsADirectoryError) as error:
        raise ContractError(
            "The keys and the password of this checkout's Airflow are damaged",
            file=site.secrets,
            advice=f"Run `{typed('down')}`; the next start makes new ones.",
        ) from error
    write_private(_passwords(site), json.dumps({USER: kept["password"]}))
    return kept


def _passwords(site: Site) -> Path:
    return site.home / "passwords.json"


@contextlib.contextmanager
def reserved_port(wanted: int | None = None) -> Iterator[int]:
    """The wanted port, or the first from 8080 that is neither in use at 127.0.0.1 nor reserved here.

    Airflow starts to listen seconds after its start. Without the reservation, two checkouts that start together would
    choose the same port. The reservation is an abstract socket (unix(7)), which ends with its process; systems without
    such sockets only see ports in use. Raises UsageError if the wanted port is not available.
    """
    refused = ""
    for port in (wanted,) if wanted else range(FIRST_PORT, FIRST_PORT + 200):
        with socket.socket(socket.AF_UNIX) as name, socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as uvicorn: a port in TIME_WAIT is free
            try:
                if sys.platform == "linux":
                    name.bind(f"\0opengenome-port-{port}")
                probe.bind((HOST, port))
            except OSError as error:
                refused = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
                continue
            probe.close()
            yield port
            return
    if wanted:
        raise UsageError(f"--port {wanted} {refused}", advice="Choose another one, or omit it to use a free one.")
    raise EngineError(f"No port between {FIRST_PORT} and {FIRST_PORT + 199} is free on {HOST}")


def build(site: Site, port: int, keys: Mapping[str, str], *, schedule: bool) -> dict[str, str]:
    """The environment of every process of the embedded Airflow.

    schedule: whether DAGs also run by their schedule; a single analysis must start no other run.
    """
    url = f"http://{HOST}:{port}"
    return {
        **_inherited(),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": str(site.root / "include"),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",  # for file names and logs, whatever the user's locale
        **({} if locale.getencoding().lower() == "utf-8" else {"LC_ALL": "C.UTF-8"}),  # the same for Java
        "AIRFLOW_HOME": str(site.home),
        "AIRFLOW_CONFIG": str(site.configuration),
        "AIRFLOW_CONN_SPARK_DEFAULT": '{"conn_type": "spark", "host": "local[*]"}',
        **_airflow(site, port, url, keys, schedule=schedule),
        **_opengenome(site),
        "OPENGENOME_LOOPS": str(site.home / "loops"),
    }


def _inherited() -> dict[str, str]:
    """The user's environment without variables that would change our Airflow, Spark or Python."""
    dropped = {"SPARK_CONF_DIR"}
    return {
        name: value
        for name, value in without_proxies(os.environ).items()
        if name not in dropped and (name.startswith(_CONNECTION) or not name.startswith(_ELSEWHERE))
    }


def without_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment for processes that use the loopback alone. NO_PROXY is removed too: httpx rejects some values."""
    return {name: value for name, value in environment.items() if not name.lower().endswith("_proxy")}


def _airflow(site: Site, port: int, url: str, keys: Mapping[str, str], *, schedule: bool) -> dict[str, str]:
    options = {
        "CORE__DAGS_FOLDER": site.dags,
        "CORE__PLUGINS_FOLDER": site.plugins,
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": 4,
        "CORE__LOAD_EXAMPLES": False,
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": False,
        "CORE__FERNET_KEY": keys["fernet"],
        "CORE__HOSTNAME_CALLABLE": "socket.gethostname",  # the default asks DNS, which may be slow or absent
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": _passwords(site),
        "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{site.home / database.FILE}",
        "DATABASE__SQL_ALCHEMY_CONNECT_ARGS": "opengenome.cli.database.CONNECTION",
        "DATABASE__SQL_ALCHEMY_CONNECT_ARGS_ASYNC": "opengenome.cli.database.ASYNC_CONNECTION",
        "LOGGING__BASE_LOG_FOLDER": site.home / "logs",
        "LOGGING__NAMESPACE_LEVELS": " ".join(f"{name}=WARNING" for name in _TALKATIVE),
        # Airflow's default is the same folder, but fails if AIRFLOW_HOME holds a `%`.
        "LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": site.home / "logs" / "dag_processor",
        "API__HOST": HOST,
        "API__PORT": port,
        "API__BASE_URL": url,
        "API__ENABLE_SWAGGER_UI": False,  # its pages need no login
        "API__WORKERS": 1,
        "API__SECRET_KEY": keys["api"],
        "API_AUTH__JWT_SECRET": keys["jwt"],
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": 0.4,  # each look costs 25 ms of CPU
        "SCHEDULER__USE_JOB_SCHEDULE": schedule,
        # A task whose supervisor was killed is found after 30 s, not 300. Supervisors send a heartbeat every 5 s.
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": 30,
        # Tasks of a killed scheduler are adopted as soon as it counts as dead: after 30 s, not after 300.
        "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": 10,
        "DAG_PROCESSOR__REFRESH_INTERVAL": 5,
        "DAG_PROCESSOR__PARSING_PROCESSES": 1,
        "DAG_PROCESSOR__DISABLE_BUNDLE_VERSIONING": True,
    }
    return {f"AIRFLOW__{name}": str(value) for name, value in options.items()}


def _opengenome(site: Site) -> dict[str, str]:
    """Our settings with absolute paths, because the components run in another working directory."""
    current = settings.load()
    roots = os.environ.get("OPENGENOME_SOURCE_ROOTS")
    files = {"SPARK_PROPERTIES": current.spark_properties, "PACKAGE": current.package}
    return {
        **{f"OPENGENOME_{name}": str(file) for name, file in files.items() if file},
        "OPENGENOME_STORE": str(current.store),
        "OPENGENOME_RESULTS": str(current.results),
        "OPENGENOME_LANDING": str(current.landing),
        "OPENGENOME_CLASS_ARCHIVE": str(current.class_archive),
        "OPENGENOME_RETRY_COMMAND": retry_command(settings.RUN, ""),
        # The only user is the one who started it, so inputs may lie wherever this user can read.
        "OPENGENOME_SOURCE_ROOTS": os.pathsep.join(map(str, (*current.source_roots, site.standard_input)))
        if roots
        else "/",
    }
