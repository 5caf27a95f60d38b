"""Firms, shops and other organisations at a place, and the places that need particular care."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.domains.people.models.persons import Origin, PlacedQuerySet
from wangge.foundation.core.dated import DatedQuerySet, ends_after_it_begins
from wangge.foundation.places.models import Building, Room


class Firm(models.Model):
    """市场主体、单位: a firm, a shop, an institution. Whom to call is a person's datum: sealed under the firm's key."""

    class Kind(models.TextChoices):
        COMPANY = "company", _("Company")
        SHOP = "shop", _("Self-employed business")  # 个体工商户
        PUBLIC = "public", _("Public institution")  # 机关事业单位
        SOCIAL = "social", _("Social organisation")
        OTHER = "other", _("Other unit")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    credit_code = models.CharField(max_length=18, blank=True)  # 统一社会信用代码, GB 32100
    trade = models.CharField(max_length=60, blank=True)
    address = models.CharField(max_length=200, blank=True)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, related_name="firms")
    building = models.ForeignKey(Building, on_delete=models.PROTECT, null=True, related_name="firms")
    area_path = models.CharField(max_length=120, db_collation="C", blank=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    staff = models.PositiveIntegerField(null=True)
    contact_name = models.BinaryField(null=True)
    contact_phone = models.BinaryField(null=True)
    verified_on = models.DateField(null=True)
    source = models.CharField(max_length=8, choices=Origin.choices, default=Origin.VISIT)
    source_ref = models.CharField(max_length=60, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = PlacedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["area_path", "id"], name="firm_area")]
        constraints = [
            ends_after_it_begins("firm"),
            models.UniqueConstraint(
                fields=["credit_code"],
                condition=Q(valid_to__isnull=True) & ~Q(credit_code=""),
                name="firm_credit_code_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Site(models.Model):
    """重点场所、特殊点位: a school, a market, a shelter, a store of dangerous goods; for a time."""

    class Kind(models.TextChoices):
        SCHOOL = "school", _("School or kindergarten")
        HOSPITAL = "hospital", _("Hospital or clinic")
        ELDERLY = "elderly", _("Home or canteen for the elderly")
        MARKET = "market", _("Market")
        CROWD = "crowd", _("Place where crowds gather")
        DANGEROUS = "dangerous", _("Store of dangerous goods")
        BUILDING_SITE = "building_site", _("Building site")
        WATER = "water", _("Water where people drown")
        SHELTER = "shelter", _("Emergency shelter")
        STATION = "station", _("Grid station")
        OTHER = "other", _("Other")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=13, choices=Kind.choices)
    address = models.CharField(max_length=200, blank=True)
    building = models.ForeignKey(Building, on_delete=models.PROTECT, null=True, related_name="sites")
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, null=True, related_name="sites")
    area_path = models.CharField(max_length=120, db_collation="C")
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["area_path", "id"], name="site_area")]
        constraints = [ends_after_it_begins("site")]

    def __str__(self) -> str:
        return self.name
