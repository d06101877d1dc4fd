"""Take the pictures of docs/screenshots anew: `python tools/screenshots.py [NAME …]`, in about two minutes.

Starts the example company as `oncall demo` does (own engine, stand-ins, two months of past alerts, a database that is
thrown away), plays its outage, answers it as the people would, and looks at the views with Chromium, which is found in
the path or named in CHROMIUM. With names, only those pictures are written; the story is always played whole.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from oncall.cli.demo import EXAMPLE_KEY, OwnEngine, own_engine
from oncall.clock import SystemClock
from oncall.demo.alertmanager import DemoAlertmanager
from oncall.demo.outage import OUTAGE, Beat

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
PHONE: ViewportSize = {"width": 390, "height": 844}
#: As high as a picture of a desk may be; it ends above, where no line of text is cut.
DESK: ViewportSize = {"width": 1280, "height": 900}
#: What a picture may weigh, in bytes.
LIMIT = 150_000
#: The outage is over from here on, in seconds after its beginning.
MENDED = 40.0
#: The administrator who looks around; Chromium says so in the time zone of Europe's middle.
ADMIN, ZONE = "dee", "Europe/Prague"
#: The last place between two lines of text, in pixels from the top.
EDGE = """(limit) => {
  const lines = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
  while (walk.nextNode()) {
    if (!walk.currentNode.textContent.trim()) continue;
    range.selectNodeContents(walk.currentNode);
    lines.push(...range.getClientRects());
  }
  for (const e of document.querySelectorAll("button, .button, .chip, input, select, textarea, .labels li")) {
    lines.push(e.getBoundingClientRect());
  }
  const end = Math.min(limit, Math.ceil(document.querySelector("main").getBoundingClientRect().bottom));
  for (let y = end; y > limit / 2; y--) if (lines.every((r) => r.bottom < y - 12 || r.top > y + 6)) return y;
  return end;
}"""


@dataclass(frozen=True, slots=True)
class Album:
    """Where pictures go, and which are wanted; all if none is named."""

    wanted: frozenset[str]

    async def phone(self, page: Page, name: str, *, dark: bool = False) -> None:
        """What is on a phone's screen."""
        await page.set_viewport_size(PHONE)
        await page.emulate_media(color_scheme="dark" if dark else "light")
        self._keep(name, await page.screenshot())

    async def desk(self, page: Page, name: str) -> None:
        """As much of a view on a desk as is light enough, down to a gap between two lines."""
        await page.set_viewport_size(DESK)
        await page.emulate_media(color_scheme="light")
        picture = b""
        for limit in range(DESK["height"], 400, -100):
            height = await page.evaluate(EDGE, limit)
            picture = await page.screenshot(clip={"x": 0, "y": 0, "width": DESK["width"], "height": height})
            if len(picture) <= LIMIT:
                break
        self._keep(name, picture)

    async def part(self, page: Page, name: str, selector: str) -> None:
        """One card of a view, on a screen so high that nothing scrolls under the bar at the top."""
        await page.set_viewport_size({"width": DESK["width"], "height": 3000})
        await page.emulate_media(color_scheme="light")
        self._keep(name, await page.locator(selector).screenshot())

    def _keep(self, name: str, picture: bytes) -> None:
        if self.wanted and name not in self.wanted:
            return
        if len(picture) > LIMIT:
            raise SystemExit(f"{name} weighs {len(picture):,} bytes, more than {LIMIT:,}: show less of the view")
        (FOLDER / f"{name}.png").write_bytes(picture)
        print(f"{name}.png {len(picture):,} bytes")


async def play(admin: Page, url: str, beats: list[Beat], sender: DemoAlertmanager) -> None:
    """Post some of the outage, a second between two beats."""
    clock, never = SystemClock(), asyncio.Event()
    for beat in beats:
        for body in sender.post(beat.reports, clock.now()):
            answer = await admin.request.post(f"{url}/api/v1/alertmanager/{EXAMPLE_KEY}", data=body)
            if not answer.ok:
                raise SystemExit(f"the engine answered {answer.status}: {await answer.text()}")
        await clock.wait(never, 1.0)


