"""The networks from which the admin pages may be opened; pure.

An address is known here as its network only, /24 or /48 (`masks.shorten_address`), so nothing smaller can be told apart
and asking for it is refused: who writes one address would believe that the neighbours are shut out.
"""

import ipaddress
from collections.abc import Iterable, Sequence

from tenants.masks import shorten_address

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LONGEST_PREFIX = {4: 24, 6: 48}


def read_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks as CIDR. Raises `ValueError` for what is none, or is smaller than what can be told apart."""
    networks = tuple(ipaddress.ip_network(text.strip()) for text in texts if text.strip())
    for network in networks:
        if network.prefixlen > LONGEST_PREFIX[network.version]:
            whole = network.supernet(new_prefix=LONGEST_PREFIX[network.version])
            raise ValueError(f"{network} is smaller than what is known of an address; write {whole}")
    return networks


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """Whether the address, whole or shortened, is in one of these."""
    short = shorten_address(address)
    return bool(short) and any(ipaddress.ip_address(short) in network for network in networks)
