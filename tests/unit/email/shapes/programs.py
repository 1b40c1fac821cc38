"""Mails of programs, which are nobody's turn."""

from tests.unit.email.shapes.shape import REPLY, Shape, mail, part, whole, words


def _ignored(name: str, raw: bytes, why: str, *, really: bool = False) -> Shape:
    return Shape(name=name, raw=raw, ignored=why, is_really_sent=really)


_AWAY = (
    "Automatic reply: report",
    "Automatische Antwort: report",
    "Réponse automatique : report",
    "Respuesta automática: report",
    "Risposta automatica: report",
    "Resposta automática: report",
    "Automatisch antwoord: report",
    "Automatiskt svar: report",
    "Automatisk svar: report",
    "自动回复: report",
    "自动回复：Re:report",
    "自動回覆: report",
    "自動応答: report",
)
_REPORT = 'Content-Type: multipart/report; report-type={}; boundary="b0"'


def _report(kind: str, *parts: bytes) -> bytes:
    raw = whole("report", words("Something was reported."), *parts, subject="Report")
    return raw.replace(b"multipart/report;", f"multipart/report; report-type={kind};".encode())


SHAPES = (
    *(
        _ignored(f"away, by the subject alone: {subject}", mail("I am away.", subject=subject), "automatic reply")
        for subject in _AWAY
    ),
    _ignored("away, in a thread", mail("Back on Monday.", REPLY, subject="Out of Office: report"), "automatic reply"),
    _ignored(
        "Exchange: away",
        mail("Away.", "X-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated"),
        "program",
        really=True,
    ),
    _ignored(
        "Exchange: away, without RFC 3834",
        mail("Away.", "X-Auto-Response-Suppress: DR, OOF, AutoReply"),
        "automatic reply",
    ),
    _ignored("Auto-Submitted with a parameter", mail("x", "Auto-Submitted: auto-replied; owner-email=x"), "program"),
    _ignored("Precedence", mail("x", "Precedence: bulk"), "program"),
    _ignored("an answering machine of old", mail("x", "X-Autoreply: yes"), "automatic reply"),
    _ignored(
        "a list",
        mail("x", "List-Id: <dev.lists.example.com>\nList-Post: <mailto:dev@lists.example.com>"),
        "list",
        really=True,
    ),
    _ignored("a newsletter", mail("x", "List-Unsubscribe: <https://example.com/u>"), "list"),
    _ignored("an empty Return-Path", mail("x", "Return-Path: <>"), "no answer"),
    _ignored(
        "a bounce",
        _report(
            "delivery-status",
            part(
                "Content-Type: message/delivery-status",
                "Reporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.1.1\n",
            ),
        ),
        "report",
        really=True,
    ),
    _ignored(
        "a receipt that a mail was read",
        _report(
            "disposition-notification",
            part(
                "Content-Type: message/disposition-notification",
                "Final-Recipient: rfc822;a@example.com\nDisposition: manual-action/MDN-sent-manually; displayed\n",
            ),
        ),
        "report",
    ),
    _ignored("the postmaster", mail("x", sender="Mail Delivery System <MAILER-DAEMON@example.com>"), "report"),
    _ignored("no-reply", mail("x", sender="Shop <no-reply@example.com>"), "report"),
    Shape(
        name="a person who writes about being away",
        raw=mail("From the 3rd on.", subject="Out of office: please plan my week"),
        says="Out of office: please plan my week\n\nFrom the 3rd on.",
    ),
    Shape(
        name="a program that says that a person wrote",
        raw=mail("Go ahead.", f"{REPLY}Auto-Submitted: no\nX-Auto-Response-Suppress: None", subject="Re: report"),
        says="Go ahead.",
    ),
)
