from __future__ import annotations

from datetime import timedelta

import pytest

from oncall.config import Settings
from oncall.errors import Invalid, Refused, SignedOut
from oncall.person import Role
from oncall.services.people import access
from oncall.services.people.access import NewToken
from oncall.web.app import create_app


async def test_looking_at_a_link_does_not_spend_it(sign_in, engine, client):
    link = (await access.create_sign_in_link(engine, "ana")).removeprefix(engine.settings.address)
    for _ in range(3):
        response = await client.get(link)
        assert response.status == 200
        assert "Ana Ruiz" in await response.text()
    assert (await access.person_of_link(engine, link.rsplit("/", 1)[1])).id == "ana"


async def test_a_link_signs_in_once(sign_in, engine):
    browser = await sign_in("ana")
    link = await access.create_sign_in_link(engine, "ben")
    secret = link.rsplit("/", 1)[1]
    await access.sign_in_by_link(engine, secret)
    with pytest.raises(SignedOut):
        await access.sign_in_by_link(engine, secret)
    response = await browser.get(f"/sign-in/link/{secret}")
    assert response.status == 303
    assert response.headers["Location"].startswith("/sign-in?next=")


async def test_a_link_expires(engine, clock):
    link = await access.create_sign_in_link(engine, "ana")
    clock.move(access.LINK_LIFE)
    with pytest.raises(SignedOut):
        await access.sign_in_by_link(engine, link.rsplit("/", 1)[1])


async def test_secrets_are_not_in_the_database(engine, token, sign_in):
    secret = (await token("ana")).reveal()
    link = (await access.create_sign_in_link(engine, "ana")).rsplit("/", 1)[1]
    session = (await access.sign_in_by_link(engine, link)).reveal()
    async with engine.database.read() as tx:
        for table in ("api_token", "sign_in_link", "session", "audit"):
            rows = str((await tx.exec_driver_sql(f"select * from {table}")).all())
            assert not any(part in rows for part in (secret, link, session))


async def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(engine, client):
    link = (await access.create_sign_in_link(engine, "ana")).removeprefix(engine.settings.address)
    form = (await (await client.get(link)).text()).split('name="form_token" value="')[1].split('"')[0]
    response = await client.post(link, data={"form_token": form}, allow_redirects=False)
    cookie = response.cookies["oncall"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["secure"]


async def test_under_https_cookies_are_secure_and_bound_to_the_host(engine, aiohttp_client_of):
    engine.settings = Settings(data_dir=engine.settings.data_dir, public_url="https://oncall.example")
    client = await aiohttp_client_of(create_app(engine))
    response = await client.get("/sign-in")
    cookie = response.cookies["__Host-oncall-visit"]
    assert cookie["secure"]
    assert response.headers["Strict-Transport-Security"]


async def test_signing_out_ends_the_session_on_the_server_too(sign_in, engine):
    browser = await sign_in("ana")
    kept = browser.client.session.cookie_jar.filter_cookies(browser.client.make_url("/"))["oncall"].value
    response = await browser.send("/sign-out", on="/account")
    assert response.status == 303
    with pytest.raises(SignedOut):
        await access.caller_of_session(engine, kept)


async def test_a_session_ends_when_the_person_leaves_the_files(engine):
    link = await access.create_sign_in_link(engine, "ana")
    session = await access.sign_in_by_link(engine, link.rsplit("/", 1)[1])
    people = {k: v for k, v in engine.directory.people.items() if k != "ana"}
    from msgspec.structs import replace

    from oncall.engine import Organisation

    engine.organisation = Organisation(replace(engine.directory, people=people))
    with pytest.raises(SignedOut):
        await access.caller_of_session(engine, session.reveal())


async def test_a_form_from_another_browser_is_refused(sign_in):
    ana, ben = await sign_in("ana"), await sign_in("ben")
    foreign = (await ben.text("/account")).split('name="form_token" value="')[1].split('"')[0]
    response = await ana.client.post("/sign-out", data={"form_token": foreign}, allow_redirects=False)
    assert response.status == 403
    assert (await ana.get("/account")).status == 200


async def test_a_token_never_has_more_rights_than_its_person(engine, caller):
    with pytest.raises(Refused):
        await access.create_token(engine, caller("ben"), NewToken(name="ci", scope=Role.ADMIN))


async def test_a_token_has_the_lower_of_its_scope_and_its_persons_role(engine, token):
    secret = await token("dee", Role.VIEWER)
    assert (await access.caller_of_token(engine, secret.reveal())).role is Role.VIEWER


@pytest.mark.parametrize("asked", [NewToken(name=" "), NewToken(name="ci", days=0), NewToken(name="ci", days=9999)])
async def test_a_token_needs_a_name_and_an_end(engine, caller, asked):
    with pytest.raises(Invalid):
        await access.create_token(engine, caller("ana"), asked)


async def test_a_token_ends_by_itself_and_by_hand(engine, caller, clock, token):
    secret = (await token("ana")).reveal()
    (kept,) = await access.tokens_of(engine, caller("ana"))
    await access.revoke_token(engine, caller("ana"), kept.digest)
    with pytest.raises(SignedOut):
        await access.caller_of_token(engine, secret)
    other = (await token("ana")).reveal()
    clock.move(timedelta(days=90))
    with pytest.raises(SignedOut):
        await access.caller_of_token(engine, other)


async def test_only_an_admin_ends_somebody_elses_token(engine, caller, token):
    await token("ana")
    (kept,) = await access.tokens_of(engine, caller("ana"))
    assert await access.tokens_of(engine, caller("ben")) == []
    await access.revoke_token(engine, caller("dee"), kept.digest)
    assert await access.tokens_of(engine, caller("ana")) == []
