"""What we answer Twilio with: TwiML documents for calls and texts. Every loop is bounded.

On silence `<Gather>` does not call its action but runs the next verb, so a redirect that counts follows it; without
an action it would post to the same document for ever.
"""

from __future__ import annotations

from urllib.parse import urlencode

from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import VoiceResponse

from notifiers.message import Message
from notifiers.wording import Wording

#: How often a page is spoken in one call, repeats and wrong keys included.
MOST_ROUNDS = 4
GATHER_SECONDS = 8
_VOICES = {"en": "en-US", "de": "de-DE"}


def page(message: Message, wording: Wording, public_url: str, round_: int) -> str:
    """Speak the page and ask for a key; after `MOST_ROUNDS` say that nobody acknowledged, and hang up."""
    answer = VoiceResponse()
    language = _voice(message.language)
    keys = wording.spoken_keys(message)
    if round_ > MOST_ROUNDS:
        answer.say(wording.phrases.say(message.language, "spoken_unanswered"), language=language)
        answer.hangup()
        return str(answer)
    if not keys:
        answer.say(wording.spoken(message), language=language)
        answer.hangup()
        return str(answer)
    gather = answer.gather(
        input="dtmf",
        num_digits=1,
        finish_on_key="",
        timeout=GATHER_SECONDS,
        action=_door("gather", public_url, message.page_id, round_),
        method="POST",
    )
    gather.say(f"{wording.spoken(message)} {keys}", language=language)
    answer.redirect(_door("voice", public_url, message.page_id, round_ + 1), method="POST")
    return str(answer)


def wrong_key(message: Message, wording: Wording, public_url: str, round_: int) -> str:
    """Say that the key means nothing, and ask again; the rounds count on."""
    answer = VoiceResponse()
    answer.say(wording.phrases.say(message.language, "spoken_wrong_key"), language=_voice(message.language))
    answer.redirect(_door("voice", public_url, message.page_id, round_ + 1), method="POST")
    return str(answer)


def repeat(message: Message, public_url: str, round_: int) -> str:
    """Start over; the rounds count on."""
    answer = VoiceResponse()
    answer.redirect(_door("voice", public_url, message.page_id, round_ + 1), method="POST")
    return str(answer)


def goodbye(text: str, language: str = "en") -> str:
    """Say one thing and hang up."""
    answer = VoiceResponse()
    answer.say(_sayable(text), language=_voice(language))
    answer.hangup()
    return str(answer)


def text(words: str | None) -> str:
    """Answer a text with a text, or with nothing."""
    answer = MessagingResponse()
    if words:
        answer.message(_sayable(words))
    return str(answer)


def _door(door: str, public_url: str, page_id: str, round_: int) -> str:
    """In full, for the address signatures are made for."""
    return f"{public_url.rstrip('/')}/webhooks/twilio/{door}?{urlencode({'page': page_id, 'round': round_})}"


def _sayable(words: str) -> str:
    """Without characters that XML cannot carry."""
    return "".join(character for character in words if character.isprintable() or character == "\n")


def _voice(language: str) -> str:
    return _VOICES.get(language.split("-", maxsplit=1)[0].lower(), "en-US")
