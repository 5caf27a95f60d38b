"""Organisations in three dated trees, users, posts, tokens."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.foundation.accounts.roles import ROLES, role_choices
from wangge.foundation.core import clock
from wangge.foundation.core.dated import DatedQuerySet, ends_after_it_begins
from wangge.foundation.core.naming import TwoNames
from wangge.foundation.places.models import Area, Compound


class Organisation(TwoNames, models.Model):
    """An office, team, committee, company, branch or group: what a case can be sent to and a post can belong to."""

    class Tree(models.TextChoices):
        ADMIN = "admin", _("Administration")  # 行政
        PARTY = "party", _("Party")  # 党
        SELF = "self", _("Self-government")  # 自治: committees of residents and owners, companies, volunteers

    class Kind(models.TextChoices):
        STREET_OFFICE = "street_office", _("Street office")  # 街道办事处
        COMMAND_CENTRE = "command_centre", _("Command centre")  # 指挥中心
        DEPARTMENT = "department", _("Office of the street")  # 内设机构
        ENFORCEMENT = "enforcement", _("Law-enforcement team")  # 综合执法队
        SANITATION = "sanitation", _("Sanitation station")  # 环卫所
        MUNICIPAL = "municipal", _("Municipal maintenance")  # 市政养护
        PROPERTY_OFFICE = "property_office", _("Property management office")  # 物业办
        EMERGENCY = "emergency", _("Emergency and safety office")  # 应急办
        SOCIAL_AFFAIRS = "social_affairs", _("Social affairs office")  # 社会事务办
        PEACE = "peace", _("Public order centre")  # 平安办/综治中心
        PARTY_OFFICE = "party_office", _("Party building office")  # 党建办
        ECONOMY = "economy", _("Economic development office")  # 经发办
        FINANCE = "finance", _("Finance office")  # 财政所
        SERVICE_CENTRE = "service_centre", _("Convenience service centre")  # 便民服务中心
        VETERANS = "veterans", _("Veterans service station")  # 退役军人服务站
        DISCIPLINE = "discipline", _("Discipline commission")  # 纪工委
        POLICE = "police", _("Police station")  # 派出所
        JUSTICE = "justice", _("Judicial office")  # 司法所
        MARKET = "market", _("Market supervision office")  # 市场监管所
        HEALTH = "health", _("Community health centre")  # 社区卫生服务中心
        UTILITY = "utility", _("Water, power, gas or heat company")
        DISTRICT = "district", _("District department")  # 区直部门
        COMMUNITY = "community", _("Residents' committee")  # 社区居委会 (网格驿站)
        OWNERS = "owners", _("Owners' committee")  # 业委会
        PROPERTY_COMPANY = "property_company", _("Property company")  # 物业公司
        MEDIATION = "mediation", _("Mediation committee")
        VOLUNTEERS = "volunteers", _("Volunteer team")
        PARTY_COMMITTEE = "party_committee", _("Party committee")  # 党工委/社区党委
        PARTY_BRANCH = "party_branch", _("Grid party branch")  # 网格党支部
        PARTY_GROUP = "party_group", _("Building party group")  # 楼栋党小组
        MEMBER_HOUSEHOLD = "member_household", _("Party member household")  # 党员中心户

    tree = models.CharField(max_length=6, choices=Tree.choices)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, blank=True)
    uscc = models.CharField(max_length=18, blank=True)  # 统一社会信用代码, GB 32100
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    path = models.CharField(max_length=120, db_collation="C", blank=True)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, related_name="organisations")
    phone = models.CharField(max_length=30, blank=True)  # the duty telephone of the office, never a person's
    handles = models.BooleanField(default=False)  # can be sent cases
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["tree", "path", "id"]
        indexes = [
            models.Index(fields=["path"], name="organisation_path"),
            models.Index(fields=["kind", "area"], name="organisation_kind_area"),
        ]
        constraints = [ends_after_it_begins("organisation")]

    def __str__(self) -> str:
        return self.name_zh


class Responsibility(models.Model):
    """What ground an organisation answers for, beside its own area: a compound (物业公司), a grid (党支部)."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="responsibilities")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, related_name="responsible")
    compound = models.ForeignKey(Compound, on_delete=models.PROTECT, null=True, related_name="responsible")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["organisation_id", "id"]
        constraints = [
            ends_after_it_begins("responsibility"),
            models.CheckConstraint(
                condition=Q(area__isnull=False, compound__isnull=True) | Q(area__isnull=True, compound__isnull=False),
                name="responsibility_for_one_place",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id}"


class UserManager(BaseUserManager["User"]):
    """Users are made by `accounts.actions.add_user`; this only serves the log-in."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=username)


class User(AbstractBaseUser):
    """Somebody who logs in. Has no rights of his own: posts give them."""

    username = models.CharField(max_length=60, unique=True, validators=[UnicodeUsernameValidator()])
    name = models.CharField(max_length=50)
    phone = models.BinaryField(null=True)  # sealed, "accounts.user.phone"
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["username"]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    # Django's own permission system is not used; libraries that ask it are told no.
    is_staff = False
    is_superuser = False

    def has_perm(self, _perm: str, _obj: Any = None) -> bool:
        return False

    def has_module_perms(self, _label: str) -> bool:
        return False


class Post(models.Model):
    """任职: a person in a role, at a place and in an organisation, for a period. The source of all authority."""

    class Basis(models.TextChoices):
        FULL_TIME = "full_time", _("Full-time")  # 专职
        PART_TIME = "part_time", _("Part-time")  # 兼职
        CONCURRENT = "concurrent", _("By virtue of another office")  # 兼任
        CROSS = "cross", _("Cross-appointed")  # 交叉任职
        GUARANTOR = "guarantor", _("Guarantor")  # 包保

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="posts")
    role = models.CharField(max_length=24, choices=role_choices())
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="posts")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, related_name="posts")
    basis = models.CharField(max_length=10, choices=Basis.choices, default=Basis.FULL_TIME)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["user_id", "valid_from", "id"]
        indexes = [models.Index(fields=["area", "role"], name="post_area_role")]
        constraints = [
            ends_after_it_begins("post"),
            models.CheckConstraint(condition=Q(role__in=list(ROLES)), name="post_role_is_known"),
            models.CheckConstraint(
                condition=Q(organisation__isnull=False) | Q(area__isnull=False), name="post_is_somewhere"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class ApiToken(models.Model):
    """A user's key to the API. Only its SHA-256 is kept; it can be ended, and ends by itself."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=60)
    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class SavedView(models.Model):
    """A list somebody wants to see again: a name and the filter's query string (codes and ids only)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=500)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_view_once")]

    def __str__(self) -> str:
        return self.name
