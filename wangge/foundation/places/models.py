"""The dated tree of areas, and what stands on the ground."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.foundation.core.dated import DatedQuerySet, ends_after_it_begins
from wangge.foundation.core.naming import TwoNames


class Area(TwoNames, models.Model):
    """区, 街道, 社区, 网格 or 微网格: a node of the dated administrative tree.

    `parent` is the truth; `path` ("/1/4/17/") is derived from it and is what scope compares. A grid that is redrawn
    is closed (`valid_to`) and replaced by new rows; `AreaLineage` tells which came from which.
    """

    class Kind(models.TextChoices):
        DISTRICT = "district", _("District")
        STREET = "street", _("Street")
        COMMUNITY = "community", _("Community")
        GRID = "grid", _("Grid")
        MICRO_GRID = "micro_grid", _("Micro-grid")

    class GridKind(models.TextChoices):
        BASIC = "basic", _("Basic grid")  # 综合网格
        SPECIAL = "special", _("Special grid")  # 专属网格: a park, market, hospital, office block

    kind = models.CharField(max_length=12, choices=Kind.choices)
    grid_kind = models.CharField(max_length=8, choices=GridKind.choices, blank=True)
    code = models.CharField(max_length=20)  # GB/T 2260 + 10114 (6, 9, 12 digits), grids + 3 digits
    short_code = models.CharField(max_length=8, blank=True)  # streets: the letters in case numbers ("NC")
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80, blank=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    path = models.CharField(max_length=120, db_collation="C", blank=True)
    boundary = models.JSONField(null=True)  # a GeoJSON Polygon or MultiPolygon
    lon = models.FloatField(null=True)  # a point inside, for labels
    lat = models.FloatField(null=True)
    households = models.PositiveIntegerField(default=0)  # approximate size, as published
    phone = models.CharField(max_length=30, blank=True)  # supervision phone posted where residents are
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["code", "id"]
        indexes = [models.Index(fields=["path"], name="area_path")]
        constraints = [
            ends_after_it_begins("area"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(valid_to__isnull=True), name="area_code_once_in_force"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["grid", "micro_grid"]) | Q(grid_kind=""), name="area_grid_kind_for_grids"
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=False) | Q(kind="district"), name="area_only_a_district_is_a_root"
            ),
        ]

    def __str__(self) -> str:
        return self.name_zh


class AreaLineage(models.Model):
    """Which grid came from which when grids were redrawn; `share` of the old one's area, 0 < share ≤ 1."""

    old = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="successors")
    new = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="predecessors")
    share = models.DecimalField(max_digits=6, decimal_places=5)

    class Meta:
        ordering = ["old_id", "new_id"]
        constraints = [
            models.UniqueConstraint(fields=["old", "new"], name="lineage_once"),
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=1), name="lineage_share_is_a_part"),
        ]

    def __str__(self) -> str:
        return f"{self.old_id} → {self.new_id}"


class Compound(TwoNames, models.Model):
    """小区: a housing compound or courtyard, within one community."""

    class Kind(models.TextChoices):
        COMMERCIAL = "commercial", _("Commercial housing")  # 商品房
        FAMILY = "family", _("Work-unit family compound")  # 单位家属院
        OLD = "old", _("Old compound")  # 老旧小区
        SELF_BUILT = "self_built", _("Self-built houses")  # 自建
        RESETTLEMENT = "resettlement", _("Resettlement housing")  # 安置

    class Management(models.TextChoices):
        COMPANY = "company", _("Property company")
        SELF = "self", _("Managed by the owners")  # 自管
        COMMUNITY = "community", _("Looked after by the community")  # 社区代管
        NONE = "none", _("Without management")  # 脱管

    community = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="compounds")
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80, blank=True)
    aliases = models.JSONField(default=list)  # what people call it
    kind = models.CharField(max_length=12, choices=Kind.choices)
    management = models.CharField(max_length=10, choices=Management.choices)
    address = models.CharField(max_length=120, blank=True)
    boundary = models.JSONField(null=True)
    lon = models.FloatField()
    lat = models.FloatField()

    class Meta:
        ordering = ["community_id", "id"]
        indexes = [models.Index(fields=["lon", "lat"], name="compound_where")]

    def __str__(self) -> str:
        return self.name_zh


