"""The addresses of the call log and of connections. Webhooks are answered before any address is looked up: see
`calls.middleware`."""

from django.urls import path

from calls import views, views_connections

urlpatterns = [
    path("calls/", views.show_calls, name="calls"),
    path("settings/connections/", views_connections.show_connections, name="settings_connections"),
    path("settings/connections/add/", views_connections.add_connection, name="settings_connection_add"),
    path(
        "settings/connections/<uuid:connection_id>/pause/",
        views_connections.pause_connection,
        name="settings_connection_pause",
    ),
    path(
        "settings/connections/<uuid:connection_id>/resume/",
        views_connections.resume_connection,
        name="settings_connection_resume",
    ),
    path(
        "settings/connections/<uuid:connection_id>/secret/",
        views_connections.rotate_secret,
        name="settings_connection_secret",
    ),
    path(
        "settings/connections/<uuid:connection_id>/remove/",
        views_connections.remove_connection,
        name="settings_connection_remove",
    ),
]
