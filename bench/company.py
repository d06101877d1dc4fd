"""A company of any size, as the directory a node is started with. Every team has one person on call, who gets texts."""

from __future__ import annotations

from pathlib import Path

CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\nBEGIN:VEVENT\r\nUID:shift-{n}\r\n"
    "DTSTAMP:20260101T000000Z\r\nDTSTART:20260101T000000Z\r\nDTEND:20260108T000000Z\r\nRRULE:FREQ=WEEKLY\r\n"
    "SUMMARY:Person {n}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
KEY = "bench-key-0123456789abcdef0123456789"


def write(folder: Path, *, teams: int, services: int) -> Path:
    """Write the files; service `svc-N` belongs to team `team-(N % teams)`, whose person has a number ending in N."""
    (folder / "teams").mkdir(parents=True)
    (folder / "catalog").mkdir()
    (folder / "calendars").mkdir()
    (folder / "oncall.yaml").write_text(
        "defaults: {fallback_team: team-0, important: [{via: sms}], ordinary: [{via: sms}]}\n"
    )
    keys = [f"  key: {KEY}\n", f"  key: {KEY}-other\n"]
    (folder / "integrations.yaml").write_text(f"production:\n{keys[0]}other:\n{keys[1]}")
    (folder / "people.yaml").write_text(
        "".join(f"p{n}:\n  name: Person {n}\n  mobile: '+4915112{n:06}'\n" for n in range(teams))
    )
    for n in range(teams):
        (folder / "teams" / f"team-{n}.yaml").write_text(
            f"members: [p{n}]\nschedules: {{primary: {{file: calendars/{n}.ics}}}}\n"
            "escalation:\n  steps:\n    - {notify: [{schedule: primary}], wait: 30m}\n"
        )
        (folder / "calendars" / f"{n}.ics").write_text(CALENDAR.format(n=n), newline="")
    (folder / "catalog" / "services.yaml").write_text(
        "".join(f"svc-{n}: {{owner: team-{n % teams}}}\n" for n in range(services))
    )
    return folder
