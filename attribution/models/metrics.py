"""Counts and sums; no id and no hash of anybody."""

from django.db import models

from tenants.models import Clinic


class DayChange(models.Model):
    """A work row: this local day of the clinic must be rolled up again."""

    pk = models.CompositePrimaryKey("clinic_id", "on")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    on = models.DateField(db_column="day")

    def __str__(self) -> str:
        return f"{self.on}"


class DailyMetrics(models.Model):
    """Counts and sums of one local day; no id and no hash. The columns are those of attribution.md."""

    pk = models.CompositePrimaryKey("clinic_id", "on")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    on = models.DateField(db_column="day")
    # by the local date of the call
    inbound = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    missed = models.PositiveIntegerField(default=0)
    voicemail = models.PositiveIntegerField(default=0)
    abandoned = models.PositiveIntegerField(default=0)
    withheld = models.PositiveIntegerField(default=0)
    outbound = models.PositiveIntegerField(default=0)
    missed_out_of_hours = models.PositiveIntegerField(default=0)
    # by the local date of opened_at
    opportunities = models.PositiveIntegerField(default=0)
    called_back = models.PositiveIntegerField(default=0)
    reached = models.PositiveIntegerField(default=0)
    recovered = models.PositiveIntegerField(default=0)
    lapsed = models.PositiveIntegerField(default=0)
    dismissed = models.PositiveIntegerField(default=0)
    delay_5m = models.PositiveIntegerField(default=0)
    delay_15m = models.PositiveIntegerField(default=0)
    delay_30m = models.PositiveIntegerField(default=0)
    delay_1h = models.PositiveIntegerField(default=0)
    delay_2h = models.PositiveIntegerField(default=0)
    delay_4h = models.PositiveIntegerField(default=0)
    delay_8h = models.PositiveIntegerField(default=0)
    delay_24h = models.PositiveIntegerField(default=0)
    delay_48h = models.PositiveIntegerField(default=0)
    delay_later = models.PositiveIntegerField(default=0)
    # by the local date of booked_at
    appointments = models.PositiveIntegerField(default=0)
    recovered_appointments = models.PositiveIntegerField(default=0)
    recovered_value = models.DecimalField(max_digits=12, decimal_places=2, null=True)  # null: moved into its month

    def __str__(self) -> str:
        return f"{self.on}"


class HourlyMetrics(models.Model):
    """Inbound and missed calls by local hour, for the heat map; the repeated hour of autumn is one hour of two."""

    pk = models.CompositePrimaryKey("clinic_id", "on", "hour")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    on = models.DateField(db_column="day")
    hour = models.PositiveSmallIntegerField()
    inbound = models.PositiveIntegerField(default=0)
    missed = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.on} {self.hour}"


class MonthlyValue(models.Model):
    """Recovered value of days that are older than 90 days: a day with one recovery would be one person's bill."""

    pk = models.CompositePrimaryKey("clinic_id", "month")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    month = models.DateField()  # its first day
    recovered_value = models.DecimalField(max_digits=14, decimal_places=2)

    def __str__(self) -> str:
        return f"{self.month}"
