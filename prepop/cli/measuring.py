"""The hook that writes the figures of a run (`[metrics]`). It never changes the exit code."""

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from prepop.clock import Clock
from prepop.errors import Exit, PrepopError
from prepop.model import Traffic
from prepop.options import Settings
from prepop.steps.finish import Ended

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Measuring:
    """A hook of `steps.finish`. began: on the monotonic clock. traffic: counted by the run meanwhile."""

    settings: Settings
    clock: Clock
    began: float
    traffic: Traffic = field(default_factory=Traffic)

    def __call__(self, ended: Ended) -> None:
        """Write the file, tell the collector; what keeps that from being done is a warning."""
        from prepop.notices.openmetrics import last_good, write
        from prepop.rules.summary.figures import RunFigures, figures

        path, collector = self.settings.metrics_textfile, self.settings.metrics_otlp
        now = self.clock.now()
        try:
            run = RunFigures(
                ended.how,
                ended.exit_code,
                now,
                max(0.0, self.clock.elapsed() - self.began),
                now if ended.exit_code is Exit.DONE else last_good(path) if path else None,
                certificate_ends(self.settings.cloud.certificate_file),
                ended.plan,
                dict(ended.applied.outcomes) if ended.applied else None,
                self.traffic,
            )
            if path:
                write(path, figures(run))
            if collector:
                from prepop.notices.otlp import send

                send(collector, figures(run))
        except PrepopError as error:
            log.warning("the figures of run %s: %s", ended.run, error.message)
        except Exception:
            log.exception("the figures of run %s could not be made", ended.run)


def certificate_ends(path: Path | None) -> datetime | None:
    """When the certificate in this PEM file runs out; None for none, and for one that cannot be read so."""
    if path is None:
        return None
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc.astimezone(UTC)
    except (OSError, ValueError):
        return None
