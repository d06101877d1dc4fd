from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY

from oncall.errors import Invalid, SignedOut
from oncall.services.people import access, passwords

GOOD = "four words in a row"
PRODUCTION = passwords._HASHER


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """The same hash at the lowest cost; what it costs in production is a test of its own."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", hasher)
    nobody = hasher.hash("nobody has this password")
    monkeypatch.setattr(passwords, "_nobody", lambda: nobody)


def test_guessing_a_stolen_hash_costs_what_rfc_9106_asks():
    found = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
    for cost in ("type", "time_cost", "memory_cost", "parallelism", "hash_len", "salt_len"):
        assert getattr(PRODUCTION, cost) == getattr(found, cost)


@pytest.fixture
async def ana(engine, caller):
    await passwords.set_password(engine, caller("ana"), GOOD)
    return caller("ana")


@pytest.mark.parametrize("name", ["ana", "Ana Ruiz", "ANA@shop.example"])
async def test_name_and_password_give_a_session(engine, ana, name):
    session = await passwords.sign_in(engine, name, GOOD)
    assert (await access.caller_of_session(engine, session.reveal())).person == "ana"


@pytest.mark.parametrize(("name", "password"), [("ana", "wrong"), ("ben", GOOD), ("nobody", GOOD), ("ana", "")])
async def test_whatever_does_not_match_is_refused_in_the_same_words(engine, ana, name, password):
    with pytest.raises(SignedOut, match="name and password do not match"):
        await passwords.sign_in(engine, name, password)


async def test_nobody_has_a_password_until_they_set_one(engine):
    for word in ("", "ana", "password", "admin"):
        with pytest.raises(SignedOut):
            await passwords.sign_in(engine, "ana", word)


async def test_too_many_wrong_ones_pause_signing_in_even_with_the_right_one(engine, ana, clock):
    for _ in range(passwords.MOST_FAILURES):
        with pytest.raises(SignedOut):
            await passwords.sign_in(engine, "ana", "wrong")
    with pytest.raises(SignedOut):
        await passwords.sign_in(engine, "ana", GOOD)
    clock.move(passwords.PAUSE)
    await passwords.sign_in(engine, "ana", GOOD)


async def test_changing_it_takes_the_old_one(engine, ana):
    with pytest.raises(Invalid, match="old password"):
        await passwords.set_password(engine, ana, "another long password", old="wrong")
    await passwords.set_password(engine, ana, "another long password", old=GOOD)
    with pytest.raises(SignedOut):
        await passwords.sign_in(engine, "ana", GOOD)


@pytest.mark.parametrize("new", ["short", "x" * 201])
async def test_a_password_has_a_length(engine, caller, new):
    with pytest.raises(Invalid):
        await passwords.set_password(engine, caller("ana"), new)


async def test_the_password_is_not_in_the_database(engine, ana):
    async with engine.database.read() as tx:
        rows = str((await tx.exec_driver_sql("select * from password")).all())
    assert GOOD not in rows
    assert "$argon2id$" in rows


async def test_the_form_signs_in_and_leads_to_where_one_was_going(engine, ana, client):
    page = await (await client.get("/sign-in?next=/incidents")).text()
    token = page.split('name="form_token" value="')[1].split('"')[0]
    wrong = await client.post("/sign-in", data={"form_token": token, "name": "ana", "password": "no"})
    assert wrong.status == 401
    assert "do not match" in await wrong.text()
    fields = {"form_token": token, "name": "ana", "password": GOOD, "next": "/incidents"}
    right = await client.post("/sign-in", data=fields, allow_redirects=False)
    assert right.headers["Location"] == "/incidents"
    assert (await client.get("/incidents")).status == 200
    elsewhere = await client.post("/sign-in", data=fields | {"next": "//evil.example"}, allow_redirects=False)
    assert elsewhere.headers["Location"] == "/"


async def test_a_session_is_ended_from_another_device(sign_in, engine):
    here, there = await sign_in("ana"), await sign_in("ana")
    page = await here.text("/account")
    digest = page.split("/account/sessions/")[1].split("/revoke")[0]
    assert (await here.send(f"/account/sessions/{digest}/revoke", on="/account")).status == 303
    assert (await there.get("/account")).status == 303
    assert (await here.get("/account")).status == 200
