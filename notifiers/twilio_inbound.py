"""What Twilio sends us: verified and read, without ever raising.

Parameters are an open list (Twilio adds some without notice), so only known ones are read and none is required
beyond those a kind of request cannot do without.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from twilio.request_validator import RequestValidator, get_signature_algorithm

from notifiers.outcome import Outcome, OutcomeKind
from notifiers.twilio_codes import by_code

Form = Sequence[tuple[str, str]]


class _Pairs(dict[str, str]):
    """Form values as the vendor's validator wants them: a key may come several times."""

    def __init__(self, form: Form) -> None:
        super().__init__(form)
        self._form = form

    def getall(self, name: str) -> list[str]:
        return [value for key, value in self._form if key == name]


def is_signed(
    *, auth_token: str, public_url: str, path_and_query: str, form: Form, signature: str | None, settings: str | None
) -> bool:
    """True if Twilio signed this request for the address people configured there.

    Args:
        auth_token: The account's.
        public_url: As configured, never rebuilt from Host or X-Forwarded-*: a request signed for another
            installation on the same account would pass.
        path_and_query: Raw, as it stands in the request line.
        form: The decoded pairs in order, untrimmed.
        signature: `X-Twilio-Signature`.
        settings: `X-Twilio-Webhooks-Signature-Settings`.

    A forged request can make the vendor's validator raise; that is a refusal like any other.
    """
    if not signature or not signature.isascii():
        return False
    url = public_url.rstrip("/") + path_and_query
    try:
        algorithm = get_signature_algorithm(settings)
        return bool(RequestValidator(auth_token).validate(url, _Pairs(form), signature, algorithm))
    except (ValueError, TypeError, AttributeError, KeyError, UnicodeError, OverflowError):
        return False


class InboundText(msgspec.Struct, frozen=True, kw_only=True):
    """A text somebody sent to our number. `sid` names it, however often it is posted."""

    sid: str
    sender: str
    body: str


class InboundCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call that was answered, or a key pressed in it.

    Attributes:
        sid: The call's name.
        person: The number that was called.
        page_id: The page it carries.
        round: Which time the page is spoken, from 1.
        digits: The key, empty on silence.
        machine: Twilio heard a voice mail or a fax.
    """

    sid: str
    person: str
    page_id: str
    round: int = 1
    digits: str = ""
    machine: bool = False


class StatusReport(msgspec.Struct, frozen=True, kw_only=True):
    """How a text or call went on. `outcome` is None while nothing is decided."""

    sid: str
    page_id: str
    status: str
    outcome: Outcome | None


def read_text(form: Form) -> InboundText | None:
    """The text, or None if the request is not about one."""
    values = dict(form)
    sid = values.get("MessageSid") or values.get("SmsMessageSid") or values.get("SmsSid", "")
    sender = values.get("From", "")
    return InboundText(sid=sid, sender=sender, body=values.get("Body", "")) if sid and sender else None


def read_call(form: Form, query: Mapping[str, str]) -> InboundCall | None:
    """The call, or None if the request is not about one of ours."""
    values = dict(form)
    sid, page_id = values.get("CallSid", ""), query.get("page", "")
    if not sid or not page_id:
        return None
    round_ = query.get("round", "1")
    sane = round_.isdecimal() and round_.isascii() and len(round_) < 4
    outbound = values.get("Direction", "outbound-api").startswith("outbound")
    return InboundCall(
        sid=sid,
        person=values.get("To" if outbound else "From", ""),
        page_id=page_id,
        round=max(int(round_), 1) if sane else 1,
        digits=values.get("Digits", ""),
        machine=values.get("AnsweredBy", "").startswith(("machine", "fax")),
    )


def read_status(form: Form, query: Mapping[str, str]) -> StatusReport | None:
    """A status report, or None if the request is none."""
    values = dict(form)
    is_call = "CallSid" in values
    sid = values.get("CallSid") or values.get("MessageSid") or values.get("SmsSid", "")
    status = values.get("CallStatus" if is_call else "MessageStatus") or values.get("SmsStatus", "")
    if not sid or not status:
        return None
    outcome = _outcome(_CALL if is_call else _TEXT, status, values.get("ErrorCode", ""), sid)
    return StatusReport(sid=sid, page_id=query.get("page", ""), status=status, outcome=outcome)


_TEXT: Mapping[str, OutcomeKind] = {
    "accepted": OutcomeKind.ACCEPTED,
    "scheduled": OutcomeKind.ACCEPTED,
    "queued": OutcomeKind.ACCEPTED,
    "sending": OutcomeKind.ACCEPTED,
    "sent": OutcomeKind.ACCEPTED,
    "delivered": OutcomeKind.DELIVERED,
    "read": OutcomeKind.DELIVERED,
    "undelivered": OutcomeKind.UNREACHABLE,
    "failed": OutcomeKind.UNREACHABLE,
    "canceled": OutcomeKind.UNREACHABLE,
}
#: "completed" counts voice mail too: the line was taken, nothing more.
_CALL: Mapping[str, OutcomeKind] = {
    "queued": OutcomeKind.ACCEPTED,
    "initiated": OutcomeKind.ACCEPTED,
    "ringing": OutcomeKind.ACCEPTED,
    "in-progress": OutcomeKind.DELIVERED,
    "answered": OutcomeKind.DELIVERED,
    "completed": OutcomeKind.DELIVERED,
    "busy": OutcomeKind.UNREACHABLE,
    "no-answer": OutcomeKind.UNREACHABLE,
    "failed": OutcomeKind.UNREACHABLE,
    "canceled": OutcomeKind.UNREACHABLE,
}


def text_outcome(status: str, error: str, sid: str) -> Outcome | None:
    """What a text's status means; None for one that decides nothing."""
    return _outcome(_TEXT, status, error, sid)


def _outcome(kinds: Mapping[str, OutcomeKind], status: str, error: str, sid: str) -> Outcome | None:
    kind = kinds.get(status)
    if kind is None:
        return None
    if kind is OutcomeKind.UNREACHABLE and error.isdecimal() and error.isascii() and len(error) < 8 and int(error):
        return by_code(int(error), 400, provider_id=sid)
    return Outcome(kind=kind, code=status, detail=f"Twilio reports: {status}", provider_id=sid)
