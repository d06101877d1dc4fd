"""Longer stories of responders, teams, managers and operators, on a phone in the dark as much as on a desk."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, expect

from oncall.incident import Actor, Via
from oncall.services import incidents
from oncall.services.people import access
from oncall.services.practice import drills, game_days
from tests.oncall.web.browser.conftest import DESK
from tests.oncall.web.conftest import firing

pytestmark = pytest.mark.browser

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db0"
    "0000000049454e44ae426082"
)


async def fold_out(page: Page, words: str) -> None:
    await page.locator("summary").filter(has_text=words).click()


async def clean(person) -> None:
    """Nothing on this view keeps anybody out, with everything folded out."""
    await person.page.evaluate("document.querySelectorAll('details').forEach((e) => (e.open = true))")
    assert [*await person.accessible(), *await person.axe()] == []


async def test_a_responder_keeps_the_record_and_sets_right_what_grouping_did(enter, happens, engine):
    """A note with a picture, alerts split off, two troubles made one, said to be related: on a phone in the dark."""
    number = await happens.receive(firing(pod="checkout-1"), firing("CardsDeclined", pod="cards-1"), group="a")
    ana = await enter("ana", color_scheme="dark")
    page = ana.page
    await ana.go(f"/incidents/{number}")
    await page.get_by_label("Note").fill("Looks like **the bank**: https://status.bank.example/now")
    await page.get_by_role("button", name="Add the note").click()
    await expect(page.locator("#timeline strong")).to_have_text("the bank")
    await expect(page.locator("#timeline").get_by_role("link", name="https://status.bank.example/now")).to_be_visible()
    await fold_out(page, "Attach an image")
    await page.get_by_label("File").set_input_files({"name": "graph.png", "mimeType": "image/png", "buffer": PNG})
    await page.get_by_label("What it shows").fill("Errors since nine")
    await page.get_by_role("button", name="Attach it").click()
    picture = page.locator("#timeline img")
    await expect(picture).to_have_attribute("alt", "graph.png")
    assert await picture.evaluate("(image) => image.complete && image.naturalWidth === 1")
    await fold_out(page, "Do they belong together?")
    await page.locator("#together").get_by_label(re.compile("CardsDeclined")).check()
    await page.get_by_role("button", name="They belong here").click()
    await expect(page.locator("#timeline")).to_contain_text("says that this belongs here")
    await fold_out(page, "Some alerts are another trouble")
    await page.get_by_role("group", name="These are not related").get_by_label(re.compile("CardsDeclined")).check()
    await page.get_by_role("button", name="Split off").click()
    await page.wait_for_url(lambda url: not url.endswith(f"/incidents/{number}"))
    await expect(page.get_by_role("heading", level=1)).to_contain_text("CardsDeclined")
    await fold_out(page, "Same trouble as another one")
    await page.get_by_label("Goes on as").select_option(str(number))
    await page.get_by_role("button", name="Merge").click()
    await page.wait_for_url(re.compile(rf"/incidents/{number}$"))
    await expect(page.locator("#timeline")).to_contain_text("merged")
    await clean(ana)


async def test_whose_team_has_it_sees_who_is_still_waited_for(enter, happens, engine):
    await happens.on_call("platform/primary", "dee")
    number = await happens.receive(firing())
    await incidents.involve(engine, number, by=Actor("kim", Via.WEB), team="platform")
    await happens.settle()
    ana = await enter("ana", color_scheme="dark")
    page = ana.page
    await ana.go(f"/incidents/{number}")
    await page.get_by_role("button", name="Acknowledge for Payments").click()
    await expect(page.get_by_text("Your team has it.")).to_be_visible()
    await expect(page.get_by_role("button", name=re.compile("^Acknowledge"))).to_have_count(0)
    await clean(ana)
    # Dee answers by text; Ana sees it without a reload.
    await incidents.acknowledge(engine, number, by=Actor("dee", Via.SMS))
    await expect(page.locator("#summary")).to_contain_text("Dee Tanaka of Platform has it")


async def test_a_draft_of_a_review_is_edited_followed_up_and_taken_along(enter, happens, engine):
    number = await happens.receive(firing())
    await incidents.resolve(engine, number, by=Actor("ana", Via.SMS), why="rolled back")
    ana = await enter("ana", color_scheme="dark")
    page = ana.page
    await ana.go(f"/incidents/{number}")
    await page.get_by_role("link", name="Review", exact=True).click()
    await page.get_by_role("button", name="Draft it").click()
    await page.get_by_role("link", name="Edit").click()
    await page.get_by_label("Contributing factors").fill("No canary")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("article")).to_contain_text("No canary")
    await page.get_by_label("What is to be done").fill("Roll out to one pod first")
    await page.locator("#who").select_option("ben")
    await page.get_by_role("button", name="Add it").click()
    await expect(page.locator("#actions")).to_contain_text("Ben Okafor")
    await clean(ana)
    await ana.go(f"/incidents/{number}/review")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Markdown").click()
    assert (await download.value).suggested_filename == f"review-{number}.md"
    await ana.go("/actions")
    await page.get_by_role("button", name=re.compile("^Done")).click()
    await expect(page.get_by_text("Nothing is waiting")).to_be_visible()


async def test_a_shift_is_given_to_somebody_else_and_back(enter, happens, engine, clock):
    ana = await enter("ana", color_scheme="dark")
    page = ana.page
    await ana.go("/rotations/payments/primary")
    await fold_out(page, "Put somebody on call")
    await page.get_by_label("Who", exact=True).select_option("cai")
    await page.get_by_label(re.compile("^From")).first.fill("2026-01-07T08:00")
    await page.locator("#override-to").fill("2026-01-06T08:00")
    await page.get_by_role("button", name="Put on call").click()
    # The end lies before the begin: it is said, and what was filled in is still there.
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.locator("#override-from")).to_have_value("2026-01-07T08:00")
    await expect(page.locator("#override-person")).to_have_value("cai")
    await page.locator("#override-to").fill("2026-01-08T08:00")
    await page.get_by_role("button", name="Put on call").click()
    revoke = page.get_by_role("button", name=re.compile("^Revoke"))
    await expect(revoke).to_have_count(1)
    await clean(ana)
    await ana.go("/rotations/payments/primary")
    await revoke.click()
    await expect(page.get_by_text("None. What lasts belongs into the calendar")).to_be_visible()
    ana.complaints = [c for c in ana.complaints if "400" not in c]  # the browser notes the refused form


async def test_a_game_day_is_planned_watched_and_ended(enter, happens, engine, clock):
    ana = await enter("ana", color_scheme="dark")
    page = ana.page
    await ana.go("/drills")
    await page.get_by_role("link", name="Plan one").click()
    await page.get_by_label("What is it called?").fill("The database goes away")
    first = page.get_by_role("group", name="Drill 1")
    await first.get_by_label("Team", exact=True).select_option("payments")
    await first.get_by_label("What it is said to be about").fill("Checkout is slow")
    await page.get_by_role("button", name="Plan it").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("The database goes away")
    day = urlsplit(page.url).path
    await game_days.begin_due(engine)
    await happens.settle()
    await page.reload()
    await page.get_by_role("link", name=re.compile("^#")).click()
    await expect(page.locator("#summary")).to_contain_text("DRILL")
    clock.move(timedelta(seconds=40))
    await page.get_by_role("button", name="Acknowledge").click()
    await expect(page.locator("#summary")).to_contain_text("Ana Ruiz of Payments has it")
    await ana.go(day)
    await expect(page.locator("#day")).to_contain_text("Ana Ruiz")
    await fold_out(page, "End it now")
    await page.get_by_label("Why").fill("a real incident came in")
    await page.get_by_role("button", name="End it").click()
    await expect(page.locator("#day")).to_contain_text("a real incident came in")
    await clean(ana)
    await ana.go("/game-days")
    await expect(page.get_by_role("link", name=re.compile("The database goes away"))).to_be_visible()
    await clean(ana)


async def test_a_token_is_made_once_and_ended_and_so_is_another_device(enter, engine):
    elsewhere = await enter("ana", DESK)
    ana = await enter("ana", color_scheme="dark")
    page = ana.page
    await ana.go("/account")
    await fold_out(page, "New token")
    await page.get_by_label("What it is for").fill("the pipeline")
    await page.get_by_role("button", name="Make it").click()
    secret = await page.locator("code").inner_text()
    assert (await access.caller_of_token(engine, secret)).person == "ana"
    await clean(ana)
    await ana.go("/account")
    await expect(page.locator("main")).not_to_contain_text(secret)
    await page.get_by_role("button", name="Revoke the pipeline").click()
    await expect(page.get_by_text("None yet. A token lets a program")).to_be_visible()
    await page.get_by_role("button", name="Sign out there").click()
    await expect(page.get_by_role("heading", name="Other devices")).to_have_count(0)
    await elsewhere.go("/incidents")
    await expect(elsewhere.page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_the_operator_looks_at_providers_and_at_who_changed_what(enter, happens, engine, caller):
    await happens.receive(firing())
    await drills.start(engine, caller("dee"), drills.NewDrill(team="platform"))
    dee = await enter("dee", color_scheme="dark")
    page = dee.page
    await page.get_by_role("link", name="More").click()
    await page.get_by_role("link", name="Providers").click()
    await expect(page.get_by_role("heading", name="Built-in phone, texts")).to_be_visible()
    await clean(dee)
    await dee.go("/operator/audit")
    await expect(page.get_by_role("row", name=re.compile("start drill"))).to_be_visible()
    await clean(dee)
