"""People of clinics and of the platform, for platform staff. Nobody's password can be set; a person is sent a link."""

from typing import Any

from allauth.account.forms import ResetPasswordForm
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from tenants import services
from tenants.access import actor_of
from tenants.admin.lists import NarrowLookups
from tenants.admin.platform import site
from tenants.forms.platform import PersonForm
from tenants.models import User


@admin.register(User, site=site)
class UserAdmin(NarrowLookups):
    """Only a superuser makes or unmakes platform staff. Who is shut out or unmade loses their sign-ins at once."""

    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    ordering = ("email",)
    fields = ("email", "name", "is_active", "is_staff", "is_superuser", "last_login", "created_at")
    actions = ("send_password_link",)
    form = PersonForm

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        always = ("last_login", "created_at")
        if request.user.is_superuser:
            return always
        # Whoever may set an address takes the account over: a link for a new password goes there.
        return (*always, "is_staff", "is_superuser", *(["email"] if obj else []))

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Who is not a superuser cannot touch one, or could take its address over."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        details = services.PersonDetails(obj.email, obj.name, obj.is_active, obj.is_staff, obj.is_superuser)
        if change:
            services.change_person(user_id=obj.pk, details=details, now=timezone.now(), actor=actor_of(request))
        else:
            services.add_person(user_id=obj.pk, details=details, actor=actor_of(request))

    @admin.action(description="Send a link to set a new password", permissions=["change"])
    def send_password_link(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Each link that is sent is put on record where all of them are: see `tenants.accounts`."""
        for user in queryset:
            form = ResetPasswordForm({"email": user.email})
            if form.is_valid():
                form.save(request)
        self.message_user(request, "Links were sent to those who are active.", messages.SUCCESS)
