"""The roll-up: past months as they were last counted, from the same definitions as every figure."""

from __future__ import annotations

from django.db import models

from wangge.foundation.accounts.models import Organisation
from wangge.foundation.catalogue.models import MatterClass
from wangge.foundation.places.models import Area


class Tally(models.Model):
    """One indicator in one month: rows, hits, and what the hits count together; cut twice, by area and unit and by area
    and class of matters. Either cut holds every row once.

    The area is that of the cases (a grid, mostly); everything above is a sum.
    """

    class Cut(models.TextChoices):
        UNIT = "unit"
        MATTER = "matter"

    cut = models.CharField(max_length=6, choices=Cut.choices)
    indicator = models.CharField(max_length=24)
    month = models.DateField()  # its first day
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False)
    area_path = models.CharField(max_length=120, db_collation="C")
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    matter_class = models.ForeignKey(MatterClass, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    confidential = models.BooleanField()
    rows = models.PositiveIntegerField()
    hits = models.PositiveIntegerField()
    score = models.FloatField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["cut", "indicator", "month"], name="tally_indicator")]
        constraints = [
            models.UniqueConstraint(
                fields=["month", "cut", "indicator", "area", "unit", "matter_class", "confidential"],
                nulls_distinct=False,
                name="tally_once",
            ),
            models.CheckConstraint(
                condition=models.Q(cut="unit", matter_class__isnull=True) | models.Q(cut="matter", unit__isnull=True),
                name="tally_cut_one_way",
            ),
            models.CheckConstraint(condition=models.Q(hits__lte=models.F("rows")), name="tally_hits_are_rows"),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.month:%Y-%m} {self.area_id}"


class TalliedMonth(models.Model):
    """A month that was counted: when, and up to which row of the cases' timeline."""

    month = models.DateField(unique=True)  # its first day
    at = models.DateTimeField()
    seen = models.BigIntegerField()  # the last timeline row that had been written

    class Meta:
        ordering = ["month"]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class HomesMonth(models.Model):
    """What was registered in one grid when a month ended (or last night, while it lasts): numbers, nobody is named.

    Of months before the first count only the residents are known: the graph is dated, a verification is not.
    """

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False)
    area_path = models.CharField(max_length=120, db_collation="C")
    month = models.DateField()  # its first day
    counted_on = models.DateField()  # the day for which the numbers hold
    residents = models.PositiveIntegerField()
    households = models.PositiveIntegerField(null=True)
    verified = models.PositiveIntegerField(null=True)  # households, within twelve months
    rooms = models.PositiveIntegerField(null=True)
    empty = models.PositiveIntegerField(null=True)  # rooms without household and firm
    merged = models.PositiveIntegerField(null=True)  # entries that were another one's duplicate
    entries = models.PositiveIntegerField(null=True)  # residents and merged entries

    class Meta:
        ordering = ["month", "area_path"]
        indexes = [models.Index(fields=["area_path", "month"], name="homes_month_place")]
        constraints = [
            models.UniqueConstraint(fields=["month", "area"], name="homes_month_once"),
            models.CheckConstraint(
                condition=models.Q(verified__lte=models.F("households"))
                & models.Q(empty__lte=models.F("rooms"))
                & models.Q(merged__lte=models.F("entries")),
                name="homes_month_parts_of_wholes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area_id} {self.month:%Y-%m}"
