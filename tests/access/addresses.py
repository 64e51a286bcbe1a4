"""Every address of the product, found in the URL configuration and not listed."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Address:
    """`name` with its namespace; `arguments` are what has to be filled in."""

    name: str
    arguments: tuple[str, ...]
    route: str


def all_addresses() -> list[Address]:
    return list(_walk(get_resolver(), "", ""))


def _walk(resolver: URLResolver, route: str, namespace: str) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        here = route + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry, here, inner)
        elif isinstance(entry, URLPattern):
            name = entry.name or getattr(entry.callback, "__name__", "")
            yield Address(f"{namespace}{name}", tuple(entry.pattern.regex.groupindex), here)
