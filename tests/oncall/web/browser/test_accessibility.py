"""Names, contrast, order and sizes of every view, on a phone and on a desk, in dark and in light."""

from __future__ import annotations

from datetime import date

import pytest

from oncall.services import acting
from oncall.services.insight import tallying
from oncall.services.practice import game_days
from oncall.services.record import actions, reviews
from tests.oncall.web.browser.conftest import DESK, PHONE
from tests.oncall.web.conftest import firing
from tests.oncall.web.test_hostile_content import views

pytestmark = pytest.mark.browser

#: Every view of the table of addresses, and some as they are with something in them.
VIEWS = [path for path in views(1) if not path.endswith((".csv", ".md"))]
VIEWS += ["/incidents/2/review", "/game-days/1", "/incidents?q=checkout", "/nothing-here"]


async def written(engine, dee) -> None:
    """A review with action items, and a game day under way."""
    await acting.perform(engine, dee, 1, acting.Describe(impact="One in five checkouts fails", status="looking"))
    await acting.perform(engine, dee, 1, acting.Assign(role="commander", person="dee"))
    await reviews.draft(engine, dee, 1, reviews.DraftReview())
    await reviews.save(engine, dee, 1, reviews.SaveReview(version=1, factors="Somebody failed to look"))
    for owner, due in (("dee", date(2026, 1, 1)), ("", None)):
        await actions.add(engine, dee, 1, actions.NewAction(text="Alert earlier", owner=owner, due=due))
    step = game_days.NewStep(team="data", announced=True)
    await game_days.plan(engine, dee, game_days.NewGameDay(title="The database goes away", steps=(step,)))
    await tallying.keep_up(engine)


@pytest.mark.parametrize(
    ("scheme", "viewport", "thorough"),
    [("light", PHONE, True), ("dark", DESK, False)],
    ids=["phone-light", "desk-dark"],
)
async def test_no_view_keeps_anybody_out(enter, happens, caller, scheme, viewport, thorough):
    """The cheap checks see both; axe-core sees the narrow view, where what does not fit has to scroll."""
    await happens.receive(firing(pod="checkout-1"), firing(pod="checkout-2"))
    await happens.receive(firing("CertificateExpires", severity="warning", service="edge", team="platform"), group="w")
    await written(happens.engine, caller("dee"))
    dee = await enter("dee", viewport, color_scheme=scheme)
    found = {}
    for path in VIEWS:
        await dee.go(path)
        if complaints := [*await dee.accessible(), *(await dee.axe() if thorough else ())]:
            found[path] = complaints
    dee.complaints = [c for c in dee.complaints if "404" not in c]  # the view of what is not there
    assert found == {}


async def test_details_opened_are_as_accessible(enter, happens):
    await happens.receive(firing(pod="checkout-1"), firing(pod="checkout-2"))
    ana = await enter("ana", color_scheme="dark")
    for path in ("/incidents/1", "/account"):
        await ana.go(path)
        await ana.page.evaluate("document.querySelectorAll('details').forEach((e) => (e.open = true))")
        assert [*await ana.accessible(), *await ana.axe()] == []
