"""The addresses of the worklist, the dashboard and the appointments."""

from django.urls import path

from attribution import views

urlpatterns = [
    path("", views.show_dashboard, name="dashboard"),
    path("worklist/", views.show_worklist, name="worklist"),
    path("worklist/rows/", views.show_rows, name="worklist_rows"),
    path("worklist/<uuid:opportunity_id>/act/", views.act, name="act"),
    path("worklist/undo/<uuid:action_id>/", views.undo, name="undo_action"),
    path("appointments/", views.show_appointments, name="appointments"),
]
