"""What cannot be used as it was sent, said to people. The decoder's own sentences are for programs."""

from __future__ import annotations

import re

import msgspec

from oncall.errors import Invalid

#: The decoder's sentence, and what people read; `{0}` is the field, what follows are the groups.
_WORDS: tuple[tuple[str, str], ...] = (
    (r"Object missing required field `(\w+)`", "{1} is missing"),
    (r"Object contains unknown field `(.+)`", "there is no field {1}"),
    (r"Expected `str` of length <= (\d+)", "{0} is too long: it may have {1} characters"),
    (r"Expected `str` of length >= \d+", "{0} is empty"),
    (r"Expected `array` of length >= (\d+)", "{0}: choose at least {1}"),
    (r"Expected `array` of length <= (\d+)", "{0}: choose at most {1}"),
    (r"Expected `int` >= (-?\d+)", "{0} is at least {1}"),
    (r"Expected `int` <= (-?\d+)", "{0} is at most {1}"),
    (r"Expected `int(?: \| null)?`, got .*", "{0} is a whole number"),
    (r"Expected `bool(?: \| null)?`, got .*", "{0} is true or false"),
    (r"Invalid enum value '(.*)'", "{0} cannot be {1}"),
    (r"Invalid RFC3339 encoded (date|datetime|time)", "{0} is no {1}"),
    (r"Expected `str` matching regex .*", "{0} is not of the right form"),
)
_PATH = re.compile(r" - at `([^`]*)`$")


def misfit(error: msgspec.ValidationError, mend: str, *, root: str = "$") -> Invalid:
    """The decoder's complaint as an error for people, with the path of the field that is wrong."""
    text = str(error)
    found = _PATH.search(text)
    what, path = _PATH.sub("", text), found[1] if found else "$"
    for pattern, words in _WORDS:
        if said := re.fullmatch(pattern, what, re.DOTALL):
            name = re.sub(r"[$.\[\d\]]+", " ", path).strip().rsplit(" ", 1)[-1].replace("_", " ")
            if path == "$" and words.startswith("{1} is"):
                path = f"$.{said[1]}"
            what = words.format(name or "it", *(group.replace("_", " ")[:100] for group in said.groups()))
            break
    return Invalid(what, mend, path.replace("$", root, 1))
