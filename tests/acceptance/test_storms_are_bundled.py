from __future__ import annotations

from tests.acceptance.story import Story, alert, body


async def test_a_storm_of_incidents_costs_few_texts(story: Story) -> None:
    """Seventeen troubles of one team within a minute: the first by itself, the rest in one message."""
    for number in range(17):
        kind = f"Trouble{number}"
        lone = body(alert(kind, team="payments", job=f"job-{number}"), group=kind)
        await story.at(f"09:00:{number:02d}").receive(lone)
    await story.expect_text("carol", saying="Trouble")
    await story.run_until(story.clock.now() + story.stride / 8)
    texts = story.forget_messages("text", "carol")
    assert 1 <= len(texts) <= 3
    assert any(" incidents" in text for text in texts), texts
    open_ones = await story.incidents("triggered")
    for incident in open_ones:
        assert any(page.status == "sent" for page in await story.pages_of(incident.id)), f"#{incident.id} unpaged"
    story.forget_messages()


async def test_one_answer_takes_the_whole_storm(story: Story) -> None:
    for number in range(5):
        lone = body(alert(f"Trouble{number}", team="payments", job=f"job-{number}"), group=str(number))
        await story.at("09:00").receive(lone)
    await story.run_until(story.clock.now() + story.stride / 8)
    await story.reply("carol", "ack all")
    story.forget_messages()
    await story.expect_quiet(lasting="30m")
    assert {i.status for i in await story.incidents()} == {"acknowledged"}
