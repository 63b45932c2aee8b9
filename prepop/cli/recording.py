"""The hook that writes a run's events into the log, for collectors: seen with `--log-format json`, or -v."""

import logging
from dataclasses import dataclass

from prepop.cli.logs import run
from prepop.options import EventsTo
from prepop.rules.events import Event, Fields, events
from prepop.steps.finish import Ended

log = logging.getLogger(__name__)


def record(event: Event, fields: Fields) -> None:
    """One event; the log writes its number and name beside the message, and its fields."""
    told = ", ".join(f"{name} {value}" for name, value in fields.items())
    extra = {
        "event": {"event_id": event.number, "event": event.value, **fields},
        "attention": event.attention,
    }
    said, _, _ = event.text.partition(":")
    log.info("%s%s", said, f": {told}" if told else "", extra=extra)


def send_to(to: EventsTo) -> None:
    """Let the events of this process go there too, whatever the log itself shows."""
    for handler in log.handlers[:]:
        log.removeHandler(handler)
        handler.close()
    log.setLevel(logging.NOTSET)
    log.propagate = True
    if to is EventsTo.NONE:
        return
    from prepop.notices.event_log import EventHandler, open_sink

    try:
        sink = open_sink(to)
    except OSError as error:
        logging.getLogger("prepop.cli").warning("events are not written to the system's log: %s", error)
        return
    if sink is not None:
        log.propagate = log.isEnabledFor(logging.INFO)
        log.addHandler(EventHandler(sink, run))
        log.setLevel(logging.INFO)


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
