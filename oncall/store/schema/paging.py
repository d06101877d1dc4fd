"""Pages, deliveries, replies and the built-in phone."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text

from oncall.store.schema.base import metadata, where
from oncall.store.types import Id, Instant, Json

#: Asking (or telling) one person through one contact method.
page = Table(
    "page",
    metadata,
    Column("id", Text, primary_key=True),
    Column("incident_id", Id, ForeignKey("incident.id", ondelete="CASCADE")),
    Column("team", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("important", Boolean, nullable=False),
    Column("step", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("planned_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", Instant),
    Column("leased_by", Text),
    Column("leased_until", Instant),
    #: The page whose message carried this one too.
    Column("bundled_into", Text),
    #: When it was first due, where a limit holds it back.
    Column("held_since", Instant),
    Column("detail", Text, nullable=False),
    Index("ix_page_due", "due_at", **where("status in ('planned', 'sending')")),
    Index("ix_page_incident_id", "incident_id"),
    Index("ix_page_address_sent", "channel", "address", "sent_at"),
    Index("ix_page_person_sent", "person", "sent_at"),
    Index("ix_page_team_sent", "team", "sent_at"),
    Index("ix_page_failed", "person", **where("status = 'failed'")),
)

#: One attempt to carry a page through a provider.
delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True),
    Column("page_id", Text, ForeignKey("page.id", ondelete="CASCADE"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("outcome", Text, nullable=False),
    Column("provider_id", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False),
    #: What helps to find the message at the provider where its answer was lost.
    Column("trace", Text),
    Index("ix_delivery_page_id", "page_id"),
    Index("ix_delivery_provider_id", "channel", "provider_id"),
    Index("ix_delivery_started_at", "started_at"),
)

#: What a provider reported of a message before the attempt was recorded; taken in with the record, gone with the page.
early_report = Table(
    "early_report",
    metadata,
    Column("id", Id, primary_key=True),
    Column("page_id", Text, ForeignKey("page.id", ondelete="CASCADE"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("provider_id", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_early_report_page_id", "page_id"),
)

#: The short number that names an incident to one address, while the incident is open.
reply_code = Table(
    "reply_code",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("code", Integer, primary_key=True),
    Column("incident_id", Id, nullable=False),
    Column("given_at", Instant, nullable=False),
    Index("ix_reply_code_incident_id", "incident_id"),
)

#: Replies that took effect, by the provider's id for them, so that none does twice.
reply = Table(
    "reply",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Index("ix_reply_at", "at"),
)

#: What is known about an address beyond what the files say.
contact = Table(
    "contact",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    #: The person wrote STOP.
    Column("stopped_at", Instant),
    #: Why the last attempt was refused for good, and when.
    Column("fault", Text, nullable=False),
    Column("fault_at", Instant),
    #: A human act came back from it: a code, a reply, a key, a click.
    Column("answered_at", Instant),
    Column("verified_at", Instant),
    Column("code_digest", Text, nullable=False),
    Column("code_expires_at", Instant),
    Column("code_tries", Integer, nullable=False),
)

#: The built-in phone: what it was sent, and what was answered.
phone_message = Table(
    "phone_message",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("inbound", Boolean, nullable=False),
    Column("text", Text, nullable=False),
    Column("page_id", Text, nullable=False),
    Column("incident_id", Id),
    Column("answered_at", Instant),
    Index("ix_phone_message_person", "person", "id"),
)

#: What a person says about the contact methods their file gives them: the order, and which to leave out.
contact_preference = Table(
    "contact_preference",
    metadata,
    Column("person", Text, primary_key=True),
    Column("order", Json, nullable=False),
    Column("left_out", Json, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
