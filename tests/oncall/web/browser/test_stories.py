"""The main stories of the people who use this, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from oncall.incident import Actor, Via
from oncall.services import incidents
from oncall.services.insight import tallying
from tests.oncall.web.browser.conftest import DESK
from tests.oncall.web.conftest import firing

pytestmark = pytest.mark.browser


async def test_a_responder_acknowledges_with_one_thumb_and_sees_what_others_do(enter, happens, engine):
    number = await happens.receive(firing(pod="checkout-1"), firing(pod="checkout-2"))
    ana = await enter("ana")
    page = ana.page
    await expect(page.get_by_role("heading", level=1)).to_contain_text("CheckoutDown on checkout")
    await page.get_by_role("button", name="Acknowledge").click()
    await page.wait_for_url(re.compile(rf"/incidents/{number}$"))
    await expect(page.locator("#summary")).to_contain_text("Ana Ruiz of Payments has it")
    # Somebody else writes something down; it appears by itself, and what Ana is typing stays.
    await page.get_by_label("Note").fill("half a thou")
    await incidents.note(engine, number, by=Actor("ben", Via.SLACK), text="the **card network** is down")
    await expect(page.locator("#timeline")).to_contain_text("the card network is down")
    await expect(page.get_by_label("Note")).to_have_value("half a thou")
    await expect(page.locator("#timeline strong")).to_have_text("card network")


async def test_everything_works_without_scripts(enter, happens):
    number = await happens.receive(firing())
    ana = await enter("ana", java_script_enabled=False)
    page = ana.page
    await ana.go("/phone/ana")
    await expect(page.locator("#thread")).to_contain_text("CheckoutDown")
    await page.get_by_label("Reply").fill("ack")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#thread")).to_contain_text("acknowledged")
    await ana.go(f"/incidents/{number}")
    await page.get_by_text("Snooze").click()
    await page.get_by_role("button", name="30 min").click()
    await expect(page.locator("#timeline")).to_contain_text("Ana Ruiz snoozed until 10:30")
    await page.get_by_role("button", name="Resolve", exact=True).click()
    await expect(page.locator("#summary")).to_contain_text("Ana Ruiz resolved it")


async def test_a_call_on_the_phone_is_answered_by_key(enter, happens, engine, clock):
    from oncall.store import phone
    from oncall.store.phone import PhoneMessage

    number = await happens.receive(firing())
    ana = await enter("ana")
    await ana.go("/phone/ana")
    async with engine.database.write() as tx:
        call = PhoneMessage(
            person="ana", at=clock.now(), kind="call", inbound=False, text="Press 4.", incident_id=number
        )
        await phone.add(tx, call)
    # It rings without a reload.
    keypad = ana.page.get_by_role("form", name="Keypad")
    await keypad.get_by_role("button", name="4 acknowledge").click()
    await expect(ana.page.locator("#thread")).to_contain_text(f"#{number} acknowledged")


async def test_the_keyboard_alone_is_enough(enter, happens):
    number = await happens.receive(firing())
    ana = await enter("ana", DESK)
    await ana.go(f"/incidents/{number}")
    await ana.page.keyboard.press("Tab")
    await expect(ana.page.locator(":focus")).to_have_text("To the content")
    for _ in range(20):
        await ana.page.keyboard.press("Tab")
        if await ana.page.locator(":focus").inner_text() == "Acknowledge":
            break
    await ana.page.keyboard.press("Enter")
    await expect(ana.page.locator("#summary")).to_contain_text("Ana Ruiz of Payments has it")


async def test_a_manager_finds_who_carries_how_much_and_takes_it_along(enter, happens, engine):
    await happens.receive(firing())
    await tallying.keep_up(engine)
    ana = await enter("ana", DESK)
    await ana.page.get_by_role("link", name="More").click()
    await ana.page.get_by_role("link", name="Load and noise").click()
    await ana.page.get_by_role("link", name="Payments").first.click()
    await expect(ana.page.get_by_role("row", name="Ana Ruiz")).to_be_visible()
    async with ana.page.expect_download() as download:
        await ana.page.get_by_role("link", name="people").click()
    assert (await download.value).suggested_filename == "oncall-people.csv"


async def test_the_operator_sees_what_was_refused_and_why(enter, happens, origin):
    dee = await enter("dee", DESK)
    await dee.page.request.post(f"{origin}/api/v1/alertmanager/demo-key-for-trying-out", data='{"version": "3"}')
    await dee.go("/operator")
    await expect(dee.page.get_by_role("heading", name="What to do")).to_be_visible()
    await dee.page.get_by_role("link", name="look").click()
    await dee.page.get_by_text("What was sent").click()
    await expect(dee.page.locator("pre")).to_contain_text('"version": "3"')
