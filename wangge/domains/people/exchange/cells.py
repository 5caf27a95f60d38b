"""What a cell means: names, numbers, dates in every writing of the office, words and their synonyms."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import TYPE_CHECKING, Any

from wangge.domains.people import identity
from wangge.domains.people.exchange.issues import CellError
from wangge.domains.people.exchange.reading import text_of
from wangge.domains.people.models import Firm, Membership, Person, Site, Stay

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = {"name": 50, "former_name": 50, "address": 200, "registered_address": 200, "work_or_school": 120}
_EXACT = 10**15  # a spreadsheet keeps fifteen digits of a number, no more
_SCIENTIFIC = re.compile(r"^\d(\.\d+)?[eE]\+?\d{1,3}$")
_EXCEL_EPOCH = dt.date(1899, 12, 30)
_EARLIEST_SERIAL, _LATEST_SERIAL = 1, 73_050  # 1900 … 2099
_DATE = re.compile(r"^(\d{4})\s*[-./年\\]\s*(\d{1,2})(?:\s*[-./月\\]\s*(\d{1,2})\s*日?|\s*月?)?(?:[ T]+\d.*)?$")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})?$")
_MONTH_AS_NUMBER = re.compile(r"^((?:19|20)\d{2})\.([2-9]|1[12]|0[1-9])$")
_YEAR = re.compile(r"^(\d{4})\s*年?$")
_PHONE = re.compile(r"^(1\d{10}|0\d{2,3}-?\d{7,8}(-\d{1,6})?|\d{7,8}|400\d{7}|400-\d{3}-\d{4}|\+\d{8,15})$")
_NAME = re.compile(r"^[^\d<>=@#$%^*_|\\{}\[\]!?！？]{1,50}$")
_DOCUMENT = re.compile(r"^[A-Z0-9()/]{5,20}$")
_BLANK = frozenset(
    {"无", "-", "--", "—", "/", "\\", "无号码", "不详", "未知", "空", "暂无", "N/A", "n/a", "null", "NULL"}
)


def _words(table: Mapping[str, str]) -> dict[str, str]:
    return {word: key for key, words in table.items() for word in words.split()}


_SEX = _words({"m": "男 男性 M m 1 先生", "f": "女 女性 F f 2 女士"})
_ROLES = _words(
    {
        Membership.Role.HEAD: "户主 本人 本户户主 房主 业主 承租人 户主本人",
        Membership.Role.SPOUSE: "配偶 妻 夫 妻子 丈夫 爱人 夫妻 老伴",
        Membership.Role.CHILD: "子 女 子女 儿子 女儿 长子 次子 三子 四子 五子 长女 次女 三女 四女 五女 独生子 独生女 养子 养女 继子 继女 "
        "儿媳 女婿 之子 之女 子媳 养子女 继子女",
        Membership.Role.PARENT: "父母 父 母 父亲 母亲 公公 婆婆 岳父 岳母 公婆 岳父母 继父 继母 养父 养母",
        Membership.Role.GRANDCHILD: "孙子女 孙子 孙女 外孙 外孙女 孙 外孙子 外孙子女 重孙 曾孙 曾孙女 孙媳 外孙媳 孙女婿 曾孙子女",
        Membership.Role.GRANDPARENT: "祖父母 祖父 祖母 外祖父 外祖母 爷爷 奶奶 姥姥 姥爷 外公 外婆 外祖父母 曾祖父 曾祖母",
        Membership.Role.SIBLING: "兄弟姐妹 兄 弟 姐 妹 哥哥 弟弟 姐姐 妹妹 兄弟 姐妹 嫂子 弟媳 姐夫 妹夫",
        Membership.Role.RELATIVE: "其他亲属 亲属 亲戚 侄子 侄女 外甥 外甥女 叔叔 姑姑 舅舅 姨 伯父 伯母 婶婶 堂兄弟 表兄弟",
        Membership.Role.FLATMATE: "合租 合租人 室友 同住人 同住",
        Membership.Role.CARER: "保姆 护工 家政 照料人 看护",
        Membership.Role.OTHER: "其他 非亲属 其他关系 其它 朋友 同事",
    }
)
_PRESENCE = _words(
    {
        Membership.Presence.LIVES: "在住 常住 居住 是 在 人户一致 人在户在 人在 实际居住 住 在家",
        Membership.Presence.REGISTERED: "户在人不在 空挂户 空挂 不在住 否 人户分离 仅户籍 外出 不在",
    }
)
_REGISTRATION = _words(
    {
        Person.Registration.HERE: "户籍人口 本地户籍 户籍 常住人口 本社区户籍 在册 常住户籍 本地 人户一致",
        Person.Registration.APART: "人户分离 区内人户分离 本区户籍 市内人户分离",
        Person.Registration.MIGRANT: "流动人口 外来人口 流动 外来 暂住人口 外地户籍 非户籍人口 非户籍 外地",
        Person.Registration.ABROAD: "境外人员 境外 外籍 港澳台 境外人口",
        Person.Registration.UNKNOWN: "不详 未知 未登记",
    }
)
_BASIS = _words(
    {
        Stay.Basis.OWN: "自有 自住 自有住房 自购 产权房 私产 自建 自建房 商品房 购买",
        Stay.Basis.RENT: "租住 租赁 出租 租房 租用 承租 租 出租房 租赁房 公租房 廉租房",
        Stay.Basis.LENT: "借住 借用 寄住 亲友借住 单位房 投靠亲友",
        Stay.Basis.DORMITORY: "集体宿舍 宿舍 单位宿舍 工棚 学生宿舍 员工宿舍",
    }
)
_ID_KINDS = _words(
    {
        Person.IdKind.RESIDENT_ID: "居民身份证 身份证 二代身份证 01 1 户口簿 户口本 临时身份证 公民身份证",
        Person.IdKind.HK_MO_TW: "港澳台居民居住证 港澳居民居住证 台湾居民居住证 港澳居民来往内地通行证 台湾居民来往大陆通行证 回乡证 台胞证",
        Person.IdKind.PASSPORT: "护照 外国护照 外国人护照",
        Person.IdKind.FOREIGNER: "外国人永久居留身份证 外国人永久居留证 永久居留证 外国人居留证",
        Person.IdKind.NONE: "无证件 无 未办理 尚无",
    }
)
_FIRM_KINDS = _words(
    {
        Firm.Kind.COMPANY: "公司 企业 有限公司 有限责任公司 股份有限公司 法人企业 合伙企业 个人独资企业 分公司 农民专业合作社 内资企业",
        Firm.Kind.SHOP: "个体工商户 个体 个体户 商户 门店 店铺 门面 商铺 沿街商铺",
        Firm.Kind.PUBLIC: "机关事业单位 机关 事业单位 行政机关 政府机关 学校 医院 公立学校 国有单位 事业",
        Firm.Kind.SOCIAL: "社会组织 社会团体 民办非企业 民办非企业单位 基金会 民非 协会",
        Firm.Kind.OTHER: "其他 其它 其他单位",
    }
)
_SITE_KINDS = _words(
    {
        Site.Kind.SCHOOL: "学校 幼儿园 小学 中学 高校 大学 学校幼儿园 培训机构 院校",
        Site.Kind.HOSPITAL: "医院 诊所 卫生院 卫生室 卫生服务站 医疗机构 医院诊所",
        Site.Kind.ELDERLY: "养老院 敬老院 养老机构 老年食堂 日间照料中心 幸福院 养老",
        Site.Kind.MARKET: "市场 农贸市场 集贸市场 商场 超市 菜市场",
        Site.Kind.CROWD: "人员密集场所 广场 影院 网吧 体育场 车站 公共娱乐场所",
        Site.Kind.DANGEROUS: "危化品 危险化学品 加油站 加气站 液化气站 烟花爆竹 危险品",
        Site.Kind.BUILDING_SITE: "工地 在建工地 建筑工地",
        Site.Kind.WATER: "水域 坑塘 河道 水库 危险水域 池塘",
        Site.Kind.SHELTER: "应急避难场所 避难场所 避难所",
        Site.Kind.STATION: "网格驿站 驿站 网格站",
        Site.Kind.OTHER: "其他 其它",
    }
)


def text(cell: Any, field: str = "") -> str:
    """A cell as text: full-width digits and letters folded, one leading apostrophe gone; "" for 无 and the like."""
    if cell == "":
        return ""
    plain = text_of(cell).strip()
    if plain.startswith(("'", "\u2019")):
        plain = plain[1:].strip()
    plain = " ".join(plain.split())
    if plain in _BLANK:
        return ""
    if len(plain) > _LONGEST.get(field, 200):
        raise CellError("too_long")
    return plain


def _folded(cell: Any) -> str:
    return unicodedata.normalize("NFKC", text(cell))


def name(cell: Any, field: str = "name") -> str:
    """A person's name; spaces between Chinese characters gone ("王 芳"), those between foreign words kept."""
    plain = text(cell, field)
    if plain and any("\u4e00" <= char <= "\u9fff" for char in plain):
        plain = plain.replace(" ", "")
    if plain and (not isinstance(cell, str) or not _NAME.match(plain)):
        raise CellError("name_wrong")
    return plain


