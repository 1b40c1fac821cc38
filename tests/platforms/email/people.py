"""Mails as the programs of people write them."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from tests.platforms.mail.places import HOST


def vouched(address: str, verdict: str = "pass") -> str:
    """What our own server writes on top of a mail that it found to be of its sender's domain."""
    domain = address.rpartition("@")[2]
    return f"{HOST}; spf=pass smtp.mailfrom={domain}; dkim=pass header.d={domain}; dmarc={verdict} header.from={domain}"


def mail(
    by: str, to: str, text: str, *, subject: str = "", answers: EmailMessage | None = None, results: str = ""
) -> EmailMessage:
    """One mail; `answers` is the one it replies to, whose words it quotes below its own."""
    message = EmailMessage(policy=SMTP)
    message["Authentication-Results"] = results or vouched(by)
    message["From"] = f"{by.partition('.')[0].title()} <{by}>"
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=by.rpartition("@")[2])
    if answers is not None:
        before = f"{answers.get('References', '')} {answers['Message-ID']}".strip()
        message["In-Reply-To"], message["References"] = answers["Message-ID"], before
        body = answers.get_body(("plain",))
        quoted = "".join(f"> {line}\n" for line in (body.get_content() if body else "").splitlines())
        text = f"{text}\n\nOn Tue, 24 Nov 2026 at 10:00, {answers['From']} wrote:\n{quoted}"
    message.set_content(text)
    return message


def bare(message: EmailMessage) -> str:
    """The id of a mail, without its brackets."""
    return str(message["Message-ID"]).strip().strip("<>")
