"""Names, contrast, order and sizes of every view, on a phone and on a desk, in dark and in light."""

from __future__ import annotations

import pytest

from tests.oncall.web.browser.conftest import DESK, PHONE
from tests.oncall.web.conftest import firing

pytestmark = pytest.mark.browser

VIEWS = (
    "/", "/incidents", "/incidents/1", "/incidents/1/alerts", "/incidents/1/timeline", "/on-call", "/phone",
    "/phone/ana", "/teams", "/teams/payments", "/insights", "/operator", "/operator/quarantine", "/operator/audit",
    "/account", "/more", "/nothing-here",
)  # fmt: skip


@pytest.mark.parametrize(("scheme", "viewport"), [("light", PHONE), ("dark", DESK)], ids=["phone-light", "desk-dark"])
async def test_no_view_keeps_anybody_out(enter, happens, scheme, viewport):
    await happens.receive(firing(pod="checkout-1"), firing(pod="checkout-2"))
    await happens.receive(firing("CertificateExpires", severity="warning", service="edge", team="platform"), group="w")
    dee = await enter("dee", viewport, color_scheme=scheme)
    found = {}
    for path in VIEWS:
        await dee.go(path)
        if complaints := await dee.accessible():
            found[path] = complaints
    dee.complaints = [c for c in dee.complaints if "404" not in c]  # the view of what is not there
    assert found == {}


async def test_details_opened_are_as_accessible(enter, happens):
    await happens.receive(firing(pod="checkout-1"), firing(pod="checkout-2"))
    ana = await enter("ana", color_scheme="dark")
    for path in ("/incidents/1", "/account"):
        await ana.go(path)
        await ana.page.evaluate("document.querySelectorAll('details').forEach((e) => (e.open = true))")
        assert await ana.accessible() == []
