"""Turns the one broker address of the environment into the spellings that its two clients want; connects to nothing."""

from urllib.parse import parse_qs, unquote, urlsplit


def celery_url(redis_url: str) -> str:
    """`redis://…` as it is; `unix:///path?db=0`, redis-py's form, as Celery's `redis+socket:///path?virtual_host=0`."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{unquote(parts.path)}?virtual_host={database}"
