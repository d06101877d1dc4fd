"""Debian's Chromium on the real application. Each test ends with what a browser would have complained about."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from axe_playwright_python.base import AXE_SCRIPT
from msgspec.structs import replace
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from oncall.engine import Engine
from oncall.services.people import access
from oncall.web.app import create_app

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
#: Only what is wrong comes back. By far the dearest rule, contrast, is one that our own script checks everywhere.
AXE_RUN = """async () => (await axe.run(document, {
  resultTypes: ["violations"], preload: false, rules: {"color-contrast": {enabled: false}}
})).violations.map((one) => `${one.id}: ${one.help} (${one.nodes[0].html.slice(0, 120)})`)"""
#: A machine with much else to do may draw late, and a view that never comes fails all the same.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
ACCESSIBILITY = (Path(__file__).parent / "accessibility.js").read_text()


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        reason = "no chromium is installed; name one in CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        await browser.close()


@pytest.fixture
async def origin(engine: Engine) -> AsyncIterator[str]:
    """The running application's address, which the engine also gives as its own."""
    server = TestServer(create_app(engine))
    await server.start_server()
    address = str(server.make_url("/")).rstrip("/")
    engine.settings = replace(engine.settings, public_url=address)
    yield address
    await server.close()


class Watched:
    """A page, and everything that should not have happened on it."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.origin = origin
        self.complaints: list[str] = []
        page.on("console", lambda m: self.complaints.append(f"console: {m.text}") if m.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("request", lambda r: None if r.url.startswith(origin) else self.complaints.append(f"outside: {r.url}"))

    async def go(self, path: str) -> None:
        await self.page.goto(self.origin + path)

    async def accessible(self) -> list[str]:
        """What keeps somebody from using this view: names, contrast, order, size, overflow."""
        return await self.page.evaluate(ACCESSIBILITY)

    async def axe(self) -> list[str]:
        """What axe-core, the rules most audits are made with, finds wrong; contrast is left to `accessible`."""
        await self.page.evaluate(AXE_SCRIPT)
        return await self.page.evaluate(AXE_RUN)


Enter = Callable[..., Awaitable[Watched]]


@pytest.fixture
async def enter(chromium: Browser, origin: str, engine: Engine) -> AsyncIterator[Enter]:
    """Sign somebody in by the link, in a browser of their own; complaints fail the test at its end."""
    pages: list[Watched] = []
    async with AsyncExitStack() as stack:

        async def signed_in(person: str, viewport: dict[str, int] | None = None, **options: object) -> Watched:
            context: BrowserContext = await chromium.new_context(viewport=viewport or PHONE, **options)
            stack.push_async_callback(context.close)
            page = Watched(await context.new_page(), origin)
            page.page.set_default_timeout(PATIENCE_MS)
            pages.append(page)
            await page.page.goto(await access.create_sign_in_link(engine, person))
            await page.page.get_by_role("button", name="Sign in as").click()
            await page.page.wait_for_url(f"{origin}/")
            return page

        yield signed_in
    assert [complaint for page in pages for complaint in page.complaints] == []
