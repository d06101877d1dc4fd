from __future__ import annotations

import re

import pytest

from oncall.incident import EntryKind
from oncall.web.runs import fold
from tests.oncall.web.conftest import firing, timeline_item


async def status_of(engine, number: int) -> str:
    from oncall.store import incidents

    async with engine.database.read() as tx:
        return (await incidents.get(tx, [number]))[number].status.value


async def test_an_incident_says_in_a_sentence_what_fires_whose_it_is_and_who_was_asked(sign_in, happens):
    number = await happens.receive(firing(pod="checkout-1"), firing(pod="checkout-2"))
    text = re.sub(r"<[^>]+>|\s+", " ", await (await sign_in("ana")).text(f"/incidents/{number}"))
    text = re.sub(r" +", " ", text)
    assert "All 2 alerts fire for checkout" in text
    assert "Ana Ruiz was asked for Payments, and nobody has answered yet" in text
    assert "Payments because: " in text
    assert "Together because all are one kind: CheckoutDown of checkout" in text


async def test_the_big_button_acknowledges_without_any_script(sign_in, happens, engine):
    number = await happens.receive(firing())
    ana = await sign_in("ana")
    response = await ana.send(f"/incidents/{number}/acknowledge", on=f"/incidents/{number}")
    assert response.status == 303
    assert response.headers["Location"] == f"/incidents/{number}"
    assert await status_of(engine, number) == "acknowledged"
    assert "Ana Ruiz of Payments has it" in await ana.text(f"/incidents/{number}")


async def test_whoever_comes_second_reads_who_was_first(sign_in, happens):
    number = await happens.receive(firing())
    ana, ben = await sign_in("ana"), await sign_in("ben")
    await ana.send(f"/incidents/{number}/acknowledge", on=f"/incidents/{number}")
    response = await ben.send(f"/incidents/{number}/acknowledge", on=f"/incidents/{number}")
    assert response.status == 409
    assert "Already acknowledged by Ana Ruiz at 09:00 GMT." in await response.text()


@pytest.mark.parametrize(
    ("verb", "fields", "line"),
    [
        ("escalate", {}, "escalated"),
        ("snooze", {"minutes": "30"}, "Ana Ruiz snoozed until <time"),
        ("reassign", {"person": "ben"}, "Ana Ruiz reassigned to Ben Okafor"),
        ("involve", {"team": "platform"}, "Ana Ruiz brought in Platform"),
        ("note", {"text": "the queue is *full*"}, "the queue is <em>full</em>"),
        ("resolve", {"why": "rolled back"}, "rolled back"),
    ],
)
async def test_every_verb_is_a_form(sign_in, happens, verb, fields, line):
    number = await happens.receive(firing())
    ana = await sign_in("ana")
    response = await ana.send(f"/incidents/{number}/{verb}", on=f"/incidents/{number}", **fields)
    assert response.status == 303, await response.text()
    assert line in await ana.text(f"/incidents/{number}")


async def test_alerts_can_be_split_off_and_put_together_again(sign_in, happens):
    number = await happens.receive(firing(pod="checkout-1"), firing(pod="checkout-2"))
    ana = await sign_in("ana")
    page = await ana.text(f"/incidents/{number}")
    first = re.findall(r'name="alerts" value="(\d+)"', page)[0]
    response = await ana.send(f"/incidents/{number}/split", on=f"/incidents/{number}", alerts=[first])
    part = response.headers["Location"]
    assert part != f"/incidents/{number}"
    response = await ana.send(f"{part}/merge", on=part, into=str(number))
    assert response.headers["Location"] == f"/incidents/{number}"
    assert "merged into" in await ana.text(part)


async def test_a_wrong_field_is_said_above_the_incident(sign_in, happens):
    number = await happens.receive(firing())
    ana = await sign_in("ana")
    response = await ana.send(f"/incidents/{number}/snooze", on=f"/incidents/{number}", minutes="soon")
    assert response.status == 400
    assert 'role="alert"' in await response.text()


async def test_a_viewer_sees_everything_and_is_offered_nothing(sign_in, happens, engine):
    number = await happens.receive(firing())
    vic = await sign_in("vic")
    page = await vic.text(f"/incidents/{number}")
    assert "CheckoutDown" in page
    assert "<form" not in page
    response = await vic.send(f"/incidents/{number}/acknowledge", on="/account")
    assert response.status == 403
    assert await status_of(engine, number) == "triggered"


async def test_the_list_shows_what_is_open_and_filters(sign_in, happens):
    number = await happens.receive(firing())
    ana = await sign_in("ana")
    assert f'href="/incidents/{number}"' in await ana.text("/incidents")
    assert f'href="/incidents/{number}"' in await ana.text("/incidents?status=triggered&team=payments")
    assert f'href="/incidents/{number}"' not in await ana.text("/incidents?status=resolved")
    assert f'href="/incidents/{number}"' not in await ana.text("/incidents?status=all&team=platform")
    assert (await ana.get("/incidents?status=burning")).status == 400


