"""The addresses of the call log and of connections. Webhooks are answered before any address is looked up: see
`calls.middleware`."""

from django.urls import path

from calls.views import calls, connections

urlpatterns = [
    path("calls/", calls.show_calls, name="calls"),
    path("settings/connections/", connections.show_connections, name="settings_connections"),
    path("settings/connections/add/", connections.add_connection, name="settings_connection_add"),
    path(
        "settings/connections/<uuid:connection_id>/pause/",
        connections.pause_connection,
        name="settings_connection_pause",
    ),
    path(
        "settings/connections/<uuid:connection_id>/resume/",
        connections.resume_connection,
        name="settings_connection_resume",
    ),
    path(
        "settings/connections/<uuid:connection_id>/secret/",
        connections.rotate_secret,
        name="settings_connection_secret",
    ),
    path(
        "settings/connections/<uuid:connection_id>/remove/",
        connections.remove_connection,
        name="settings_connection_remove",
    ),
]
