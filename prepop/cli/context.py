"""Puts everything together for one command: settings, sources, tenant, state. Knows every adapter.

`running` surrounds a command that writes with its end, the bars, the lock and the state, signals, the
tenant. `looking` does so for a command that only looks.
"""

import logging
import os
import platform
import secrets
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from prepop.cli.console import Console, Shown
from prepop.cli.logs import set_run
from prepop.cli.recording import Recording, record, send_to
from prepop.cli.saying import know_names
from prepop.clock import Clock, SystemClock
from prepop.errors import UsageError
from prepop.model import Operator, Plan, Traffic
from prepop.options import NotifyWhen, Settings
from prepop.ports import DirectorySource, ExtraSource, Progress, RunRecord, TenantReader
from prepop.rules.events import Event
from prepop.rules.phrases import visible
from prepop.rules.values.run_ids import run_id
from prepop.steps.brake import Brake
from prepop.steps.finish import Course, Hook, ending

if TYPE_CHECKING:
    from prepop.cloud import OpenTenant
    from prepop.notices.templates import Templates
    from prepop.steps.apply import Means
    from prepop.steps.check import DirectoryPosture
    from prepop.store.journal import StoredJournal
    from prepop.store.mails import StoredMails

log = logging.getLogger(__name__)

DEFAULT_CONFIG = "prepop.toml"


@dataclass(frozen=True, slots=True)
class House:
    """Everything that one command needs, made when it is asked for.

    hooks: called at the end of every run that writes, after its reports.
    """

    settings: Settings
    clock: Clock = field(default_factory=SystemClock)
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    hooks: Sequence[Hook] = ()
    traffic: Traffic = field(default_factory=Traffic)
    _fetched: dict[str, str] = field(default_factory=dict, repr=False)

    def passwords(self) -> Mapping[str, str]:
        """The passwords of the directories by name; those in a vault are fetched when they are asked for."""
        there = self.settings.secrets.ldap_passwords
        places = {each.name: each.password_vault for each in self.settings.directories if each.password_vault}
        if places and not self._fetched:
            from prepop.cloud.signin.vault import read_all

            self._fetched.update(read_all(places, self.settings.cloud, self.settings.secrets, say=_say))
        return {**there, **self._fetched}

    def new_run(self) -> str:
        """An id for a run that begins now."""
        return run_id(self.clock.now(), secrets.token_hex(2))

    def sources(self) -> list[DirectorySource]:
        """The directories of the config."""
        from prepop.sources import open_directory

        passwords = self.passwords()
        match = self.settings.scope.match
        return [
            open_directory(directory, passwords.get(directory.name, ""), match)
            for directory in self.settings.directories
        ]

    def extras(self) -> list[ExtraSource]:
        """The extra files of the config."""
        from prepop.sources.extra import open_extra

        return [open_extra(extra) for extra in self.settings.extras]

    def postures(self) -> "list[DirectoryPosture]":
        """What looks closely at the directories of the config, for `check`."""
        from prepop.sources.ldap.posture import open_posture

        passwords = self.passwords()
        match = self.settings.scope.match
        return [
            open_posture(directory, passwords.get(directory.name, ""), match)
            for directory in self.settings.directories
        ]

    @asynccontextmanager
    async def tenant(self, brake: Brake | None = None) -> "AsyncIterator[OpenTenant]":
        """The tenant of the config, signed in on first use. brake: what ends waiting while it is written."""
        from prepop.cloud import open_tenant

        stop = brake.held if brake else None
        async with open_tenant(
            self.settings.cloud, self.settings.secrets, say=_say, stop=stop, traffic=self.traffic
        ) as tenant:
            yield tenant

    @contextmanager
    def past(self) -> "Iterator[Past]":
        """What earlier runs left, for commands that change nothing; empty where there were none."""
        from prepop.store.database import exists, open_database
        from prepop.store.journal import StoredJournal
        from prepop.store.key import key
        from prepop.store.mails import StoredMails

        state = self.settings.state_dir
        if not exists(state):
            yield Past(None)
            return
        its_key = key(state, self.environ, make=False)
        connection = open_database(state, its_key, query_only=True)
        try:
            yield Past(
                StoredJournal(connection, its_key, self.clock), StoredMails(connection, its_key, self.clock)
            )
        finally:
            connection.close()

    @contextmanager
    def state(self, run: str) -> "Iterator[OpenState]":
        """The state for a command that writes: locked, opened, and checked before anything else happens."""
        from prepop.store.database import exists, open_database, prepare_folder
        from prepop.store.journal import StoredJournal
        from prepop.store.key import key
        from prepop.store.lock import only_run
        from prepop.store.mails import StoredMails

        folder = self.settings.state_dir
        prepare_folder(folder)
        with only_run(folder, run, self.clock.now()):
            its_key = key(folder, self.environ, make=not exists(folder))
            connection: sqlite3.Connection = open_database(folder, its_key, query_only=False)
            try:
                journal = StoredJournal(connection, its_key, self.clock, operator())
                yield OpenState(journal, StoredMails(connection, its_key, self.clock))
            finally:
                connection.close()


