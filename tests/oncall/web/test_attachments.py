from __future__ import annotations

import base64
import io
import json
import re

import pytest
from aiohttp import FormData
from msgspec.structs import replace

from oncall.errors import Invalid, Refused
from oncall.services.record import attachments
from oncall.services.record.attachments import NewAttachment
from oncall.web.app import create_app
from tests.oncall.web.conftest import firing

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def test_an_uploaded_image_is_shown_in_the_timeline(sign_in, happens):
    number = await happens.receive(firing())
    ana = await sign_in("ana")
    token = re.findall(r'name="form_token" value="([^"]+)"', await ana.text(f"/incidents/{number}"))[0]
    form = FormData({"form_token": token, "text": "the graph"})
    form.add_field("file", PNG, filename="graph ](x).png", content_type="text/html")
    response = await ana.client.post(f"/incidents/{number}/attachments", data=form, allow_redirects=False)
    assert response.status == 303, await response.text()
    page = await ana.text(f"/incidents/{number}")
    (address,) = re.findall(rf'<img src="(/incidents/{number}/attachments/\d+)"', page)
    shown = await ana.get(address)
    assert shown.content_type == "image/png"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert await shown.read() == PNG


async def test_a_program_attaches_a_result(client, happens, token):
    number = await happens.receive(firing())
    headers = {"Authorization": f"Bearer {(await token('ana')).reveal()}"}
    body = {"name": "df.txt", "data": base64.b64encode(b"97% /var").decode(), "text": "disk"}
    response = await client.post(f"/api/v1/incidents/{number}/attachments", json=body, headers=headers)
    assert response.status == 201
    assert "[df.txt](/incidents/" in (await response.json())["timeline"][0]["text"]


@pytest.mark.parametrize("data", [b"", b"\0\1\2", b"PK\3\4\0\0", b"x" * (attachments.LARGEST + 1)])
async def test_what_is_neither_image_nor_text_is_refused(engine, happens, caller, data):
    number = await happens.receive(firing())
    with pytest.raises(Invalid):
        await attachments.attach(engine, caller("ana"), number, NewAttachment(name="x", data=data))


@pytest.mark.parametrize("data", [b"<script>alert(1)</script>", b"<svg onload='x()'/>"])
def test_what_a_browser_could_run_is_plain_text(data):
    assert attachments.content_type(data) == "text/plain"


async def test_a_viewer_attaches_nothing(engine, happens, caller):
    number = await happens.receive(firing())
    with pytest.raises(Refused):
        await attachments.attach(engine, caller("vic"), number, NewAttachment(name="x", data=PNG))


async def test_a_file_belongs_to_its_incident(sign_in, engine, happens, caller):
    first = await happens.receive(firing())
    other = await happens.receive(firing("DiskFull", team="platform", service="disks"), group="other")
    number = await attachments.attach(engine, caller("ana"), first, NewAttachment(name="x.png", data=PNG))
    ana = await sign_in("ana")
    assert (await ana.get(f"/incidents/{first}/attachments/{number}")).status == 200
    assert (await ana.get(f"/incidents/{other}/attachments/{number}")).status == 404


async def test_a_program_attaches_a_graph_as_large_as_one_may_be(engine, aiohttp_client_of, happens, token):
    """The bound of other bodies is far below what Base64 makes of a large image."""
    engine.settings = replace(engine.settings, max_body=16_000_000)
    client = await aiohttp_client_of(create_app(engine))
    number = await happens.receive(firing())
    headers = {"Authorization": f"Bearer {(await token('ben')).reveal()}"}
    place = f"/api/v1/incidents/{number}/attachments"
    for size, status in (
        (attachments.LARGEST, 201),
        (attachments.LARGEST + 1, 400),
        (attachments.LARGEST + 100_000, 413),
    ):
        body = {"name": "graph.png", "data": base64.b64encode(PNG + bytes(size - len(PNG))).decode()}
        sent = io.BytesIO(json.dumps(body).encode())
        assert (await client.post(place, data=sent, headers=headers)).status == status
