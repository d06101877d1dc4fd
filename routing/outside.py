"""Which internet addresses lead outside: whoever fetches what a stranger named asks here before it connects."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Addresses that carry an IPv4 address inside (RFC 6052), which is the one that will be reached.
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


def reached(address: Address) -> Address:
    """The address that is reached in the end: some IPv6 addresses stand for an IPv4 one."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address


def leads_inside(address: str, allowed: Iterable[Network] = ()) -> Address | None:
    """The internal address that connecting to this one would reach; None where it is outside, or in a network allowed."""
    target = reached(ipaddress.ip_address(address))
    outside = target.is_global and not target.is_multicast
    return None if outside or any(target in network for network in allowed) else target
