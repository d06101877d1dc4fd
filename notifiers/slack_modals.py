"""Modals: reassign, note, cover. What they are about travels in `private_metadata`. Pure."""

from __future__ import annotations

import msgspec

from notifiers.phrases import Say
from notifiers.slack_blocks import Block, ButtonValue, plain
from notifiers.slack_messages import NOTE, REASSIGN

COVER = "shift.cover"
#: Block and element ids of the inputs.
PERSON, TEXT, HOURS = "person", "text", "hours"


def reassign(incident: int, say: Say) -> Block:
    """Ask whom to give an incident to."""
    chooser = {"type": "users_select", "action_id": PERSON}
    inputs = [_input(PERSON, say("modal_reassign_to"), chooser)]
    return _modal(REASSIGN, say("modal_reassign", number=incident), inputs, say, incident)


def note(incident: int, say: Say) -> Block:
    """Ask for a line of the timeline."""
    box = {"type": "plain_text_input", "action_id": TEXT, "multiline": True, "max_length": 3000}
    return _modal(NOTE, say("modal_note", number=incident), [_input(TEXT, say("modal_note_text"), box)], say, incident)


def cover(say: Say) -> Block:
    """Ask for how long somebody else should take over."""
    hours = {"type": "plain_text_input", "action_id": HOURS, "max_length": 3, "initial_value": "2"}
    why = {"type": "plain_text_input", "action_id": TEXT, "max_length": 300}
    inputs = [
        _input(HOURS, say("modal_cover_hours"), hours),
        _input(TEXT, say("modal_cover_note"), why, optional=True),
    ]
    return _modal(COVER, say("modal_cover"), inputs, say, None)


def _input(block_id: str, label: str, element: Block, *, optional: bool = False) -> Block:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, 2000),
        "element": element,
        "optional": optional,
    }


def _modal(callback: str, title: str, blocks: list[Block], say: Say, incident: int | None) -> Block:
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title, 24),
        "submit": plain(say("button_save"), 24),
        "close": plain(say("button_cancel"), 24),
        "private_metadata": msgspec.json.encode(ButtonValue(incident=incident)).decode(),
        "blocks": blocks,
    }
