"""Takes numbers, tokens and whole network addresses out of text; pure. A last line of defence, not the first."""

import ipaddress
import re

# The address of a webhook or of an invitation ends in its token; a run of seven digits may be somebody's number.
_TOKEN = re.compile(r"(/(?:hooks/[^/\s]+|invitations)/)[^/\s?\"']+")
_DIGITS = re.compile(r"\d(?:[\s().+/_,*#|~\u00b7\u2010-\u2015\u2212-]{0,3}\d){6,}")


def mask(text: str) -> str:
    """The text without tokens of addresses and without runs of seven or more digits."""
    return _DIGITS.sub("…", _TOKEN.sub(r"\1…", text))


def shorten_address(address: str) -> str:
    """The network that an address is in, /24 or /48: `203.0.113.0`, `2001:db8:1::`; empty for what is no address."""
    try:
        whole = ipaddress.ip_address(address.strip())
    except ValueError:
        return ""
    if isinstance(whole, ipaddress.IPv6Address) and whole.ipv4_mapped:
        whole = whole.ipv4_mapped
    bits = 24 if whole.version == 4 else 48
    return str(ipaddress.ip_network(f"{whole}/{bits}", strict=False).network_address)
