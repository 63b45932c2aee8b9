"""Notices through Apprise, which knows a hundred services by their addresses.

An address holds secrets (a webhook's token, a mailbox's password), and what the library logs may quote it:
its log is kept off ours, and a place is named by its number and scheme alone.
"""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from prepop.rules.summary.notice import Notice

_LIBRARY = ("apprise", "urllib3", "requests")


def send(urls: Sequence[str], notice: Notice, attach: Sequence[Path] = ()) -> Iterator[str]:
    """Send it to each place; yields what went wrong, a sentence for each place that did not take it.

    Never raises for a place: the next one is tried all the same.
    """
    import apprise

    for name in _LIBRARY:
        logging.getLogger(name).propagate = False
        logging.getLogger(name).setLevel(logging.CRITICAL)
    files = apprise.AppriseAttachment()
    for path in attach:
        files.add(str(path))
    for number, url in enumerate(urls, 1):
        place = f"place {number} of {len(urls)} ({scheme(url)})"
        sender = apprise.Apprise()
        if not sender.add(url):
            yield f"{place}: the address is not one that Apprise understands"
            continue
        try:
            taken = sender.notify(
                title=notice.subject,
                body=notice.body,
                body_format=apprise.NotifyFormat.TEXT,
                attach=files if len(files) else None,
            )
        except Exception as error:  # noqa: BLE001 - of a hundred services any may fail in its own way
            yield f"{place}: {type(error).__name__}"
            continue
        if not taken:
            yield f"{place}: it did not take the notice, or did not answer"


def scheme(url: str) -> str:
    """All of an address that may be shown: `mailtos`."""
    return urlsplit(url).scheme or "no scheme"
