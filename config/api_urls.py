"""Every address of the API, below /api/v1/; what is not here is answered with a problem of RFC 9457."""

from django.urls import path, re_path

from attribution import api as attribution_api
from attribution import api_appointments
from calls import api as calls_api
from tenants.api_schema import DocsView, NothingHereView, SchemaView
from tenants.api_tokens import TokenRefreshView, TokenRevokeView, TokenView

urlpatterns = [
    path("calls/", calls_api.CallsView.as_view(), name="api-calls"),
    path("callers/lookup/", calls_api.CallerLookupView.as_view(), name="api-caller-lookup"),
    path("appointments/", api_appointments.AppointmentsView.as_view(), name="api-appointments"),
    path("appointments/<path:external_id>/", api_appointments.AppointmentView.as_view(), name="api-appointment"),
    path("opportunities/", attribution_api.OpportunitiesView.as_view(), name="api-opportunities"),
    path("opportunities/<uuid:opportunity_id>/actions/", attribution_api.ActionsView.as_view(), name="api-actions"),
    path("metrics/daily/", attribution_api.DailyMetricsView.as_view(), name="api-daily"),
    path("metrics/monthly/", attribution_api.MonthlyMetricsView.as_view(), name="api-monthly"),
    path("metrics/hourly/", attribution_api.HourlyMetricsView.as_view(), name="api-hourly"),
    path("token/", TokenView.as_view(), name="api-token"),
    path("token/refresh/", TokenRefreshView.as_view(), name="api-token-refresh"),
    path("token/revoke/", TokenRevokeView.as_view(), name="api-token-revoke"),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", DocsView.as_view(url_name="api-schema"), name="api-docs"),
    re_path("", NothingHereView.as_view(), name="api-nothing"),
]
