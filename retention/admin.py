"""What platform staff see of the purge: its runs, and one clinic's deletion log at a time; nothing can be changed."""

from django.contrib import admin

from retention.models import DeletionLog, PurgeRun
from tenants.admin import OneClinicAdmin, ReadOnlyAdmin, site


@admin.register(PurgeRun, site=site)
class PurgeRunAdmin(ReadOnlyAdmin):
    list_display = ("started_at", "finished_at")


@admin.register(DeletionLog, site=site)
class DeletionLogAdmin(OneClinicAdmin):
    list_display = ("at", "what", "before", "count", "certificate")
    ordering = ("-at", "-id")