class Building(models.Model):
    """楼栋: one building; stands in a compound, or alone on a street."""

    community = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="buildings")
    compound = models.ForeignKey(Compound, on_delete=models.PROTECT, null=True, related_name="buildings")
    name = models.CharField(max_length=40)  # "3号楼"
    address = models.CharField(max_length=120, blank=True)
    floors = models.PositiveSmallIntegerField(default=1)
    footprint = models.JSONField(null=True)  # a GeoJSON Polygon
    lon = models.FloatField()
    lat = models.FloatField()

    class Meta:
        ordering = ["compound_id", "id"]
        indexes = [models.Index(fields=["lon", "lat"], name="building_where")]

    def __str__(self) -> str:
        return self.name


class BuildingGrid(models.Model):
    """Which grid a building belongs to, and when."""

    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="grids")
    grid = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="building_links")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        constraints = [
            ends_after_it_begins("building_grid"),
            models.UniqueConstraint(
                fields=["building"], condition=Q(valid_to__isnull=True), name="building_in_one_grid_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.building_id} in {self.grid_id}"


class Entrance(models.Model):
    """单元: a staircase of a building."""

    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="entrances")
    name = models.CharField(max_length=20)  # "2单元"

    class Meta:
        ordering = ["building_id", "id"]
        constraints = [models.UniqueConstraint(fields=["building", "name"], name="entrance_once")]

    def __str__(self) -> str:
        return self.name


class Room(models.Model):
    """房屋: a dwelling or shop, the leaf of the tree of places."""

    class Use(models.TextChoices):
        OWN = "own", _("Lived in by the owner")
        LET = "let", _("Let")
        SHARED = "shared", _("Let to several")
        EMPTY = "empty", _("Empty")
        BUSINESS = "business", _("Business")
        MIXED = "mixed", _("Dwelling used for business")  # 住改商

    entrance = models.ForeignKey(Entrance, on_delete=models.PROTECT, related_name="rooms")
    floor = models.SmallIntegerField()
    name = models.CharField(max_length=20)  # "301"
    use = models.CharField(max_length=10, choices=Use.choices, default=Use.OWN)

    class Meta:
        ordering = ["entrance_id", "floor", "id"]
        constraints = [models.UniqueConstraint(fields=["entrance", "name"], name="room_once")]

    def __str__(self) -> str:
        return self.name


class MapFeature(TwoNames, models.Model):
    """What gives our own map its look: roads, water, green. No outside tiles are needed."""

    class Kind(models.TextChoices):
        ROAD = "road", _("Road")
        RAILWAY = "railway", _("Railway")
        WATER = "water", _("Water")
        GREEN = "green", _("Green")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    name_zh = models.CharField(max_length=60, blank=True)
    name_en = models.CharField(max_length=80, blank=True)
    rank = models.PositiveSmallIntegerField(default=1)  # 1 = main road
    geometry = models.JSONField()

    class Meta:
        ordering = ["kind", "rank", "id"]

    def __str__(self) -> str:
        return self.name_zh


class GridPlan(models.Model):
    """网格重划方案: a division of a community or a street that will take the place of the present one on a day.

    Drafted, then confirmed, then applied by a job on its first day. While it is a draft nothing else knows of it.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Being drawn")
        CONFIRMED = "confirmed", _("Confirmed, waits for its day")
        APPLYING = "applying", _("Being applied")
        APPLIED = "applied", _("The new grids are in force")
        WITHDRAWN = "withdrawn", _("Plan withdrawn")

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="plans")
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT)
    valid_from = models.DateField()
    note = models.CharField(max_length=200, blank=True)  # the decision on which it rests
    drawn_by = models.BigIntegerField(null=True)  # users live above places: their ids
    drawn_at = models.DateTimeField()
    confirmed_by = models.BigIntegerField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    progress = models.JSONField(default=dict)  # while it is applied: which buildings are still to be told of

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "valid_from"], name="grid_plan_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"]) | Q(confirmed_at__isnull=False),
                name="grid_plan_confirmed_before_applied",
            ),
        ]

    def __str__(self) -> str:
        return f"plan {self.pk}"


class GridPlanGrid(TwoNames, models.Model):
    """One grid of a plan: its ground, its buildings, who is to work it."""

    plan = models.ForeignKey(GridPlan, on_delete=models.PROTECT, related_name="grids")
    community = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=20)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80, blank=True)
    grid_kind = models.CharField(max_length=8, choices=Area.GridKind.choices, default=Area.GridKind.BASIC)
    boundary = models.JSONField(null=True)
    buildings = models.JSONField(default=list)  # ids, ascending
    workers = models.JSONField(default=list)  # ids of users; empty: whoever works the grid from which most of it comes
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, related_name="+")  # once applied

    class Meta:
        ordering = ["plan_id", "code"]
        constraints = [models.UniqueConstraint(fields=["plan", "code"], name="grid_plan_code_once")]

    def __str__(self) -> str:
        return self.name_zh
