"""Mails to people over SMTP with TLS that is verified, each at most once.

A server takes a mail when it answers the line that ends it; what broke off before never was a mail, and what
breaks off while that answer is awaited may be one. So a mail is written down right before its text leaves
(`about_to_leave`), and not a moment earlier.
"""

import re
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime

from prepop.clock import Clock
from prepop.model import Delivery, Mail
from prepop.options import PeopleOptions
from prepop.ports import Posted

SECONDS = 30.0  # in which a server must answer one command
_TAKEN = 250
_NOT_HERE = (421, 454, 503)  # it closes, or cannot sign anybody in now
_CANNOT_SIGN_IN = (530, 534, 535, 538)


class MailServer:
    """`ports.Post` on one server. Connects when there is something to send, and once more if cut off."""

    def __init__(self, options: PeopleOptions, password: str, clock: Clock) -> None:
        self._options = options
        self._password = password
        self._clock = clock
        self._connection: smtplib.SMTP | None = None

    def send(self, mail: Mail, about_to_leave: Callable[[], None]) -> Posted:
        """See `ports.Post`. Never raises for the server's sake, and quotes no word of its, only codes."""
        try:
            written = self._written(mail)
        except (ValueError, UnicodeError):
            return Posted(Delivery.REFUSED, note="not an address that mail can go to")
        connection = self._announced(mail.to)
        if isinstance(connection, Posted):
            return connection
        try:
            about_to_leave()
        except BaseException:
            self._connection = None
            connection.close()  # in mid-mail: without the line that ends it there is none
            raise
        try:
            connection.send(written)
            code, _ = connection.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            # one in doubt is enough for a night
            return Posted(Delivery.UNKNOWN, note=_named(error), over=True)
        return Posted(Delivery.SENT) if code == _TAKEN else _refused(code)

    def close(self) -> None:
        """Take leave of the server, where there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.quit()
            except (OSError, smtplib.SMTPException):
                connection.close()

    def _announced(self, to: str) -> smtplib.SMTP | Posted:
        """A connection that waits for the text of a mail to this address; or why there is none.

        A server ends a connection after so many mails, or so much time: then it is called once more.
        """
        first = self._awaiting(to)
        cut_off = isinstance(first, Posted) and first.later and self._connection is None
        return self._awaiting(to) if cut_off else first

    def _awaiting(self, to: str) -> smtplib.SMTP | Posted:
        over = True
        try:
            connection = self._connected()
            sender = f"MAIL FROM:<{self._options.sender}>"
            for command, good in ((sender, (250,)), (f"RCPT TO:<{to}>", (250, 251)), ("DATA", (354,))):
                over = command is sender  # from the address on it may be that one alone
                code, _ = connection.docmd(command)
                if code in _NOT_HERE:
                    raise smtplib.SMTPServerDisconnected(str(code))
                if code not in good:
                    self._reset(connection)
                    return _refused(code)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            self.close()
            over = over or isinstance(error, TimeoutError)
            return Posted(Delivery.REFUSED, later=True, note=_named(error), over=over)
        return connection

    def _reset(self, connection: smtplib.SMTP) -> None:
        """Make ready for another mail; a server that hangs up after a refusal is called again for it."""
        try:
            connection.docmd("RSET")
        except (OSError, smtplib.SMTPException):
            self.close()

    def _connected(self) -> smtplib.SMTP:
        if self._connection is not None:
            return self._connection
        options, context = self._options, ssl.create_default_context()
        connection: smtplib.SMTP
        if options.tls:
            connection = smtplib.SMTP_SSL(options.host, options.port, timeout=SECONDS, context=context)
        else:
            connection = smtplib.SMTP(options.host, options.port, timeout=SECONDS)
        try:
            if not options.tls:
                connection.starttls(context=context)
            connection.ehlo_or_helo_if_needed()
            if options.user:
                connection.login(options.user, self._password)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _written(self, mail: Mail) -> bytes:
        if not re.fullmatch(r"[!-;=?-~]+@[!-;=?-~]+", mail.to):  # `<`, blanks, or beyond ASCII
            raise ValueError("not an address that every server on the way takes")
        message = EmailMessage()
        message["From"] = self._options.sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Message-ID"] = mail.id
        message["Date"] = format_datetime(self._clock.now())
        # RFC 3834 section 5, and what Exchange heeds of it: no answer of a machine comes back
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message.set_content(mail.plain, cte="quoted-printable")  # a person who looks at its source reads it
        if mail.html:
            message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
        raw = message.as_bytes(policy=WIRE.clone(max_line_length=78))
        return re.sub(rb"(?m)^\.", b"..", raw).rstrip(b"\r\n") + b"\r\n.\r\n"  # RFC 5321 section 4.5.2


def _refused(code: int) -> Posted:
    """5xx is for good, everything else for today (RFC 5321 section 4.2.1)."""
    over = code in _CANNOT_SIGN_IN
    return Posted(
        Delivery.REFUSED, later=over or code // 100 != 5, note=f"the server answered {code}", over=over
    )


def _named(error: Exception) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not to be trusted ({error.verify_message})"
        case smtplib.SMTPAuthenticationError():
            return f"it does not let the user in ({error.smtp_code})"
        case smtplib.SMTPNotSupportedError():
            return "it offers no STARTTLS, or no sign-in that is known"
        case smtplib.SMTPResponseException():
            return f"the server answered {error.smtp_code}"
        case TimeoutError():
            return "it does not answer in time"
        case _:
            return f"the connection failed ({type(error).__name__})"
