"""Puts the house together for one command: settings, sources, tenant, state. Knows every adapter."""

import logging
import os
import secrets
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from prepop.clock import Clock, SystemClock
from prepop.errors import UsageError
from prepop.model import Plan
from prepop.options import Settings
from prepop.ports import DirectorySource

if TYPE_CHECKING:
    from prepop.cloud import OpenTenant
    from prepop.steps.check import DirectoryPosture
    from prepop.store.journal import RunRecord, StoredJournal

log = logging.getLogger(__name__)

DEFAULT_CONFIG = "prepop.toml"


@dataclass(frozen=True, slots=True)
class House:
    """Everything that one command needs, made when it is asked for."""

    settings: Settings
    clock: Clock = field(default_factory=SystemClock)
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def new_run(self) -> str:
        """An id for a run: its moment, so that ids sort by time, and four letters against coincidence."""
        return f"{self.clock.now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"

    def sources(self) -> list[DirectorySource]:
        """The directories of the config."""
        from prepop.sources import open_directory

        passwords = self.settings.secrets.ldap_passwords
        return [open_directory(one, passwords.get(one.name, "")) for one in self.settings.directories]

    def postures(self) -> "list[DirectoryPosture]":
        """What looks closely at the directories of the config, for `check`."""
        from prepop.sources.ldap.posture import open_posture

        passwords = self.settings.secrets.ldap_passwords
        return [open_posture(one, passwords.get(one.name, "")) for one in self.settings.directories]

    @asynccontextmanager
    async def tenant(self) -> "AsyncIterator[OpenTenant]":
        """The tenant of the config, signed in on first use."""
        from prepop.cloud import open_tenant

        async with open_tenant(self.settings.cloud, self.settings.secrets, say=_say) as tenant:
            yield tenant

    @contextmanager
    def past(self) -> "Iterator[Past]":
        """What earlier runs left, for commands that change nothing; empty where there were none."""
        from prepop.store.database import exists, open_database
        from prepop.store.journal import StoredJournal
        from prepop.store.key import key

        state = self.settings.state_dir
        if not exists(state):
            yield Past(None)
            return
        its_key = key(state, self.environ, make=False)
        connection = open_database(state, its_key, query_only=True)
        try:
            yield Past(StoredJournal(connection, its_key, self.clock))
        finally:
            connection.close()

    @contextmanager
    def state(self, run: str) -> "Iterator[State]":
        """The state for a command that writes: locked, opened, and checked before anything else happens."""
        from prepop.store.database import exists, open_database, prepare_folder
        from prepop.store.journal import StoredJournal
        from prepop.store.key import key
        from prepop.store.lock import only_run

        folder = self.settings.state_dir
        prepare_folder(folder)
        with only_run(folder, run, self.clock.now()):
            its_key = key(folder, self.environ, make=not exists(folder))
            connection: sqlite3.Connection = open_database(folder, its_key, query_only=False)
            try:
                yield State(StoredJournal(connection, its_key, self.clock))
            finally:
                connection.close()


def _say(text: str) -> None:
    """Where a person must act to sign in (device-code): on standard error, beside the answer."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


@dataclass(frozen=True, slots=True)
class Past:
    """The journal, where there is one, only to be read."""

    journal: "StoredJournal | None"


@dataclass(frozen=True, slots=True)
class State:
    """The journal of a run that writes."""

    journal: "StoredJournal"


def config_file(given: Path | None, environ: Mapping[str, str]) -> Path:
    """The config of a command: `--config`, else PREPOP_CONFIG, else ./prepop.toml (CONTRACT section 2)."""
    return given or Path(environ.get("PREPOP_CONFIG") or DEFAULT_CONFIG)


def open_house(config: Path, environ: Mapping[str, str] | None = None) -> House:
    """Read and check the config. Raises ConfigError with every mistake."""
    from prepop.settings import load

    env = dict(os.environ) if environ is None else environ
    settings = load(config, env)
    _warn_of_writers(settings.config_file, settings.mapping_file)
    return House(settings, environ=env)


def plan_of(run: "RunRecord") -> tuple[Plan, str, str]:
    """The plan that a run applied, as `plan_file.load` gives it; none that took its place."""
    from prepop.store.plan_file import load

    made, said, real = load(run.plan_path)
    if made.run != run.plan_run:
        raise UsageError(
            f"reading the plan of run {run.id}: {run.plan_path} is the plan of run {made.run} now",
            hint="give each plan a folder of its own, or leave --out away",
        )
    return made, said, real


def _warn_of_writers(*files: Path) -> None:
    """Whoever can write config or mapping decides whose number goes where."""
    if os.name == "nt":
        return  # POSIX modes say nothing there
    for file in files:
        if file.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            log.warning("%s can be written by others than its owner: chmod go-w %s", file, file)