async def enter(browser: Browser, engine: OwnEngine, link: str) -> Page:
    """A page in which the link's person is signed in."""
    context = await browser.new_context(viewport=PHONE, timezone_id=ZONE, reduced_motion="reduce")
    page = await context.new_page()
    page.set_default_timeout(30_000)
    await page.goto(link)
    await page.get_by_role("button", name="Sign in as").click()
    await page.wait_for_url(f"{engine.url}/")
    return page


async def link_for(engine: OwnEngine, person: str) -> str:
    """A one-time link, as an operator makes it at the shell."""
    command = (sys.executable, "-m", "oncall", "sign-in", "--config", str(engine.company), person)
    shell = await asyncio.create_subprocess_exec(
        *command, env={**engine.environment, "ONCALL_PUBLIC_URL": engine.url}, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await shell.communicate()
    return next(word for word in said.decode().split() if word.startswith("http"))


async def story(browser: Browser, engine: OwnEngine, album: Album) -> None:
    """The outage from the first alert to the review."""
    sender, url = DemoAlertmanager(), engine.url
    admin = await enter(browser, engine, engine.sign_in)
    await play(admin, url, [beat for beat in OUTAGE if beat.at < MENDED], sender)
    number, asked = await being_asked(admin, url)
    responder = await enter(browser, engine, await link_for(engine, asked))
    await album.phone(responder, "now-phone")
    await responder.goto(f"{url}/incidents/{number}")
    await album.phone(responder, "incident-phone")
    await album.phone(responder, "incident-dark", dark=True)
    await responder.goto(f"{url}/phone/{asked}")
    await responder.locator(".bubble").first.wait_for()
    await album.phone(responder, "phone")
    await answered(responder, f"{url}/incidents/{number}")
    await album.desk(responder, "incident-desk")
    await album.part(responder, "incident-together", "#together")
    await play(admin, url, [beat for beat in OUTAGE if beat.at >= MENDED], sender)
    await reviewed(responder, f"{url}/incidents/{number}/review")
    await album.desk(responder, "review")
    await responder.goto(f"{url}/contacts")
    await album.phone(responder, "contacts")
    await admin.set_viewport_size(DESK)
    for name, path in DESKS.items():
        await admin.goto(url + path)
        await album.desk(admin, name)


#: Views an administrator looks at when it is over.
DESKS = {
    "insights": "/insights",
    "on-call": "/on-call",
    "operator": "/operator",
    "providers": "/operator/providers",
    "rotation": "/rotations/payments/primary",
    "team": "/teams/payments",
}


async def being_asked(admin: Page, url: str) -> tuple[int, str]:
    """The incident of the outage, and who is asked about it."""
    clock, never = SystemClock(), asyncio.Event()
    for _ in range(60):
        listed = await (await admin.request.get(f"{url}/api/v1/incidents")).json()
        for item in sorted(listed["incidents"], key=lambda one: -one["alerts"]):
            found = await (await admin.request.get(f"{url}/api/v1/incidents/{item['id']}")).json()
            for page in found["pages"]:
                if page["status"] == "sent":
                    return int(item["id"]), str(page["person"])
        await clock.wait(never, 1.0)
    raise SystemExit("nobody was paged within a minute")


async def answered(page: Page, address: str) -> None:
    """Acknowledged, with a note."""
    await page.goto(address)
    await page.get_by_role("button", name="Acknowledge").first.click()
    await page.locator("#timeline").get_by_text("acknowledged").first.wait_for()
    await page.get_by_label("Note").fill(
        "The disk of **postgres-main-0** is full:\n\n- old WAL segments, 41 GB\n- the archive stands still since noon"
    )
    await page.get_by_role("button", name="Add the note").click()
    await page.locator("#timeline strong").wait_for()


async def reviewed(page: Page, address: str) -> None:
    """Drafted from the record, with something to be done."""
    await page.goto(address)
    await page.get_by_role("button", name="Draft it").click()
    await page.get_by_label("What is to be done").fill("Alert when the archive of the database stands still")
    await page.get_by_role("button", name="Add it").click()
    await page.locator(".todo-item").wait_for()
    await page.goto(address)


async def main(names: list[str]) -> None:
    """Start everything, play the story, end everything."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        raise SystemExit("no chromium is installed; name one in CHROMIUM")
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with own_engine(ADMIN, quiet=True) as engine, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        await story(browser, engine, Album(frozenset(names)))
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
