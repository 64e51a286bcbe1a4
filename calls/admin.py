"""What platform staff see of phone systems and of work that waits, of one clinic at a time: names, times and counts.

No secret, no token, and nothing of what any message or row of work is about.
"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from calls import services
from calls.models import Change, Connection
from calls.selectors import list_connections, list_queues
from tenants.access import actor_of
from tenants.admin import OneClinicAdmin, site
from tenants.admin.lists import chosen_clinic
from tenants.selectors import list_clinics


@admin.register(Connection, site=site)
class ConnectionAdmin(OneClinicAdmin):
    """How a clinic's connections are."""

    ordering = ("created_at",)

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        """The columns are made for each request: what was heard is asked once for all rows."""
        clinic = chosen_clinic(request)
        lines = {line.id: line for line in list_connections(clinic, timezone.now())} if clinic else {}

        @admin.display(description="State")
        def state(row: Connection) -> str:
            return lines[row.pk].state

        @admin.display(description="Last heard")
        def heard(row: Connection) -> Any:
            return lines[row.pk].heard.last_at

        @admin.display(description="Refused in 7 days")
        def refused(row: Connection) -> str:
            refusals = lines[row.pk].heard.refusals
            return "; ".join(f"{count} × {reason}" for reason, count in refusals) or "none"

        return ("name", "provider", "created_at", "paused_at", state, heard, refused)


@admin.register(Change, site=site)
class WorkAdmin(OneClinicAdmin):
    """Work that was set aside after too many tries: tried once more, or given up. The page counts all that waits."""

    list_display = ("created_at", "tries", "set_aside_at", "problem")
    ordering = ("set_aside_at",)
    actions: Any = ("try_again", "give_up")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Change]:
        return super().get_queryset(request).filter(set_aside_at__isnull=False)

    def has_work_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("calls.change_change"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        queues = list_queues()
        told = [(clinic, queues[clinic.id]) for clinic in list_clinics() if clinic.id in queues]
        return super().changelist_view(request, {**(extra_context or {}), "title": "Work that waits", "queues": told})

    @admin.action(description="Try again", permissions=["work"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Change]) -> None:
        clinic = chosen_clinic(request)
        ids = list(queryset.values_list("pk", flat=True))
        count = services.retry_work(clinic_id=clinic.id, ids=ids, actor=actor_of(request)) if clinic else 0
        self.message_user(request, f"{count} will be tried again within seconds.", messages.SUCCESS)

    @admin.action(description="Give up…", permissions=["work"])
    def give_up(self, request: HttpRequest, queryset: QuerySet[Change]) -> HttpResponse | None:
        """Asks first: what is given up is not done, until something new happens or the figures are computed again."""
        clinic = chosen_clinic(request)
        ids = list(queryset.values_list("pk", flat=True))
        if request.POST.get("confirmed") != "yes":
            context = {**site.each_context(request), "title": "Give up work?", "ids": ids, "opts": self.model._meta}
            return TemplateResponse(request, "admin/calls/change/give_up.html", context)
        count = services.give_up_work(clinic_id=clinic.id, ids=ids, actor=actor_of(request)) if clinic else 0
        self.message_user(request, f"{count} given up.", messages.SUCCESS)
        return None
