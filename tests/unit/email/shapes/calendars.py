"""Invitations as Google, Outlook and Apple send them."""

from tests.unit.email.shapes.shape import Shape, file, mail, many, part, whole, words


def _calendar(method: str, *lines: str, more: str = "") -> str:
    inside = "\n".join(("BEGIN:VEVENT", "UID:1@example.com", *lines, "END:VEVENT"))
    zone = "BEGIN:VTIMEZONE\nTZID:China Standard Time\nBEGIN:STANDARD\nDTSTART:16010101T000000\nEND:STANDARD\nEND:VTIMEZONE"
    return (
        f"BEGIN:VCALENDAR\nPRODID:-//made up//EN\nMETHOD:{method}\nVERSION:2.0\n{zone}\n{inside}\n{more}END:VCALENDAR\n"
    )


def _part(method: str, text: str) -> bytes:
    return part(f'Content-Type: text/calendar; charset="utf-8"; method={method}\nContent-Transfer-Encoding: 8bit', text)


_BOB = "ORGANIZER;CN=Bob:mailto:bob@example.com"
_GUESTS = (
    "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=\n TRUE;CN=nexora@corp.example:mailto:nexora@corp.example",
    'ATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=ACCEPTED;CN="Lee, Ann":mailto:ann@example.com',
)
_ASKED = _calendar(
    "REQUEST",
    "SUMMARY:Planning\\, part 2",
    "DTSTART;TZID=China Standard Time:20261103T100000",
    "DTEND;TZID=China Standard Time:20261103T113000",
    "LOCATION:Room 5\\; east",
    _BOB,
    *_GUESTS,
    "DESCRIPTION:Bring the\\nfigures.",
)
_ICS = 'Content-Type: application/ics; name="invite.ics"\nContent-Disposition: attachment; filename="invite.ics"'
_WHEN = "When: 2026-11-03 10:00 to 11:30 (China Standard Time)"

SHAPES = (
    Shape(
        name="Google: an invitation beside plain words and as a file",
        raw=whole(
            "mixed",
            many(
                "alternative",
                words("Bob invites you."),
                words("<p>Bob invites you.</p>", "html"),
                _part("REQUEST", _ASKED),
            ),
            file(_ICS, _ASKED.encode()),
        ),
        says="Bob invites you.\n\nInvitation: Planning, part 2\n"
        f"{_WHEN}\nWhere: Room 5; east\nOrganised by: Bob <bob@example.com>\n"
        "Attending: nexora@corp.example, Lee, Ann <ann@example.com> (optional, accepted)\nNotes: Bring the\nfigures.",
        files={"invite.ics": None},
        is_really_sent=True,
    ),
    Shape(
        name="Outlook: an invitation without words",
        raw=whole("alternative", words(""), words("<p></p>", "html"), _part("REQUEST", _ASKED), subject="Planning"),
        has=("Invitation: Planning, part 2", _WHEN, "Organised by: Bob"),
    ),
    Shape(
        name="an invitation that is the whole mail",
        raw=mail(_ASKED, "Content-Type: text/calendar; method=REQUEST; charset=utf-8"),
        has=("Invitation: Planning, part 2", "Where: Room 5; east"),
    ),
    Shape(
        name="a cancelled event",
        raw=mail(
            _calendar(
                "CANCEL", "SUMMARY:Planning", "STATUS:CANCELLED", "DTSTART:20261103T020000Z", "DURATION:PT1H30M", _BOB
            ),
            "Content-Type: text/calendar; method=CANCEL; charset=utf-8",
        ),
        says="Cancelled event (cancelled): Planning\nWhen: 2026-11-03 02:00 to 03:30 (UTC)\n"
        "Organised by: Bob <bob@example.com>",
    ),
    Shape(
        name="an answer to an invitation",
        raw=whole(
            "alternative",
            words("Alice has accepted."),
            _part(
                "REPLY",
                _calendar(
                    "REPLY",
                    "SUMMARY:Planning",
                    "DTSTART;VALUE=DATE:20261103",
                    "ATTENDEE;PARTSTAT=ACCEPTED;CN=Alice:mailto:alice@example.com",
                    "COMMENT:I shall be late",
                ),
            ),
            subject="Accepted: Planning",
        ),
        says="Accepted: Planning\n\nAlice has accepted.\n\nAnswer to an invitation: Planning\nWhen: 2026-11-03, all day\n"
        "Attending: Alice <alice@example.com> (accepted)\nNotes: I shall be late",
    ),
    Shape(
        name="days, over and over",
        raw=mail(
            _calendar(
                "REQUEST",
                "SUMMARY:Fair",
                "DTSTART;VALUE=DATE:20261103",
                "DTEND;VALUE=DATE:20261106",
                "RRULE:FREQ=YEARLY;COUNT=3",
            ),
            "Content-Type: text/calendar; method=REQUEST",
        ),
        says="Invitation: Fair\nWhen: 2026-11-03 to 2026-11-05\nRepeats: FREQ=YEARLY;COUNT=3",
    ),
    Shape(
        name="a task with a time in two zones",
        raw=mail(
            _calendar(
                "PUBLISH",
                "SUMMARY:Flight",
                "DTSTART;TZID=Europe/Berlin:20261103T100000",
                "DTEND;TZID=/freeassociation.sourceforge.net/Asia/Tokyo:20261104T060000",
            ),
            "Content-Type: text/calendar; charset=utf-8",
        ),
        says="Event: Flight\nWhen: 2026-11-03 10:00 (Europe/Berlin) to 2026-11-04 06:00 (Asia/Tokyo)",
    ),
    Shape(
        name="a calendar without an event",
        raw=whole("mixed", words("hi"), _part("PUBLISH", "BEGIN:VCALENDAR\nEND:VCALENDAR\n")),
        says="hi",
    ),
)
