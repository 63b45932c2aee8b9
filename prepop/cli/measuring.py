"""The hook that writes the figures of a run (`[metrics]`). It never changes the exit code."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prepop.clock import Clock
from prepop.errors import Exit, PrepopError
from prepop.options import Settings
from prepop.steps.finish import Ended

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Measuring:
    """A hook of `steps.finish`. began: on the monotonic clock."""

    settings: Settings
    clock: Clock
    began: float

    def __call__(self, ended: Ended) -> None:
        """Write the file; what keeps it from being written is a warning."""
        from prepop.notices.openmetrics import last_good, write
        from prepop.rules.summary.figures import RunFigures, figures

        path = self.settings.metrics_textfile
        if path is None:
            return
        now = self.clock.now()
        try:
            run = RunFigures(
                ended.how,
                ended.exit_code,
                now,
                max(0.0, self.clock.elapsed() - self.began),
                now if ended.exit_code is Exit.DONE else last_good(path),
                certificate_ends(self.settings.cloud.certificate_file),
                ended.plan,
                dict(ended.applied.outcomes) if ended.applied else None,
            )
            write(path, figures(run))
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
