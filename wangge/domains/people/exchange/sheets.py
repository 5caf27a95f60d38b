"""The sheets that can be taken in, their fields, and the headings under which offices write them."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from wangge.domains.people.exchange.layout import label_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.utils.functional import _StrPromise

IGNORED = "-"
"""In a mapping: this column is not taken in, on purpose."""


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    """One field of a sheet: its heading in files that leave the system, and how others write it."""

    key: str
    name: _StrPromise
    heading: str
    synonyms: str = ""
    required: bool = False
    width: int = 12  # characters, in a file that leaves the system
    masked: str = ""  # the mask of `masks.py` under which it is shown

    def headings(self) -> list[str]:
        """Every heading that means this field."""
        return [self.heading, *self.synonyms.split()]


@dataclasses.dataclass(frozen=True, slots=True)
class SheetKind:
    """A kind of sheet: what a row of it is."""

    key: str
    name: _StrPromise
    note: _StrPromise
    fields: tuple[Field, ...]

    def field(self, key: str) -> Field:
        """The field of a key; KeyError if there is none."""
        return next(field for field in self.fields if field.key == key) if key in self.names() else _no_field(key)

    def names(self) -> list[str]:
        """The keys of the fields, in the order of the sheet."""
        return [field.key for field in self.fields]


def _no_field(key: str) -> Field:
    raise KeyError(key)


_PLACE = (
    Field("compound", _("Compound"), "小区", "小区名称 院落 院落名称 家属院 所在小区 小区院落 居住小区"),
    Field("building", _("Building"), "楼栋", "楼号 楼幢 楼 栋号 幢号 楼栋号 栋 幢 楼座"),
    Field("unit", _("Entrance"), "单元", "单元号 门洞 单元门"),
    Field("room", _("Room"), "房号", "室 门牌 房间号 室号 户室 房屋号 房屋编号 门牌号 房间"),
    Field(
        "address",
        _("Address"),
        "现住址",
        "住址 地址 详细地址 家庭住址 居住地址 现居住地址 居住地 现居住地 常住地址 现住地址 住所 家庭地址 实际居住地",
        width=30,
        masked="address",
    ),
)

PERSONS = SheetKind(
    "persons",
    _("Residents"),
    _("One row per person, with the dwelling: it fills the register of persons, households and rooms."),
    (
        Field("house", _("Household number"), "户号", "户编号 家庭编号 户籍编号 户序号", width=10),
        Field(
            "name",
            _("Name"),
            "姓名",
            "居民姓名 人员姓名 成员姓名 家庭成员 家庭成员姓名 人口姓名 住户姓名",
            required=True,
            masked="name",
        ),
        Field("role", _("Relation to the head"), "与户主关系", "关系 与户主的关系 户主关系 家庭关系 成员关系"),
        Field("head_name", _("Name of the head"), "户主姓名", "户主 户主名称", masked="name"),
        Field("sex", _("Sex"), "性别", "", width=6),
        Field("born", _("Date of birth"), "出生日期", "出生年月 生日 出生年月日 出生 出生时间"),
        Field("id_kind", _("Kind of document"), "证件类型", "证件种类 证件名称", width=16),
        Field(
            "id_number",
            _("Identity number"),
            "身份证号码",
            "身份证号 身份证 公民身份号码 公民身份证号 公民身份证号码 证件号码 证件号 身份证件号码 居民身份证号 居民身份证号码 身份号码",
            width=22,
            masked="id_number",
        ),
        Field(
            "phone",
            _("Phone"),
            "联系电话",
            "电话 手机 手机号 手机号码 联系方式 电话号码 移动电话 本人电话 联系手机",
            width=14,
            masked="phone",
        ),
        *_PLACE,
        Field("presence", _("State of living"), "居住状态", "是否在住 在住情况 居住情况 人户情况", width=10),
        Field("registration", _("Registration"), "户籍类型", "人口类型 人员类别 户籍情况 人口类别 人口性质", width=14),
        Field("basis", _("Own or rented"), "住房性质", "房屋性质 居住方式 产权性质 住房类型 房屋来源", width=10),
        Field(
            "registered_address",
            _("Registered address"),
            "户籍地址",
            "户籍地 户口所在地 户籍所在地 户籍住址",
            width=30,
            masked="address",
        ),
        Field(
            "work_or_school",
            _("Work or school"),
            "工作单位或学校",
            "工作单位 单位 服务处所 就读学校 单位名称 学校 工作学习单位",
            width=20,
            masked="address",
        ),
        Field("former_name", _("Former name"), "曾用名", "曾用姓名", masked="name"),
        Field("since", _("Living there since"), "入住日期", "入住时间 迁入日期 迁入时间 居住起始日期 来本地日期"),
    ),
)
FIRMS = SheetKind(
    "firms",
    _("Firms and shops"),
    _("One row per firm, shop or institution, with its credit code where it has one."),
    (
        Field(
            "name",
            _("Name of the unit"),
            "单位名称",
            "名称 企业名称 商户名称 店铺名称 公司名称 市场主体名称 字号名称 经营者名称 学校名称 学校 院校名称 机构名称 店名",
            required=True,
            width=28,
        ),
        Field("kind", _("Kind of firm"), "单位类型", "类型 企业类型 主体类型 单位性质 市场主体类型"),
        Field(
            "credit_code",
            _("Credit code"),
            "统一社会信用代码",
            "信用代码 社会信用代码 统一信用代码 营业执照号 营业执照号码",
            width=22,
        ),
        Field("trade", _("Trade"), "行业", "经营范围 所属行业 行业类别 主营 经营项目 业态", width=16),
        *_PLACE,
        Field("staff", _("Staff"), "从业人数", "职工人数 员工人数 从业人员 人数 职工数", width=8),
        Field(
            "contact_name",
            _("Contact person"),
            "联系人",
            "负责人 法定代表人 经营者 法人 法人代表 单位负责人 负责人姓名",
            masked="name",
        ),
        Field(
            "contact_phone",
            _("Phone"),
            "联系电话",
            "电话 手机 手机号 手机号码 联系方式 电话号码 负责人电话",
            width=14,
            masked="phone",
        ),
    ),
)
SITES = SheetKind(
    "sites",
    _("Places that need care"),
    _("Schools, markets, shelters and other places, one per row."),
    (
        Field(
            "name",
            _("Name of the place"),
            "名称",
            "场所名称 学校名称 学校 院校名称 单位名称 点位名称 地点名称",
            required=True,
            width=28,
        ),
        Field("kind", _("Kind of place"), "场所类型", "类型 场所类别 类别"),
        Field("address", _("Address"), "地址", "详细地址 所在地 位置 所在位置 所在区域 住所", width=30),
    ),
)
TABLE = SheetKind(
    "table",
    _("Any other ledger"),
    _(
        "Is read and put in order: titles, headings, sections and totals apart, to look at and to take away as a clean table."
    ),
    (),
)
KINDS: dict[str, SheetKind] = {kind.key: kind for kind in (PERSONS, FIRMS, SITES, TABLE)}

# Headings whose content the register never holds; they are recognised so that the page can say so.
NEVER = frozenset(
    "民族 政治面貌 宗教信仰 宗教 信仰 血型 婚姻状况 文化程度 学历 健康状况 病史 疾病 患病情况 车牌号 车牌号码 微信 微信号 QQ 备注 说明 "
    "照片 指纹 身高 兵役状况 收入 银行卡号 银行账号 精神状况 前科 犯罪记录".split()
)
_NUMBERING = frozenset("序号 编号 序列 行号".split())


@cache
def known() -> frozenset[str]:
    """Every heading that the office uses, as `label_key` writes them: by these the heading of a sheet is found."""
    named = {label_key(text) for kind in KINDS.values() for field in kind.fields for text in field.headings()}
    return frozenset(named | {label_key(text) for text in NEVER | _NUMBERING})


def guess(kind: SheetKind, labels: Sequence[str]) -> dict[int, str]:
    """Column → field, as the headings say; each field once, the exact heading first. What is unknown is not in it."""
    by_heading = {label_key(text): field.key for field in reversed(kind.fields) for text in field.headings()}
    exact = {label_key(field.heading): field.key for field in kind.fields}
    found: dict[int, str] = {}
    for table in (exact, by_heading):
        for column, label in enumerate(labels):
            if column in found:
                continue
            for wording in _wordings(label):
                key = table.get(wording)
                if key is not None and key not in found.values():
                    found[column] = key
                    break
    return dict(sorted(found.items()))


def never_taken(label: str) -> bool:
    """Whether a heading names what the register never holds."""
    return any(wording in _never() for wording in _wordings(label))


@cache
def _never() -> frozenset[str]:
    return frozenset(label_key(text) for text in NEVER)


def _wordings(label: str) -> list[str]:
    """A heading over a heading says it whole, by its lower part, by its upper part."""
    parts = label.split("/")
    return [label_key(one) for one in ("".join(parts), parts[-1], parts[0])]


def places_of(columns: Mapping[int, str]) -> bool:
    """Whether a mapping says where: a room by its parts, or an address in one."""
    fields = set(columns.values())
    return "address" in fields or "room" in fields
