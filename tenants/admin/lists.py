"""Kinds of admin list: read-only, and of one clinic at a time, in its scope."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tenants.selectors import UnknownClinic, get_clinic_by_slug, list_clinics

CLINIC_PARAMETER = "clinic"


class NarrowLookups(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stubs only
    """A list that its address filters by what the page offers and by nothing else: Django would look into any column,
    and a list that is empty or not tells a secret character by character."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        offered = [one if isinstance(one, str) else getattr(one, "parameter_name", "") for one in self.list_filter]
        return lookup in {f"{name}{kind}" for name in offered for kind in ("", "__exact", "__isnull")}


class ReadOnlyAdmin(NarrowLookups):
    """Shows rows and changes none."""

    actions: Any = None
    list_display_links = None

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ChosenClinic(admin.SimpleListFilter):
    """Which clinic's scope the page is shown in; filters nothing, because the scope does."""

    title = "clinic"
    parameter_name = CLINIC_PARAMETER

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, str]]:
        return [(clinic.slug, clinic.name) for clinic in list_clinics()]

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset


class OneClinicAdmin(ReadOnlyAdmin):
    """A list of rows of one clinic, in its scope; without a clinic chosen the database has none to show."""

    list_filter = (ChosenClinic,)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        clinic = chosen_clinic(request)
        if clinic is None:
            return super().changelist_view(request, extra_context)
        with as_clinic(clinic.id):
            page = super().changelist_view(request, extra_context)
            return page.render() if isinstance(page, TemplateResponse) else page  # rows are read while it renders


def chosen_clinic(request: HttpRequest) -> ClinicFacts | None:
    """The clinic that the list's address names."""
    try:
        return get_clinic_by_slug(request.GET.get(CLINIC_PARAMETER, ""))
    except UnknownClinic:
        return None