def operator() -> Operator:
    """Who runs this process, as the operating system has it (no variable that anybody may set), and where."""
    if os.name == "nt":
        user = os.getlogin()
    else:
        import pwd

        number = os.geteuid()
        try:
            user = pwd.getpwuid(number).pw_name
        except KeyError:  # a container may run under a number without a name
            user = f"uid {number}"
    return Operator(user, platform.node())


def _say(text: str) -> None:
    """Where a person must act to sign in (device-code): on standard error, beside the answer."""
    sys.stderr.write(f"{visible(text)}\n")  # not masked: it holds a code that a person must type
    sys.stderr.flush()


@dataclass(frozen=True, slots=True)
class Past:
    """The journal, where there is one, and what people heard of it; only to be read."""

    journal: "StoredJournal | None"
    mails: "StoredMails | None" = None


@dataclass(frozen=True, slots=True)
class OpenState:
    """The journal of a run that writes, and what people hear of it."""

    journal: "StoredJournal"
    mails: "StoredMails"


# ---------------------------------------------------------------- what surrounds a command


@dataclass(frozen=True, slots=True)
class Looking:
    """What a command that only looks can use."""

    course: Course
    past: Past
    reader: TenantReader
    progress: Progress


@asynccontextmanager
async def looking(house: House, console: Console, run: str = "") -> AsyncIterator[Looking]:
    """The past and the tenant, only to be read. run: of a preview that leaves a plan; its end is told."""
    set_run(run)
    course = Course(run)
    with ExitStack() as kept, ending(course, console.error):
        brake = Brake(house.clock)
        progress = heeding(brake, kept.enter_context(console.progress()), house.traffic)
        past = kept.enter_context(house.past())
        with stoppable(brake):
            async with house.tenant(brake) as tenant:
                yield Looking(course, past, tenant.reader, progress)


@dataclass(frozen=True, slots=True)
class Running:
    """What a command that writes can use. `course` has the exit code, once the run is over.

    templates: of mails to people; None where nobody is told.
    """

    house: House
    course: Course
    state: OpenState
    brake: Brake
    progress: Progress
    templates: "Templates | None"
    _connections: AsyncExitStack

    def is_run(self, run: str) -> None:
        """Name the run, where its id is known only once the state is open."""
        self.course.run = run
        set_run(run)

    async def tenant(self) -> "OpenTenant":
        """The tenant, until the run is over. It is opened when it is asked for."""
        return await self._connections.enter_async_context(self.house.tenant(self.brake))

    def means(self, tenant: "OpenTenant") -> "Means":
        """What the one step that writes works with. From now on people hear of this run, where any do."""
        from prepop.steps.apply import Means

        if self.templates is not None:
            self.state.mails.tells(self.course.run)
        settings = self.house.settings
        in_flight = settings.cloud.requests_in_flight
        return Means(tenant, self.state.journal, settings.limits, in_flight, self.brake, self.progress)


