"""The addresses of the call log and of connections. Webhooks are answered before any address is looked up: see
`calls.middleware`."""

from django.urls import path

from calls.views import accounts, calls, connections

urlpatterns = [
    path("calls/", calls.show_calls, name="calls"),
    path("settings/connections/", connections.show_connections, name="settings_connections"),
    path("settings/connections/add/", connections.choose_provider, name="settings_connection_choose"),
    path("settings/connections/add/<slug:provider>/", connections.add_connection, name="settings_connection_add"),
    path("settings/connections/<uuid:connection_id>/", connections.show_connection, name="settings_connection"),
    path(
        "settings/connections/<uuid:connection_id>/waiting/",
        connections.show_waiting,
        name="settings_connection_waiting",
    ),
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
    path(
        "settings/connections/<uuid:connection_id>/asking/",
        accounts.show_account,
        name="settings_connection_account",
    ),
    path(
        "settings/connections/<uuid:connection_id>/asking/progress/",
        accounts.show_progress,
        name="settings_connection_account_progress",
    ),
    path(
        "settings/connections/<uuid:connection_id>/asking/set/",
        accounts.set_account,
        name="settings_connection_account_set",
    ),
    path(
        "settings/connections/<uuid:connection_id>/asking/remove/",
        accounts.remove_account,
        name="settings_connection_account_remove",
    ),
    path(
        "settings/connections/<uuid:connection_id>/asking/check/",
        accounts.try_account,
        name="settings_connection_account_check",
    ),
    path(
        "settings/connections/<uuid:connection_id>/asking/fetch/",
        accounts.start_backfill,
        name="settings_connection_account_fetch",
    ),
    path(
        "settings/connections/<uuid:connection_id>/asking/stop/<uuid:pull_id>/",
        accounts.stop_backfill,
        name="settings_connection_account_stop",
    ),
]
