"""The addresses of tenancy."""

from django.urls import path

from tenants import views

urlpatterns = [path("clinic/", views.switch_clinic, name="switch_clinic")]
