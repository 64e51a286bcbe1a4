"""The addresses of the worklist, the dashboard and the appointments."""

from django.urls import path

from attribution import views, views_group, views_settings

urlpatterns = [
    path("", views.show_dashboard, name="dashboard"),
    path("worklist/", views.show_worklist, name="worklist"),
    path("worklist/rows/", views.show_rows, name="worklist_rows"),
    path("worklist/<uuid:opportunity_id>/act/", views.act, name="act"),
    path("worklist/undo/<uuid:action_id>/", views.undo, name="undo_action"),
    path("appointments/", views.show_appointments, name="appointments"),
    path("group/", views_group.show_group, name="group"),
    path("settings/rules/", views_settings.show_rules, name="settings_rules"),
    path("settings/rules/preview/", views_settings.preview_rules, name="settings_rules_preview"),
    path("settings/rules/change/", views_settings.change_rules, name="settings_rules_change"),
    path("settings/values/", views_settings.show_values, name="settings_values"),
    path("settings/values/add/", views_settings.add_value, name="settings_values_add"),
    path("settings/values/<uuid:value_id>/", views_settings.change_value, name="settings_values_change"),
    path("settings/values/<uuid:value_id>/remove/", views_settings.remove_value, name="settings_values_remove"),
]
