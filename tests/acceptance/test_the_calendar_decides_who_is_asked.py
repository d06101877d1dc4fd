from __future__ import annotations

from tests.acceptance.story import Story, alert, body


async def test_at_the_instant_of_the_handoff_the_next_person_is_asked(story: Story) -> None:
    await story.at("11:59:59").receive(body(alert("DiskFull", team="platform")))
    await story.expect_text("alice")
    await story.at("12:00").receive(body(alert("CertificateExpired", team="platform")))
    await story.expect_text("bob")
    story.forget_messages()
