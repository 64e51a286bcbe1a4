"""The addresses of the call log. Webhooks are answered before any address is looked up: see `calls.middleware`."""

from django.urls import path

from calls import views

urlpatterns = [path("calls/", views.show_calls, name="calls")]
