"""The admin pages of platform staff: clinics, people, memberships. No caller, call or appointment is ever shown here.

A clinic's own rows are shown in its scope only, one clinic at a time. Nobody's password can be set; a person is sent a
link. Searching never takes a phone number, because an address ends up in logs.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from allauth.account.decorators import secure_admin_login
from allauth.account.forms import ResetPasswordForm
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse

from tenants.models import Clinic, Membership, User
from tenants.scope import as_clinic

TELLING_DIGITS = 7  # so many digits may be somebody's number
SEARCH_PARAMETERS = ("q", "term")
CLINIC_PARAMETER = "clinic"
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class PlatformAdmin(admin.AdminSite):
    """Only what is registered here is to be seen; people sign in where everybody does."""

    site_header = site_title = "Ringback platform"
    index_title = "Clinics and people"

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return response

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        inner = super().admin_view(view, cacheable)

        @functools.wraps(inner)
        def without_numbers(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            searches = [text for name in SEARCH_PARAMETERS for text in request.GET.getlist(name)]
            if any(may_be_number(text) for text in searches):
                return HttpResponseBadRequest("Phone numbers are not searched for here.", content_type="text/plain")
            return inner(request, *args, **kwargs)

        return cast(View, without_numbers)


def may_be_number(text: str) -> bool:
    return sum(character.isdecimal() for character in text) >= TELLING_DIGITS


site = PlatformAdmin(name="admin")


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stubs only
    """Shows rows and changes none."""

    actions = None
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
        return [(clinic.slug, clinic.name) for clinic in Clinic.objects.all()]

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset


class OneClinicAdmin(ReadOnlyAdmin):
    """A list of rows of one clinic, in its scope; without a clinic chosen the database has none to show."""

    list_filter = (ChosenClinic,)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        clinic = Clinic.objects.filter(slug=request.GET.get(CLINIC_PARAMETER, "")).first()
        if clinic is None:
            return super().changelist_view(request, extra_context)
        with as_clinic(clinic.id):
            page = super().changelist_view(request, extra_context)
            return page.render() if isinstance(page, TemplateResponse) else page  # rows are read while it renders


@admin.register(Clinic, site=site)
class ClinicAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stubs only
    """Settings of a clinic are the clinic's own; the platform may correct its name. Commands make it."""

    list_display = ("name", "slug", "timezone", "region", "retention_days", "created_at")
    search_fields = ("name", "slug")
    fields = ("name", "slug", "timezone", "region", "currency", "retention_days", "created_at")
    readonly_fields = fields[1:]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Clinic | None = None) -> bool:
        return False


@admin.register(User, site=site)
class UserAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in its stubs only
    """People of clinics and of the platform. Only a superuser makes or unmakes platform staff."""

    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    ordering = ("email",)
    fields = ("email", "name", "is_active", "is_staff", "is_superuser", "last_login", "created_at")
    actions = ("send_password_link",)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        always = ("last_login", "created_at")
        return always if request.user.is_superuser else (*always, "is_staff", "is_superuser")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Who is not a superuser cannot touch one, or could take its address over."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        obj.email = obj.email.strip().lower()
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    @admin.action(description="Send a link to set a new password", permissions=["change"])
    def send_password_link(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            form = ResetPasswordForm({"email": user.email})
            if form.is_valid():
                form.save(request)
        self.message_user(request, "Links were sent to those who are active.", messages.SUCCESS)


@admin.register(Membership, site=site)
class MembershipAdmin(OneClinicAdmin):
    """Who belongs to a clinic."""

    list_display = ("user", "role", "created_at")
    ordering = ("role", "created_at")
