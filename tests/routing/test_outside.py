"""Nothing a stranger names makes the engine knock at an internal door, however the address is written."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.outside import leads_inside, reached


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.2.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1",
    ],
)  # fmt: skip
def test_what_is_inside_is_told(address):
    assert leads_inside(address) is not None


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_what_is_outside_may_be_asked(address):
    assert leads_inside(address) is None


def test_a_network_that_is_allowed_may_be_asked_and_its_neighbours_may_not():
    allowed = [ipaddress.ip_network("10.1.0.0/16")]
    assert leads_inside("10.1.2.3", allowed) is None
    assert leads_inside("::ffff:10.1.2.3", allowed) is None
    assert leads_inside("10.2.0.1", allowed) == ipaddress.ip_address("10.2.0.1")


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_the_same_in_whatever_it_is_wrapped(address):
    alone = leads_inside(str(address)) is None
    for wrapped in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert (leads_inside(wrapped) is None) is alone
        assert reached(ipaddress.ip_address(wrapped)) == address


@pytest.mark.parametrize(
    ("address", "really"),
    [
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("64:ff9b::a00:1", "10.0.0.1"),
        ("2002:a00:1::", "10.0.0.1"),
        ("2600::1", "2600::1"),
    ],
)
def test_addresses_that_stand_for_others_are_judged_by_those(address, really):
    assert reached(ipaddress.ip_address(address)) == ipaddress.ip_address(really)
