"""The addresses of tenancy."""

from django.urls import path

from tenants.views import switch

urlpatterns = [path("clinic/", switch.switch_clinic, name="switch_clinic")]
