"""The API's doors of people's tokens: sign in, refresh, revoke. Translate in, one call, translate out; anybody may ask.

They say no more than that it did not work. Limits count before anything is read, by network and by account.
"""

from http import HTTPStatus
from typing import Any, ClassVar, Final

from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from tenants import refusals, throttles
from tenants.api_clients import TOKEN_SCHEME, address_of
from tenants.api_fields import StrictSerializer, TextField
from tenants.api_schema import open_answers
from tenants.api_views import ApiView
from tenants.problems import ApiProblem
from tenants.services import (
    AuthenticatorAppNeeded,
    CodeNeeded,
    SignInRefused,
    TokenPair,
    TokenRefused,
    refresh_tokens,
    revoke_tokens,
    sign_in,
)
from tenants.tokens import LIFE

MAX_EMAIL: Final = 254
MAX_PASSWORD: Final = 128
MAX_CODE: Final = 32
MAX_REFRESH: Final = 128


class TokenIn(StrictSerializer):
    """What a person signs in with."""

    email = TextField(max_length=MAX_EMAIL)
    password = TextField(max_length=MAX_PASSWORD)
    code = TextField(
        max_length=MAX_CODE, required=False, help_text="Of the authenticator app, or a recovery code; see code_needed."
    )


class RefreshIn(StrictSerializer):
    refresh = TextField(max_length=MAX_REFRESH, help_text="It works once.")


class TokensOut(serializers.Serializer[Any]):
    """An access token for some minutes, and what the next one is had with."""

    access = serializers.CharField()
    refresh = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds that the access token lasts.")
    token_type = serializers.CharField()


class NetworkThrottle(BaseThrottle):
    """The limit that the view names, for each network."""

    def __init__(self) -> None:
        self._wait = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        limit: throttles.Limit = view.limit  # type: ignore[attr-defined]
        self._wait = limit.take(address_of(request))
        return self._wait == 0

    def wait(self) -> float:
        return self._wait


class OpenView(ApiView):
    """A door for somebody who has no token yet."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = (NetworkThrottle,)
    http_method_names = ["post"]
    limit: ClassVar[throttles.Limit] = throttles.REFRESHES


class TokenView(OpenView):
    limit: ClassVar[throttles.Limit] = throttles.SIGN_INS

    @extend_schema(
        summary="Sign in",
        description="An access token for ten minutes and a refresh token, of one sign-in that lasts 14 days at most.",
        auth=[],
        request=TokenIn,
        responses=open_answers({200: TokensOut}, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN),
    )
    def post(self, request: Request) -> Response:
        asked = TokenIn().read(request.data)
        account = asked["email"].strip().lower()
        # Every attempt counts as a failure until one succeeds: many at once are no more than one after the other.
        wait = throttles.ATTEMPTS.take(account)
        if wait:
            raise Throttled(wait)
        pair = _sign_in(request, asked)
        throttles.ATTEMPTS.fill(account)
        return _answer(pair)


class TokenRefreshView(OpenView):
    @extend_schema(
        summary="Get the next tokens",
        description="The refresh token is used up. When it comes a second time, the whole sign-in ends.",
        auth=[],
        request=RefreshIn,
        responses=open_answers({200: TokensOut}, HTTPStatus.UNAUTHORIZED),
    )
    def post(self, request: Request) -> Response:
        refresh = RefreshIn().read(request.data)["refresh"]
        try:
            return _answer(refresh_tokens(refresh=refresh, now=timezone.now(), address=address_of(request)))
        except TokenRefused:
            refusals.count("refresh_token")
        raise ApiProblem(HTTPStatus.UNAUTHORIZED, "Sign in again.", kind="sign_in_needed")


class TokenRevokeView(OpenView):
    @extend_schema(
        summary="Sign out",
        description="Ends the sign-in with all of its tokens. The answer is the same for a token that is none.",
        auth=[],
        request=RefreshIn,
        responses=open_answers({204: None}),
    )
    def post(self, request: Request) -> HttpResponseBase:
        refresh = RefreshIn().read(request.data)["refresh"]
        revoke_tokens(refresh=refresh, now=timezone.now(), address=address_of(request))
        return Response(status=HTTPStatus.NO_CONTENT)


def _sign_in(request: Request, asked: dict[str, Any]) -> TokenPair:
    try:
        return sign_in(
            email=asked["email"],
            password=asked["password"],
            code=asked.get("code", ""),
            now=timezone.now(),
            address=address_of(request),
        )
    except SignInRefused:
        refusals.count("sign_in")
        problem = ApiProblem(HTTPStatus.UNAUTHORIZED, "E-mail, password or code is wrong.", kind="sign_in_refused")
    except CodeNeeded:
        detail = "Send a code of your authenticator app, or a recovery code, as code."
        problem = ApiProblem(HTTPStatus.UNAUTHORIZED, detail, kind="code_needed")
    except AuthenticatorAppNeeded:
        detail = "A passkey works in a browser only. Add an authenticator app on the pages, then send its code."
        problem = ApiProblem(HTTPStatus.FORBIDDEN, detail, kind="authenticator_app_needed")
    raise problem


def _answer(pair: TokenPair) -> Response:
    seconds = int(LIFE.total_seconds())
    shown = {"access": pair.access, "refresh": pair.refresh, "expires_in": seconds, "token_type": TOKEN_SCHEME}
    return Response(TokensOut(shown).data)
