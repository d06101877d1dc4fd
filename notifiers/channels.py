"""The channels: one line each. A new one is one file and one line here."""

from __future__ import annotations

from notifiers import email, last_resort, ntfy, pagerduty, phone, pushover, slack, sms, snpp, voice, webhook
from notifiers.channel import Channel

CHANNELS: tuple[Channel, ...] = (
    slack.CHANNEL,
    sms.CHANNEL,
    voice.CHANNEL,
    phone.TEXTS,
    phone.CALLS,
    email.CHANNEL,
    pushover.CHANNEL,
    ntfy.CHANNEL,
    pagerduty.CHANNEL,
    snpp.CHANNEL,
    webhook.CHANNEL,
    last_resort.CHANNEL,
)

BY_NAME = {channel.name: channel for channel in CHANNELS}
