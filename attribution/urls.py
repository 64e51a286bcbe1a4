"""The addresses of the worklist, the dashboard and the appointments."""

from django.urls import path

from attribution.views import appointments, dashboard, group, settings, worklist

urlpatterns = [
    path("", dashboard.show_dashboard, name="dashboard"),
    path("worklist/", worklist.show_worklist, name="worklist"),
    path("worklist/rows/", worklist.show_rows, name="worklist_rows"),
    path("worklist/<uuid:opportunity_id>/act/", worklist.act, name="act"),
    path("worklist/undo/<uuid:action_id>/", worklist.undo, name="undo_action"),
    path("appointments/", appointments.show_appointments, name="appointments"),
    path("group/", group.show_group, name="group"),
    path("settings/rules/", settings.show_rules, name="settings_rules"),
    path("settings/rules/preview/", settings.preview_rules, name="settings_rules_preview"),
    path("settings/rules/change/", settings.change_rules, name="settings_rules_change"),
    path("settings/values/", settings.show_values, name="settings_values"),
    path("settings/values/add/", settings.add_value, name="settings_values_add"),
    path("settings/values/<uuid:value_id>/", settings.change_value, name="settings_values_change"),
    path("settings/values/<uuid:value_id>/remove/", settings.remove_value, name="settings_values_remove"),
]
