"""The hook that tells elsewhere how a run ended (`[notify]`). It never changes the exit code."""

import logging
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prepop.options import ReportFormat, Settings
from prepop.rules.summary.notice import Notice, RunEnd, is_wanted, notice
from prepop.rules.summary.words import Summary
from prepop.steps.finish import Ended

log = logging.getLogger(__name__)


def where(settings: Settings) -> str:
    """Where it ran, so that nobody has to look for the server."""
    return f"on {socket.gethostname()}, config {settings.config_file}"


@dataclass(frozen=True, slots=True)
class Notifying:
    """A hook of `steps.finish`, told after the reports are written."""

    settings: Settings

    def __call__(self, ended: Ended) -> None:
        """Send where it is wanted; what cannot be sent is a warning."""
        settings = self.settings
        end = RunEnd(ended.run, ended.how, ended.exit_code, settings.cloud.tenant, where(settings))
        try:
            summary = self._summary(ended)
            if is_wanted(settings.notify.when, end, summary):
                self._send(notice(end, summary), ended.run)
        except Exception:
            # whatever is wrong with a notice, the night ends as it ended
            log.exception("the notice of run %s could not be made", ended.run)

    def _summary(self, ended: Ended) -> Summary | None:
        """Always masked. Of a run that broke off after its plan, what the plan said."""
        from prepop.cli.folders import PLAN, run_of, typed
        from prepop.rules.summary import summarise
        from prepop.store.plan_file import digest

        if ended.plan is None:
            return None
        outcomes = ended.applied.outcomes if ended.applied else None
        beside = run_of(self.settings, ended.plan.run)
        return summarise(
            ended.plan,
            outcomes,
            digest=digest(ended.plan) if outcomes is None else "",
            plan_file=f"{typed(beside / PLAN)} -c {typed(self.settings.config_file)}",
            execution=ended.execution,
            config=typed(self.settings.config_file),
        )

    def _send(self, said: Notice, run: str) -> None:
        from prepop.cli.folders import run_of
        from prepop.notices.by_apprise import send

        folder = run_of(self.settings, run)
        forms = [
            folder / ("summary.json" if form is ReportFormat.JSON else f"report.{form}")
            for form in self.settings.notify.attach
        ]
        attach: list[Path] = [path for path in forms if path.is_file()]
        for trouble in send(self.settings.secrets.notify_urls, said, attach):
            log.warning("the notice of run %s was not sent to %s", run, trouble)


def tell_of_config(urls: Sequence[str], config: Path, mistakes: int) -> None:
    """A job whose config cannot be used says so too: to the addresses of the usual variable.

    What else the config says of notices is not known then. Whoever types the command sees it anyway.
    """
    from prepop.notices.by_apprise import send
    from prepop.rules.summary.notice import of_config

    if sys.stderr.isatty():
        return
    for trouble in send(urls, of_config(mistakes, f"on {socket.gethostname()}, config {config.absolute()}")):
        log.warning("the notice of a config that cannot be used was not sent to %s", trouble)
