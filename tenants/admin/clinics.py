"""Clinics for platform staff: to look at, to correct the name of, and to open for support, which the clinic sees."""

import uuid
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone

from tenants import services
from tenants.access import actor_of, remember_clinic
from tenants.admin.lists import NarrowLookups, OneClinicAdmin
from tenants.admin.platform import site, staff_id
from tenants.forms.support import SupportForm
from tenants.models import Clinic, Membership


@admin.register(Clinic, site=site)
class ClinicAdmin(NarrowLookups):
    """Settings of a clinic are the clinic's own; the platform may correct its name. Commands make it."""

    list_display = ("name", "slug", "timezone", "region", "retention_days", "support_until", "created_at")
    search_fields = ("name", "slug")
    fields = (
        "name", "slug", "timezone", "region", "currency", "retention_days", "support_allowed", "support_until",
        "support_reason", "created_at",
    )  # fmt: skip
    readonly_fields = fields[1:]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Clinic | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Clinic, form: Any, change: bool) -> None:
        services.rename_clinic(clinic_id=obj.pk, name=obj.name, actor=actor_of(request))

    def get_urls(self) -> list[URLPattern]:
        here = [
            path("<uuid:clinic_id>/support/", site.admin_view(self.open_support), name="tenants_clinic_support"),
            path("<uuid:clinic_id>/support/end/", site.admin_view(self.end_support), name="tenants_clinic_support_end"),
        ]
        return [*here, *super().get_urls()]

    def open_support(self, request: HttpRequest, clinic_id: uuid.UUID) -> HttpResponse:
        """Asks for a reason and minutes, and says what the clinic sees of it; then lets this person in."""
        clinic = self._find(request, clinic_id)
        form = SupportForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                services.open_support(
                    clinic_id=clinic_id,
                    user_id=staff_id(request),
                    now=timezone.now(),
                    actor=actor_of(request),
                    **form.grant(),
                )
            except services.SupportRefused as error:
                form.add_error(None, str(error))
            else:
                remember_clinic(request, clinic.slug)
                messages.success(request, f"You can look at {clinic.name} now: View site.")
                return redirect("admin:tenants_clinic_change", clinic_id)
        context = {
            **site.each_context(request),
            "title": f"Open {clinic.name} for support",
            "clinic": clinic,
            "form": form,
        }
        return render(request, "admin/tenants/clinic/support.html", context, status=400 if form.errors else 200)

    def end_support(self, request: HttpRequest, clinic_id: uuid.UUID) -> HttpResponse:
        self._find(request, clinic_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if services.end_support(clinic_id=clinic_id, now=timezone.now(), actor=actor_of(request)):
            messages.success(request, "The support access has ended.")
        return redirect("admin:tenants_clinic_change", clinic_id)

    def _find(self, request: HttpRequest, clinic_id: uuid.UUID) -> Clinic:
        clinic: Clinic | None = self.get_object(request, str(clinic_id))
        if clinic is None:
            raise Http404
        if not self.has_change_permission(request, clinic):
            raise PermissionDenied
        return clinic


@admin.register(Membership, site=site)
class MembershipAdmin(OneClinicAdmin):
    """Who belongs to a clinic."""

    list_display = ("user", "role", "created_at", "expires_at")
    ordering = ("role", "created_at")
    list_select_related = ("user",)
