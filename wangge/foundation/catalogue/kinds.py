"""The closed lists of the catalogue: the ten modules, the eight tasks, levels, urgencies, kinds of clock, stages, duties."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Module(models.TextChoices):
    """The ten modules of the platform: views over one catalogue."""

    OPENNESS = "openness", _("Open government")  # 政务公开
    PARTY = "party", _("Party building")  # 智慧党建
    DISCIPLINE = "discipline", _("Discipline and supervision")  # 纪律监督
    ORDER = "order", _("Public order")  # 综合治理
    SAFETY = "safety", _("Work safety")  # 安全生产
    HEALTH = "health", _("Health and family")  # 卫生计生
    CITY = "city", _("City management")  # 城市管理
    SOCIAL = "social", _("Social affairs")  # 社会事务
    ECONOMY = "economy", _("Economy and trade")  # 经济贸易
    FINANCE = "finance", _("Public finance")  # 财政管理


class Task(models.TextChoices):
    """The eight tasks of "184"."""

    INFORMATION = "information", _("Gathering information")  # 信息采集
    MEDIATION = "mediation", _("Settling disputes")  # 矛盾化解
    HAZARD = "hazard", _("Finding hazards")  # 隐患排查
    SECURITY = "security", _("Preventing crime")  # 治安防范
    POPULATION = "population", _("Population service")  # 人口管理
    LEGAL = "legal", _("Legal education")  # 法制宣传
    COUNSELLING = "counselling", _("Counselling")  # 心理疏导
    CONVENIENCE = "convenience", _("Convenience service")  # 便民服务


class Level(models.IntegerChoices):
    """The rung of the ladder at which a matter is normally settled."""

    GRID = 1, _("Grid")
    COMMUNITY = 2, _("Community")
    STREET = 3, _("Street")
    DISTRICT = 4, _("District")


class Urgency(models.TextChoices):
    """Which of the short clocks a matter asks for."""

    ORDINARY = "ordinary", _("Ordinary")
    UTILITY = "utility", _("Supply or extreme weather")  # 水电气热/极端天气
    URGENT = "urgent", _("Urgent")  # 紧急


class ClockKind(models.TextChoices):
    """Kinds of time limit; minutes exist for the first minutes of an emergency only."""

    WORKING_DAYS = "working_days", _("Working days")  # 工作日
    WORKING_HOURS = "working_hours", _("Office hours")  # 工作时
    URGENT_HOURS = "urgent_hours", _("Hours round the clock")  # 紧急工作时
    URGENT_MINUTES = "urgent_minutes", _("Minutes round the clock")


class Stage(models.TextChoices):
    """Stages of a case that have a clock."""

    ACCEPT = "accept", _("Acceptance")
    SUPPLEMENT = "supplement", _("Adding details")
    SPOT_CHECK = "spot_check", _("Spot check")
    DISPATCH = "dispatch", _("Dispatch")
    SIGN = "sign", _("Signing for it")
    SEND_BACK = "send_back", _("Sending it back")
    CONTACT = "contact", _("First contact")
    HANDLE = "handle", _("Handling")
    VERIFY = "verify", _("Verification")
    EVALUATE = "evaluate", _("Evaluation")
    DECIDE = "decide", _("Deciding an objection")


class Duty(models.TextChoices):
    """What a unit is asked to be."""

    MAIN = "main", _("Responsible unit")  # 主办
    CO = "co", _("Co-handling unit")  # 协办
