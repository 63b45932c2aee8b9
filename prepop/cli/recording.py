"""The hook that writes a run's events into the log, for collectors: seen with `--log-format json`, or -v."""

import logging
from dataclasses import dataclass

from prepop.rules.summary.events import Event, Fields, events
from prepop.steps.finish import Ended

log = logging.getLogger(__name__)


def record(event: Event, fields: Fields) -> None:
    """One event; the log writes its number and name beside the message, and its fields."""
    told = ", ".join(f"{name} {value}" for name, value in fields.items())
    extra = {"event": {"event_id": event.number, "event": event.value, **fields}}
    log.info("%s%s", event.text, f": {told}" if told else "", extra=extra)


@dataclass(frozen=True, slots=True)
class Recording:
    """A hook of `steps.finish`."""

    def __call__(self, ended: Ended) -> None:
        """Nothing is made up where the log does not show it."""
        if not log.isEnabledFor(logging.INFO):
            return
        outcomes = ended.applied.outcomes if ended.applied else None
        for event, fields in events(ended.how, ended.exit_code, ended.plan, outcomes, ended.execution):
            record(event, fields)