@asynccontextmanager
async def running(
    house: House, console: Console, run: str, max_seconds: float | None = None
) -> AsyncIterator[Running]:
    """The end, the lock and the state, signals and the tenant of a command that writes, each inside the last.

    Every run ends here, by `steps.finish`, also where the lock or the state cannot be had. The lock is held
    until every hook was told. run: names the holder of the lock.
    """
    set_run(run)
    course = Course(run, listeners=house.hooks)
    record(Event.RUN_BEGAN, {})
    with ExitStack() as kept, ending(course, console.error):
        templates = mail_templates(house.settings)
        brake = Brake(house.clock, max_seconds)
        progress = heeding(brake, kept.enter_context(console.progress()), house.traffic)
        state = kept.enter_context(house.state(run))
        course.journal, course.brake = state.journal, brake
        with stoppable(brake):
            async with AsyncExitStack() as connections:
                yield Running(house, course, state, brake, progress, templates, connections)


def heeding(brake: Brake, progress: Progress, traffic: Traffic) -> Progress:
    """A progress that ends the reading which reports it, where that is to end; called from threads too.

    traffic: learns how long each step takes.
    """

    def show(stage: str, done: int, total: int | None) -> None:
        traffic.passed(stage, brake.clock.elapsed())
        brake.heed()
        progress(stage, done, total)

    return show


@contextmanager
def stoppable(brake: Brake) -> Iterator[None]:
    """Let SIGINT and SIGTERM stop between two batches of writes; elsewhere, or a second time, at once."""

    def stop(number: int, frame: object) -> None:
        again, brake.interrupted = brake.interrupted, True  # a thread that reads sees it after its page
        if again or not brake.writing:
            raise KeyboardInterrupt
        log.warning("stopping after the requests that are under way; once more to stop at once")

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def mail_templates(settings: Settings) -> "Templates | None":
    """The words of mails to people, tried; None where nobody is told. Raises ConfigError."""
    if settings.people is None:
        return None
    from prepop.notices.templates import Templates

    return Templates(settings.people.templates)


# ---------------------------------------------------------------- config and plans


def config_file(given: Path | None, environ: Mapping[str, str]) -> Path:
    """The config of a command: `--config`, else PREPOP_CONFIG, else ./prepop.toml (CONTRACT section 2)."""
    return given or Path(environ.get("PREPOP_CONFIG") or DEFAULT_CONFIG)


def open_house(
    config: Path, environ: Mapping[str, str] | None = None, *, only_directory: bool = False
) -> House:
    """Read and check the config. Raises ConfigError with every mistake. only_directory: without [cloud]."""
    from prepop.settings import load

    env = dict(os.environ) if environ is None else environ
    settings = load(config, env, only_directory=only_directory)
    know_names(settings.names)
    send_to(settings.events_to)
    hooks: tuple[Hook, ...] = (Recording(),)
    traffic = Traffic()
    if settings.metrics_textfile is not None or settings.metrics_otlp:
        from prepop.cli.measuring import Measuring

        clock = SystemClock()
        hooks = (*hooks, Measuring(settings, clock, clock.elapsed(), traffic))
    if settings.secrets.notify_urls and settings.notify.when is not NotifyWhen.NEVER:
        from prepop.cli.notifying import Notifying

        hooks = (*hooks, Notifying(settings))
    return House(settings, environ=env, hooks=hooks, traffic=traffic)


def house_of(shown: Shown, *, only_directory: bool = False) -> House:
    """The house of a command, as it was typed."""
    return open_house(config_file(shown.config, os.environ), only_directory=only_directory)


def plan_of(run: RunRecord) -> tuple[Plan, str, str]:
    """The plan that a run applied, as `plan_file.load` gives it; not a plan that took its place."""
    from prepop.store.plan_file import load

    made, said, real = load(run.plan_path)
    if made.run != run.plan_run:
        raise UsageError(
            f"reading the plan of run {run.id}: {run.plan_path} is the plan of run {made.run} now",
            hint="give each plan a folder of its own, or leave --out away",
        )
    return made, said, real
