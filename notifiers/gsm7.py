"""How much text fits into a text message: the GSM 7-bit alphabet and its segments (3GPP TS 23.038)."""

from __future__ import annotations

import unicodedata
from math import ceil

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Each costs an escape and itself.
_EXTENDED = frozenset("^{}\\[~]|€")
_ALPHABET = _BASIC | _EXTENDED

_TRANSLATION = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "‚": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "–": "-",
        "—": "-",
        "−": "-",
        "…": "...",
        "•": "*",
        "·": "*",
        "→": "->",
        "←": "<-",
        "×": "x",
        "°": " deg",
        "µ": "u",
        "`": "'",
        "\t": " ",
        "\u00a0": " ",
        "\u202f": " ",
    }
)

#: Above this share of foreign letters the text is kept as it is: question marks would say nothing.
_LEGIBLE = 0.25


def transliterate(text: str) -> str:
    """The text in the GSM alphabet where that stays legible, else unchanged (it is then sent as UCS-2).

    Typographic characters become plain ones, accents outside the alphabet are dropped, single symbols such as
    emoji become "?". Control characters are removed.
    """
    translated = text.translate(_TRANSLATION)
    if _ALPHABET.issuperset(translated):
        return translated
    plain: list[str] = []
    lost = 0
    for character in translated:
        if character in _ALPHABET:
            plain.append(character)
            continue
        if unicodedata.category(character) in {"Cc", "Cf", "Mn", "Cs"}:
            continue
        base = unicodedata.normalize("NFKD", character)
        kept = "".join(part for part in base if part in _ALPHABET)
        plain.append(kept or "?")
        lost += not kept
    if lost > _LEGIBLE * len(text):
        return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"})
    return "".join(plain)


def is_gsm7(text: str) -> bool:
    """True if every character exists in the GSM alphabet."""
    return _ALPHABET.issuperset(text)


def segments(text: str) -> int:
    """How many messages a carrier bills: 160 characters in one, 153 in each of several; 70 and 67 as UCS-2."""
    if is_gsm7(text):
        length = len(text) + sum(map(text.count, _EXTENDED))
        single, part = 160, 153
    else:
        length = len(text.encode("utf-16-be")) // 2
        single, part = 70, 67
    return 1 if length <= single else ceil(length / part)


def cut(text: str, at_most: int) -> str:
    """The text, cut with "..." to at most that many segments."""
    if segments(text) <= at_most:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if segments(text[:middle].rstrip() + "...") <= at_most:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "..."