def _digits(cell: Any, lost: str) -> str:
    """The characters of a number that must come whole; CellError(`lost`) where the spreadsheet has cut it."""
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        if cell < 0 or (isinstance(cell, float) and not cell.is_integer()) or abs(cell) >= _EXACT:
            raise CellError(lost)
        return str(int(cell))
    plain = _folded(cell)
    if _SCIENTIFIC.match(plain.replace(" ", "")):
        raise CellError(lost)
    return plain


def resident_id(cell: Any, *, on: dt.date) -> identity.Identity | None:
    """A resident identity number with what it says; None for an empty cell."""
    plain = _digits(cell, "id_digits_lost").removesuffix(".0")
    if not plain:
        return None
    bare = identity.written(plain)
    # Seventeen right digits and three noughts: what is left of a number that was a number once.
    if len(bare) == 18 and bare.endswith("000") and isinstance(cell, str):
        try:
            return identity.read_id(plain, on=on)
        except identity.WrongNumberError:
            raise CellError("id_digits_lost") from None
    try:
        return identity.read_id(plain, on=on)
    except identity.WrongNumberError as wrong:
        raise CellError(f"id_{wrong.reason}") from None


def document(cell: Any) -> str:
    """The number of a passport or another document."""
    plain = identity.written(_digits(cell, "id_digits_lost"))
    if plain and not _DOCUMENT.match(plain):
        raise CellError("document_wrong")
    return plain


