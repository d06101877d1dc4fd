"""Every operation of the OpenAPI document, asked as schemathesis thinks of it: right and wrong, and held to the document."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, Phase, assume, given, settings

from oncall import wiring
from oncall.config import Settings
from oncall.directory import Directory
from oncall.services.people import access
from oncall.services.people.access import NewToken
from oncall.web.api import OPERATIONS
from oncall.web.app import create_app
from oncall.web.openapi import document
from tests.oncall.web.conftest import COMPANY, Company, StandingClock, firing

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        negative_data_rejection,
        response_schema_conformance,
        status_code_conformance,
    )

#: Of each operation, right and wrong; more of them find more and take longer: `CONTRACT_EXAMPLES=100`.
EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "2"))
#: Longer addresses are refused by the HTTP parser, before there is a request that could be answered.
LONGEST_ADDRESS = 4000
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
SCHEMA = schemathesis.openapi.from_dict(document(OPERATIONS))
FOUND = [found.ok() for found in SCHEMA.get_all_operations() if not found.ok().path.startswith("/alertmanager")]


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, company: Directory, empty_database: Path
) -> Iterator[tuple[str, str]]:
    """The application in a thread of its own, on an engine with one open incident: (address, an admin's token)."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copy(empty_database, folder / "oncall.db")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def begin():
        clock = StandingClock(datetime(2026, 1, 5, 9, 0, tzinfo=UTC))
        engine = wiring.open_engine(company, Settings(data_dir=folder), clock, config_dir=COMPANY)
        engine.inbox.start()
        happens = Company(engine, clock)
        await happens.on_call("payments/primary", "ana")
        await happens.receive(firing(), firing("Second"))
        server = TestServer(create_app(engine))
        await server.start_server()
        dee = access.caller_at_shell(engine, "dee")
        secret = await access.create_token(engine, dee, NewToken(name="test", scope=dee.role))
        return engine, server, str(server.make_url("/api/v1")), secret.reveal()

    async def end(engine, server):
        await server.close()
        await wiring.close(engine)

    engine, server, address, token = asyncio.run_coroutine_threadsafe(begin(), loop).result()
    yield address, token
    asyncio.run_coroutine_threadsafe(end(engine, server), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.mark.parametrize("mode", ["positive", "negative"])
@pytest.mark.parametrize("operation", FOUND, ids=lambda operation: operation.label)
def test_the_document_is_true(served, operation, mode):
    address, token = served
    session = requests.Session()

    @given(operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode)))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def holds(case):
        assume(len(requests.Request("GET", address, params=case.query).prepare().url or "") < LONGEST_ADDRESS)
        case.call_and_validate(
            base_url=address, session=session, headers={"Authorization": f"Bearer {token}"}, checks=CHECKS
        )

    try:
        holds()
    finally:
        session.close()
