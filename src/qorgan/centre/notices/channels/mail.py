"""E-mail by Django's own SMTP backend."""

import asyncio
import smtplib
from collections.abc import Callable
from functools import partial

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from qorgan.centre.config import MailConfig
from qorgan.centre.notices.apart import apart
from qorgan.centre.notices.channels.ports import Parcel, Readiness, Undelivered

WITHIN_S = 15.0


class MailCourier:
    """`password` gives the mail server's; it is asked for at each mail, so that a new one holds at once."""

    def __init__(self, config: MailConfig, *, password: Callable[[], str | None], within_s: float = WITHIN_S) -> None:
        self._config, self._password, self._within_s = config, password, within_s

    async def send(self, parcel: Parcel) -> None:
        if not self._config.host:
            raise Undelivered("email.not_configured", "[mail] host is not set")
        try:
            async with asyncio.timeout(3 * self._within_s):
                await apart(partial(self._send, parcel))
        except TimeoutError as error:
            raise Undelivered("email.timeout", "the mail server is too slow") from error

    def _send(self, parcel: Parcel) -> None:
        try:
            message = EmailMessage(
                parcel.subject,
                parcel.body,
                self._config.sender,
                [parcel.address],
                headers={"Message-ID": f"<{parcel.id}@qorgan>", "Auto-Submitted": "auto-generated"},  # RFC 3834
                connection=self._connection(),
            )
            message.send()
        except smtplib.SMTPRecipientsRefused as error:
            status = max((code for code, _ in error.recipients.values()), default=0)
            raise Undelivered(f"email.{status}", "the mail server refused the address", final=status >= 500) from error
        except smtplib.SMTPResponseException as error:
            raise Undelivered(f"email.{error.smtp_code}", "the mail server refused it") from error
        except (smtplib.SMTPException, OSError) as error:
            raise Undelivered("email.unreachable", type(error).__name__) from error
        except ValueError as error:  # a header with a line break in it
            raise Undelivered("email.invalid", "the mail cannot be written", final=True) from error

    def _connection(self) -> BaseEmailBackend:
        config = self._config
        connection: BaseEmailBackend = get_connection(
            "django.core.mail.backends.smtp.EmailBackend",
            host=config.host,
            port=config.port,
            username=config.user or None,
            password=(self._password() or "") if config.user else None,
            use_tls=config.tls == "starttls",
            use_ssl=config.tls == "tls",
            timeout=self._within_s,
        )
        return connection

    async def readiness(self) -> Readiness:
        return Readiness(ready=bool(self._config.host), reason="" if self._config.host else "email.not_configured")