def date(cell: Any, *, unreadable: str = "date_unreadable") -> str:
    """An ISO date, or a year or month where no more was written: 44197, 2021.3.5, 2021年3月, 2021-03-05, 20210305."""
    if isinstance(cell, dict):
        return str(cell["d"])
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _numeric_date(cell, unreadable)
    plain = _folded(cell)
    if not plain:
        return ""
    if plain.isdecimal() and len(plain) == 5:
        return _numeric_date(int(plain), unreadable)
    found = _DATE.match(plain) or _COMPACT.match(plain) or _YEAR.match(plain)
    if found is None:
        raise CellError(unreadable)
    return _day([part for part in found.groups() if part], unreadable)


def _numeric_date(value: float, unreadable: str) -> str:
    if not float(value).is_integer():
        # 2021.3 typed as a number is March 2021; 2021.1 may be October as well, and is asked for again.
        found = _MONTH_AS_NUMBER.match(str(value))
        if found:
            return _day(list(found.groups()), unreadable)
        if 1900 <= value < 2100:
            raise CellError(unreadable)
    whole = int(value)
    if 1900 <= whole <= 2099:
        return str(whole)
    if _EARLIEST_SERIAL <= whole <= _LATEST_SERIAL:
        return (_EXCEL_EPOCH + dt.timedelta(days=whole)).isoformat()
    compact = _COMPACT.match(str(whole))
    if compact is None:
        raise CellError(unreadable)
    return _day([part for part in compact.groups() if part], unreadable)


