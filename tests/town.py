"""The cast that every test knows.

*Lin* works grid 1, *Gao* works grid 2 and must never see Lin's rows, *Fang* heads their community's station, *Bai* takes
in, *Chen* dispatches, *Su* verifies, *Ma* calls back and *Luo* is duty chief for the street; *He* handles for the
law-enforcement team; *Zhao* dispatches in the sibling street; *Qian* inspects discipline, *Tan* reviews look-ups, *Root*
administers and sees no case; *Mrs Wu* is a resident.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from wangge.domains.cases import actions
from wangge.domains.cases.models import Case, CasePhoto, Evaluation, Report, Source
from wangge.domains.fieldwork.actions.visit_rules import load_visit_rules
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.accounts.models import Organisation, User
from wangge.foundation.catalogue.actions import load_catalogue
from wangge.foundation.catalogue.models import Matter
from wangge.foundation.media.models import MediaFile, MediaSender
from wangge.foundation.places import actions as places
from wangge.foundation.places.models import Area, Building, BuildingGrid, Compound

SINCE = dt.date(2024, 1, 1)
PASSWORD = "the-cast-knows-this-1"
WEST, SOUTH = 116.0, 35.0
STEP = 0.01  # degrees: a grid of the test town is about 1.1 km by 0.9 km


def square(column: int, row: int, columns: int = 1, rows: int = 1) -> dict:
    """A GeoJSON rectangle of whole grid cells, counted from the south-west corner."""
    west, south = WEST + column * STEP, SOUTH + row * STEP
    east, north = west + columns * STEP, south + rows * STEP
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [[[round(x, 6), round(y, 6)] for x, y in ring]]}


def centre(column: int, row: int) -> tuple[float, float]:
    """The middle of a grid cell: (lon, lat)."""
    return round(WEST + (column + 0.5) * STEP, 6), round(SOUTH + (row + 0.5) * STEP, 6)


#  cells:      column 0     1     2 | 3
#  row 0       grid 1  grid 2  grid 3 | north grid
_AREAS = (
    # key, kind, code, zh, en, parent, cells, short code
    ("district", "district", "999999", "示范区", "Model District", None, (0, 0, 4, 1), ""),
    ("south", "street", "999999001", "南城街道", "Nancheng Street", "district", (0, 0, 3, 1), "NC"),
    ("north", "street", "999999002", "北城街道", "Beicheng Street", "district", (3, 0, 1, 1), "BC"),
    ("community", "community", "999999001001", "槐荫社区", "Huaiyin Community", "south", (0, 0, 2, 1), ""),
    ("community2", "community", "999999001002", "桃源社区", "Taoyuan Community", "south", (2, 0, 1, 1), ""),
    ("north_community", "community", "999999002001", "北关社区", "Beiguan Community", "north", (3, 0, 1, 1), ""),
    ("grid1", "grid", "999999001001001", "第一网格", "Grid 1", "community", (0, 0, 1, 1), ""),
    ("grid2", "grid", "999999001001002", "第二网格", "Grid 2", "community", (1, 0, 1, 1), ""),
    ("grid3", "grid", "999999001002001", "第三网格", "Grid 3", "community2", (2, 0, 1, 1), ""),
    ("north_grid", "grid", "999999002001001", "北关网格", "Beiguan Grid", "north_community", (3, 0, 1, 1), ""),
)
_UNITS = (
    # key, kind, zh, en, parent, area
    ("street_office", "street_office", "南城街道办事处", "Nancheng Street Office", None, "south"),
    ("centre", "command_centre", "指挥中心", "Command Centre", "street_office", "south"),
    ("enforcement", "enforcement", "综合执法队", "Law-Enforcement Team", "street_office", "south"),
    ("sanitation", "sanitation", "环卫所", "Sanitation Station", "street_office", "south"),
    ("peace", "peace", "综治中心", "Public Order Centre", "street_office", "south"),
    ("discipline", "discipline", "纪工委", "Discipline Commission", "street_office", "south"),
    ("office", "community", "槐荫社区居委会", "Huaiyin Residents' Committee", "street_office", "community"),
    ("office2", "community", "桃源社区居委会", "Taoyuan Residents' Committee", "street_office", "community2"),
    ("north_office", "street_office", "北城街道办事处", "Beicheng Street Office", None, "north"),
    ("north_centre", "command_centre", "北城指挥中心", "Beicheng Command Centre", "north_office", "north"),
    ("north_enforcement", "enforcement", "北城综合执法队", "Beicheng Enforcement", "north_office", "north"),
)
_PEOPLE = (
    # log-in, name, role, unit, area
    ("lin", "林晓", "grid_worker", "office", "grid1"),
    ("gao", "高远", "grid_worker", "office", "grid2"),
    ("fang", "方敏", "station_head", "office", "community"),
    ("bai", "白洁", "intake_officer", "centre", "south"),
    ("chen", "陈立", "dispatcher", "centre", "south"),
    ("su", "苏文", "verifier", "centre", "south"),
    ("ma", "马兰", "call_back_officer", "centre", "south"),
    ("luo", "罗刚", "duty_chief", "centre", "south"),
    ("he", "何勇", "unit_handler", "enforcement", None),
    ("hua", "华清", "unit_handler", "sanitation", None),
    ("zhao", "赵北", "dispatcher", "north_centre", "north"),
    ("qian", "钱正", "discipline_inspector", "discipline", "south"),
    ("tan", "谭慎", "privacy_officer", "street_office", "south"),
    ("root", "任管", "system_admin", "street_office", "south"),
    ("security", "安权", "security_admin", "street_office", "south"),
)


def build() -> None:
    """Write the cast into an empty, migrated database (once, into the template)."""
    load_catalogue(Path(__file__).resolve().parent.parent / "deploy/catalogue", by=None)
    load_visit_rules()
    areas: dict[str, Area] = {}
    for key, kind, code, zh, en, parent, cells, short in _AREAS:
        lon, lat = centre(cells[0], cells[1])
        areas[key] = places.add_area(
            by=None,
            kind=kind,
            code=code,
            name_zh=zh,
            name_en=en,
            parent=areas[parent] if parent else None,
            valid_from=SINCE,
            grid_kind="basic" if kind == "grid" else "",
            short_code=short,
            boundary=square(*cells),
            lon=lon,
            lat=lat,
            households=400 if kind == "grid" else 0,
            phone="0999-1000000" if kind == "grid" else "",
        )
    lon, lat = centre(0, 0)
    compound = Compound.objects.create(
        community=areas["community"],
        name_zh="物业所家属院",
        name_en="Property Office Family Compound",
        aliases=["家属院"],
        kind="family",
        management="none",
        lon=lon,
        lat=lat,
    )
    building = Building.objects.create(
        community=areas["community"], compound=compound, name="3号楼", floors=6, lon=lon, lat=lat
    )
    BuildingGrid.objects.create(building=building, grid=areas["grid1"], valid_from=SINCE)
    units: dict[str, Organisation] = {}
    for key, kind, zh, en, parent, area in _UNITS:
        units[key] = accounts.add_organisation(
            by=None,
            tree="admin",
            kind=kind,
            name_zh=zh,
            name_en=en,
            valid_from=SINCE,
            parent=units[parent] if parent else None,
            area=areas[area],
            handles=kind not in {"command_centre", "discipline"},
        )
    for login, name, role, unit, area in _PEOPLE:
        user = accounts.add_user(by=None, username=login, name=name, password=None)
        accounts.give_post(
            by=None,
            user=user,
            role=role,
            valid_from=SINCE,
            organisation=units[unit],
            area=areas[area] if area else None,
        )


class Town:
    """The cast, its places and units by name; and cases walked to a state by the real steps."""

    def __getattr__(self, name: str):
        if name in {person[0] for person in _PEOPLE}:
            return User.objects.get(username=name)
        for key, _kind, code, *_rest in _AREAS:
            if key == name:
                return Area.objects.get(code=code)
        for key, _kind, name_zh, *_rest in _UNITS:
            if key == name:
                return Organisation.objects.get(name_zh=name_zh)
        raise AttributeError(name)

    def fresh(self, user: User) -> User:
        """The same person at his next request: nothing remembered."""
        return User.objects.get(pk=user.pk)

    @cached_property
    def shed(self) -> Matter:
        """Unauthorised building: asks for legal basis, area and a photo afterwards."""
        return Matter.objects.get(code="06001")

    @cached_property
    def litter(self) -> Matter:
        """Exposed rubbish: may be settled on the spot."""
        return Matter.objects.get(code="06010")

    @cached_property
    def quarrel(self) -> Matter:
        """Neighbours and a leak: a mediation."""
        return Matter.objects.get(code="21002")

    @cached_property
    def secret(self) -> Matter:
        """The first confidential matter: the reporter is hidden from the handler."""
        return Matter.objects.filter(confidential=True).order_by("code").first()

    @cached_property
    def compound(self) -> Compound:
        return Compound.objects.get(name_zh="物业所家属院")

    def place(self, area: Area | None = None) -> actions.Place:
        """The middle of an area (grid 1)."""
        area = area or self.grid1
        return actions.Place(area=area, lon=area.lon, lat=area.lat, address="槐荫路12号")

    def log_in(self, client, user: User) -> None:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    def report(
        self, *, by: User | None = None, area: Area | None = None, matter: Matter | None = None, **more
    ) -> Report:
        """A report: by Lin on patrol, or by Mrs Wu on the public page when `by` is None and a contact is given."""
        resident = "contact" in more or more.get("source") in {Source.RESIDENT, Source.SCAN}
        values = {
            "by": by if by is not None or resident else self.lin,
            "source": Source.RESIDENT if resident and by is None else Source.PATROL,
            "text": "家属院3号楼旁有人用泡沫板搭了板房，还私拉电线。",
            "place": self.place(area),
            "matter": matter or self.shed,
        } | more
        return actions.report(**values)

    def sent(self, digest: str, *, by: User | None = None) -> MediaFile:
        """A photo whose bytes `by` has sent (None: on the public page)."""
        media, _new = MediaFile.objects.get_or_create(
            sha256=digest, defaults={"size": 1, "mime": "image/jpeg", "width": 4, "height": 3}
        )
        MediaSender.objects.get_or_create(media=media, user=by)
        return media

    def wu(self) -> actions.Contact:
        """Mrs Wu, a resident (synthetic)."""
        return actions.Contact(name="吴桂英", phone="10012345678")

    def reported(self, **more) -> Case:
        return self.read(self.report(**more).case)

    def filed(self, **more) -> Case:
        case = self.reported(**more)
        return actions.file(case=case, by=self.bai, matter=case.matter)

    def dispatched(self, *, unit: Organisation | None = None, **more) -> Case:
        return actions.dispatch(case=self.filed(**more), by=self.chen, unit=unit or self.enforcement)

    def handling(self, **more) -> Case:
        return actions.sign_for(case=self.dispatched(**more), by=self.he)

    def new_photo(self, letter: str) -> str:
        """The name of a photo that nobody used yet: "aaa…" first, then others (no photo proves two results)."""
        used = (
            CasePhoto.objects.filter(kind="after", sha256__startswith=letter * 56).values("sha256").distinct().count()
        )
        return f"{letter * 56}{used:08x}" if used else letter * 64

    def outcome(self, **more) -> actions.Outcome:
        """A complete result for the shed."""
        values = {
            "result": "solved",
            "text": "已现场拆除泡沫板房并清运。",
            "reply": "您反映的违建已拆除，感谢您的监督。",
            "quantities": [(Decimal(1), "处")],
            "legal_basis": "《中华人民共和国城乡规划法》第六十四条",
            "area_m2": Decimal("18.5"),
            "after_photos": [self.new_photo("a")],
        } | more
        return actions.Outcome(**values)

    def handled(self, **more) -> Case:
        return actions.handle(case=self.handling(**more), by=self.he, outcome=self.outcome(before_photos=["b" * 64]))

    def evaluating(self, **more) -> Case:
        """Verified; Mrs Wu is asked."""
        return actions.verify(case=self.handled(**({"contact": self.wu()} | more)), by=self.su)

    def closed(self, **more) -> Case:
        """Closed because Mrs Wu says: solved, and satisfied."""
        case = self.evaluating(**more)
        actions.evaluate(report=self.voice(case), solved=Evaluation.Solved.YES, satisfied=Evaluation.Satisfied.YES)
        return self.read(case)

    def objected(self, **more) -> Case:
        case = self.evaluating(**more)
        actions.evaluate(report=self.voice(case), solved=Evaluation.Solved.NO, satisfied=Evaluation.Satisfied.NO)
        return self.read(case)

    def settled(self, **more) -> Case:
        """Settled on the spot by Lin, with a named complainant: always checked."""
        values = {
            "by": self.lin,
            "source": Source.ON_BEHALF,
            "contact": self.wu(),
            "matter": self.litter,
            "photos": ["d" * 64],
            "settled": actions.Outcome(
                result="solved", text="已当场清理。", reply="已清理。", after_photos=[self.new_photo("c")]
            ),
        } | more
        return self.read(self.report(**values).case)

    def voice(self, case: Case) -> Report:
        return Report.objects.of_case(case).order_by("id").first()

    def read(self, case: Case) -> Case:
        """The case as it is now."""
        return (
            Case.objects.unscoped("the test looks at the row").select_related("matter", "unit", "area").get(pk=case.pk)
        )
