from __future__ import annotations

import pytest


@pytest.mark.parametrize("path", ["/sign-in", "/healthz", "/nothing-here", "/static/app.css", "/api/v1/incidents"])
async def test_every_answer_forbids_inline_scripts_and_framing(client, path):
    response = await client.get(path, allow_redirects=False)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_no_answer_says_which_software_gives_it(client):
    assert "Server" not in (await client.get("/healthz")).headers


async def test_files_are_kept_for_good_by_whoever_asked_for_this_version(client):
    text = await (await client.get("/sign-in")).text()
    address = text.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "immutable" in (await client.get(address)).headers["Cache-Control"]
    assert (await client.get("/static/app.css")).headers["Cache-Control"] == "no-cache"
    assert (await client.get("/static/../app.py")).status == 404


async def test_programs_get_problem_json_and_people_a_view(client):
    for_program = await client.get("/api/v1/nothing")
    assert for_program.content_type == "application/problem+json"
    assert (await for_program.json())["status"] == 404
    for_people = await client.get("/nothing", headers={"Accept": "text/html"})
    assert for_people.status == 404
    assert "nothing at this address" in await for_people.text()


async def test_whoever_is_not_signed_in_is_led_to_the_sign_in_and_back(client):
    response = await client.get("/account?x=1", allow_redirects=False, headers={"Accept": "text/html"})
    assert response.status == 303
    assert response.headers["Location"] == "/sign-in?next=/account?x%3D1"