def _day(parts: list[str], unreadable: str) -> str:
    year, month, day = [*(int(part) for part in parts), *([1] * (3 - len(parts)))]
    try:
        whole = dt.date(year, month, day)
    except ValueError:
        raise CellError(unreadable) from None
    return whole.isoformat()[: (4, 7, 10)[len(parts) - 1]]


def phone(cell: Any) -> str:
    """A phone number without spaces; of several in one cell the first."""
    plain = _digits(cell, "phone_digits_lost").removesuffix(".0")
    first = re.split(r"[;,、/；，]|\s{2,}", plain)[0]
    bare = re.sub(r"[\s()（）]", "", first)
    bare = re.sub(r"^(?:\+|00)?86-?(?=1\d{10}$)", "", bare)
    if re.fullmatch(r"1\d{2}-\d{4}-\d{4}", bare):
        bare = bare.replace("-", "")
    if bare and not _PHONE.match(bare):
        raise CellError("phone_wrong")
    return bare


def number(cell: Any) -> int | None:
    """A whole number, None for an empty cell; "12人" is 12."""
    plain = _folded(cell)
    if not plain:
        return None
    found = re.fullmatch(r"(\d{1,9})(?:\.0)?\s*[人名个]?", plain)
    if found is None:
        raise CellError("number_unreadable")
    return int(found.group(1))


def credit_code(cell: Any) -> str:
    """A 统一社会信用代码; "" for an empty cell."""
    plain = _digits(cell, "id_digits_lost")
    if not plain:
        return ""
    try:
        return identity.read_credit_code(plain)
    except identity.WrongNumberError as wrong:
        raise CellError(f"credit_{wrong.reason}") from None


def _chosen(cell: Any, words: dict[str, str], code: str) -> str:
    plain = _folded(cell).replace(" ", "").removesuffix(".0")
    if not plain:
        return ""
    try:
        return words[plain]
    except KeyError:
        raise CellError(code) from None


def sex(cell: Any) -> str:
    """Give "m", "f" or ""."""
    return _chosen(cell, _SEX, "sex_unknown")


def role(cell: Any) -> str:
    """The relation to the head of the household."""
    return _chosen(cell, _ROLES, "role_unknown")


def presence(cell: Any) -> str:
    """Whether he lives there or is only registered there."""
    return _chosen(cell, _PRESENCE, "presence_unknown")


def registration(cell: Any) -> str:
    """Where he is registered."""
    return _chosen(cell, _REGISTRATION, "registration_unknown")


def basis(cell: Any) -> str:
    """By which right the household stays."""
    return _chosen(cell, _BASIS, "basis_unknown")


def id_kind(cell: Any) -> str:
    """The kind of a document."""
    return _chosen(cell, _ID_KINDS, "id_kind_unknown")


def firm_kind(cell: Any) -> str:
    """The kind of a firm."""
    return _chosen(cell, _FIRM_KINDS, "kind_unknown")


def site_kind(cell: Any) -> str:
    """The kind of a place."""
    return _chosen(cell, _SITE_KINDS, "kind_unknown")


def word_of(table: str, key: str) -> str:
    """The word under which a value leaves the system, so that it is understood when it comes back."""
    return _FIRST[table].get(key, "")


_FIRST: dict[str, dict[str, str]] = {
    "sex": {"m": "男", "f": "女"},
    "role": {},
    "presence": {},
    "registration": {},
    "basis": {},
    "id_kind": {},
    "firm_kind": {},
    "site_kind": {},
}
for _table, _named in (
    ("role", _ROLES),
    ("presence", _PRESENCE),
    ("registration", _REGISTRATION),
    ("basis", _BASIS),
    ("id_kind", _ID_KINDS),
    ("firm_kind", _FIRM_KINDS),
    ("site_kind", _SITE_KINDS),
):
    for _word, _key in _named.items():
        _FIRST[_table].setdefault(str(_key), _word)


def kinds_of(what: str) -> list[tuple[str, Any]]:
    """(key, name) of the kinds of firms or places; none for other sheets."""
    return list({"firms": Firm.Kind, "sites": Site.Kind}[what].choices) if what in ("firms", "sites") else []
