"""Requests made to break in, not to be served."""

from __future__ import annotations

import gzip
import re
import zlib

import pytest
from yarl import URL

from oncall.web.app import ROUTES
from oncall.web.sessions import SAFE_METHODS
from tests.oncall.web.conftest import KEY, firing

#: What programs post to, and proves who it is by a key, a token or a signature.
PROGRAMS = ("/api/", "/webhooks/", "/-/")
FORMS = [path for method, path, _ in ROUTES if method not in SAFE_METHODS and not path.startswith(PROGRAMS)]


def _filled(path: str, number: int) -> str:
    return re.sub(r"\{[^}]+\}", lambda part: str(number) if part[0] in {"{id}", "{file}"} else "payments", path)


def test_there_are_forms():
    assert len(FORMS) > 10


@pytest.mark.parametrize("path", FORMS)
async def test_a_form_made_elsewhere_is_refused(sign_in, happens, path):
    """Another site can make a browser send its cookies, but does not know the token of its forms."""
    number = await happens.receive(firing())
    browser = await sign_in("ana")
    for fields in ({"text": "x"}, {"form_token": "", "text": "x"}, {"form_token": "0" * 64, "text": "x"}):
        response = await browser.client.post(_filled(path, number), data=fields, allow_redirects=False)
        assert response.status == 403, f"{path}: {response.status}"


@pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(client, coding, compress):
    bomb = compress(b"[" + b" " * 50_000_000 + b"]")
    assert len(bomb) < 100_000
    response = await client.post(f"/api/v1/alertmanager/{KEY}", data=bomb, headers={"Content-Encoding": coding})
    assert response.status in {400, 413}


@pytest.mark.parametrize(
    "path",
    [
        "/static/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/static/%2e%2e/app.py",
        "/static/....//app.py",
        "/services/..%2f..%2fetc%2fpasswd",
        "/feeds/..%2f..%2fetc%2fpasswd.ics",
        "/rotations/..%2f..%2fetc/passwd.csv",
        "/incidents/..%2f1/attachments/..%2f1",
    ],
)
async def test_no_path_leads_out_of_its_folder(sign_in, path):
    browser = await sign_in("ana")
    response = await browser.client.get(URL(path, encoded=True), allow_redirects=False)
    assert response.status in {400, 404}, path
    assert "root:" not in await response.text()


@pytest.mark.parametrize(
    "path",
    [
        "/rotations/payments%0d%0aSet-Cookie:%20a=b/primary.csv",
        "/sign-in?next=%0d%0aSet-Cookie:%20a=b",
        "/sign-in?next=//evil.example",
        "/sign-in?next=https://evil.example/",
        "/sign-in?next=/%5cevil.example",
        "/insights/alerts.csv%0d%0aX-Evil:1",
    ],
)
async def test_no_address_writes_headers_or_leads_elsewhere(sign_in, path):
    browser = await sign_in("ana")
    response = await browser.client.get(URL(path, encoded=True), allow_redirects=False)
    assert "evil" not in response.headers.get("Location", "")
    assert not {"X-Evil"} & set(response.headers)
    assert "a=b" not in str(response.headers.getall("Set-Cookie", []))


@pytest.mark.parametrize("depth", [1000, 100_000])
async def test_json_without_bottom_is_refused(client, token, depth):
    bearer = {"Authorization": f"Bearer {(await token('ana')).reveal()}"}
    deep = b"[" * min(depth, 90_000)
    for path in (f"/api/v1/alertmanager/{KEY}", "/api/v1/incidents/1/acknowledge"):
        response = await client.post(path, data=deep, headers=bearer)
        assert response.status in {400, 404}, path