async def test_now_offers_the_one_thing_to_do(sign_in, happens):
    ana = await sign_in("ana")
    assert "Nobody is asking you" in await ana.text("/")
    number = await happens.receive(firing())
    page = await ana.text("/")
    assert f'action="/incidents/{number}/acknowledge"' in page
    assert "You are on call" in page


async def test_a_pasted_log_does_not_bury_the_incident_and_is_a_link_away(sign_in, happens):
    number = await happens.receive(firing())
    ana = await sign_in("ana")
    log = "\n".join(f"line {at}: connection refused" for at in range(500))
    await ana.send(f"/incidents/{number}/note", on=f"/incidents/{number}", text=log)
    page = await ana.text(f"/incidents/{number}")
    assert "line 0:" in page
    assert "line 499:" not in page
    whole = re.search(r'href="(/incidents/\d+/timeline\?cursor=\d+)#(line-\d+)">The whole note', page)
    view = await ana.text(whole[1])
    assert f'id="{whole[2]}"' in view
    assert "line 499:" in view


async def test_the_phone_shows_the_page_and_takes_the_answer(sign_in, happens, engine):
    number = await happens.receive(firing())
    ana = await sign_in("ana")
    response = await ana.get("/phone")
    assert response.headers["Location"] == "/phone/ana"
    assert "CheckoutDown" in await ana.text("/phone/ana")
    response = await ana.send("/phone/ana", on="/phone/ana", text="ack")
    assert response.status == 303
    assert await status_of(engine, number) == "acknowledged"
    assert "acknowledged" in await ana.text("/phone/ana")


async def test_nobody_but_an_admin_sees_another_phone(sign_in):
    assert (await (await sign_in("ben")).get("/phone/ana")).status == 403
    dee = await sign_in("dee")
    assert 'href="/phone/ana"' in await dee.text("/phone")
    assert (await dee.get("/phone/ana")).status == 200
    assert (await dee.get("/phone/nobody")).status == 404


async def test_an_empty_reply_is_answered_with_what_to_do(sign_in):
    ana = await sign_in("ana")
    response = await ana.send("/phone/ana", on="/phone/ana", text="  ")
    assert response.status == 400
    assert "Write something" in await response.text()


async def test_who_is_on_call_shows_people_gaps_and_the_age_of_calendars(sign_in, happens):
    page = await (await sign_in("ana")).text("/on-call")
    assert "Ana Ruiz" in page
    assert "<strong>Nobody.</strong>" in page


async def test_the_link_of_a_page_acknowledges_without_signing_in_and_looking_does_not(client, happens, engine):
    number = await happens.receive(firing())
    async with engine.database.read() as tx:
        page = (await tx.exec_driver_sql("select id from page where person = 'ana' and status = 'sent'")).scalar()
    for _ in range(2):
        text = await (await client.get(f"/answer/{page}")).text()
        assert "Acknowledge as Ana Ruiz" in text
    assert await status_of(engine, number) == "triggered"
    token = re.findall(r'name="form_token" value="([^"]+)"', text)[0]
    response = await client.post(f"/answer/{page}", data={"form_token": token}, allow_redirects=False)
    assert response.status == 303
    assert await status_of(engine, number) == "acknowledged"
    response = await client.post(f"/answer/{page}", data={"form_token": token}, allow_redirects=False)
    assert response.status == 409


async def test_a_made_up_page_is_not_found(client):
    assert (await client.get("/answer/0123456789abcdef")).status == 404


async def test_reload_needs_an_admin(client, token):
    for person, status in (("ana", 403), ("dee", 200)):
        secret = (await token(person)).reveal()
        response = await client.post("/-/reload", headers={"Authorization": f"Bearer {secret}"})
        assert response.status == status, await response.text()


def test_a_storm_is_folded_and_what_people_did_is_not():
    storm = [timeline_item(n, EntryKind.ALERT) for n in range(9, 3, -1)]
    notes = [timeline_item(n, EntryKind.NOTE) for n in range(3, -1, -1)]
    runs = fold([*storm, *notes])
    assert [(len(run.shown), len(run.more)) for run in runs] == [(2, 4)] + [(1, 0)] * 4


async def test_the_facts_of_who_asks_bring_their_dots_by_style_so_that_no_line_ends_in_one(sign_in, happens):
    number = await happens.receive(firing())
    page = await (await sign_in("ana")).text("/")
    state = page.split('class="card summary"')[1].split("<h1")[0]
    assert f'<span class="dots"><span>#{number}</span><span>payments</span><span>' in state
    assert "·" not in state
