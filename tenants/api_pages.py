"""Lists of the API, page by page: the cursor is a row's place, signed, so that pages hold still while rows come in."""

from typing import Any, Final

from django.core.signing import BadSignature, Signer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api_fields import QuerySerializer, TextField
from tenants.cursors import BadCursor, Position, read_cursor, write_cursor

DEFAULT_SIZE: Final = 50
MAX_SIZE: Final = 200
_signer = Signer(salt="ringback.api.cursor", sep=".")


class SizeField(serializers.IntegerField):
    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_SIZE, **options)

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, str) or not data.isascii() or not data.isdecimal() or len(data) > 6:
            raise serializers.ValidationError("A whole number.")
        return int(data)


class CursorField(TextField):
    """To a position and a direction."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return read_cursor(_signer.unsign(data))
        except (BadSignature, BadCursor):
            pass
        raise serializers.ValidationError("The cursor is not one of ours. Take it from next or previous.")


class PageQuery(QuerySerializer):
    """What every list takes."""

    cursor = CursorField(required=False, max_length=200, help_text="From `next` or `previous` of another page.")
    page_size = SizeField(required=False, default=DEFAULT_SIZE)


def page_of(values: dict[str, Any]) -> dict[str, Any]:
    """Takes the page out of a query's values: `position`, `forwards` and `size`, as selectors want them."""
    position, forwards = values.pop("cursor", (None, True))
    return {"position": position, "forwards": forwards, "size": values.pop("page_size")}


def page_answer(request: Request, rows: Any, *, after: Position | None, before: Position | None) -> Response:
    """The body of a page; `after` and `before` are the places where the next and the previous one begin."""
    body = {
        "results": rows,
        "next": _page_url(request, after, forwards=True),
        "previous": _page_url(request, before, forwards=False),
    }
    return Response(body)


def sign_cursor(position: Position, *, forwards: bool) -> str:
    """The cursor of the page after (or, backwards, before) a row."""
    return _signer.sign(write_cursor(position, forwards=forwards))


def _page_url(request: Request, position: Position | None, *, forwards: bool) -> str | None:
    if position is None:
        return None
    query = request.query_params.copy()
    query["cursor"] = sign_cursor(position, forwards=forwards)
    return f"{request.build_absolute_uri(request.path)}?{query.urlencode()}"
