"""Stage 3: the three trees of organisations, what ground each answers for, and the street's own routing rules."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Any

from wangge.doors.town.recipe import read
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.accounts.models import Organisation
from wangge.foundation.catalogue.actions import save_rule
from wangge.foundation.catalogue.queries import get_matter
from wangge.foundation.places.models import Area, Compound
from wangge.foundation.places.queries import areas
from wangge.foundation.places.queries import compounds as compounds_under

if TYPE_CHECKING:
    import datetime as dt

    from wangge.doors.town.recipe import Recipe

Kind, Tree = Organisation.Kind, Organisation.Tree
_TEAMS = (
    ("邻里守望", "Neighbours' Watch"),
    ("红袖标巡逻", "Red Armband Patrol"),
    ("文明交通", "Traffic Helpers"),
    ("助老帮困", "Help for the Elderly"),
    ("清洁家园", "Clean Home"),
)
_STREET_TEAMS = (
    ("党员先锋", "Party Members"),
    ("青年志愿", "Youth"),
    ("巾帼志愿", "Women's"),
    ("法律服务", "Legal Aid"),
    ("医疗健康", "Health"),
    ("应急救援", "Rescue"),
)
_OWNERS_COMMITTEES = 20


class Offices:
    """Writes the trees of one recipe."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._file = read("offices")
        self._rng = random.Random(f"offices {recipe.seed}")
        self._codes = {area.code: area for area in areas()}
        streets = recipe.town["streets"]
        self.south = self._codes[streets["south"]["code"]]
        self.north = self._codes[streets["north"]["code"]]
        self.district = self._codes[recipe.town["district"]["code"]]
        self.units: dict[str, Organisation] = {}
        self.count = 0

    def build(self) -> str:
        """Everything; returns what was made, in words."""
        self._administration()
        self._property()
        self._party_before()
        self._party_now()
        self._volunteers()
        self._rules()
        handling = sum(unit.handles for unit in self.units.values())
        return f"{self.count} organisations, {handling} of them handle cases"

    def _add(
        self,
        tree: str,
        kind: str,
        zh: str,
        en: str,
        *,
        parent: Organisation | None = None,
        area: Area | None = None,
        handles: bool = False,
        valid_from: dt.date | None = None,
        valid_to: dt.date | None = None,
    ) -> Organisation:
        self.count += 1
        return accounts.add_organisation(
            by=None,
            tree=tree,
            kind=kind,
            name_zh=zh,
            name_en=en,
            parent=parent,
            area=area,
            handles=handles,
            phone=f"0999-200{self.count:04d}" if tree == Tree.ADMIN or handles else "",
            valid_from=valid_from or self._recipe.since,
            valid_to=valid_to,
        )

    def _give(self, unit: Organisation, *, area: Area | None = None, compound: Compound | None = None) -> None:
        accounts.give_responsibility(
            by=None,
            organisation=unit,
            area=area,
            compound=compound,
            valid_from=unit.valid_from,
            valid_to=unit.valid_to,
        )

    def _communities(self, street: Area) -> list[Area]:
        return [area for area in self._codes.values() if area.kind == "community" and area.parent_id == street.pk]

    def _administration(self) -> None:
        for key, group, area in (
            ("office", "street_offices", self.south),
            ("north_office", "north_offices", self.north),
        ):
            for name, kind, zh, en, handles in self._file[group]:
                self.units[name] = self._add(
                    Tree.ADMIN, kind, zh, en, parent=self.units.get(key), area=area, handles=handles
                )
            for community in self._communities(area):
                self.units[community.code] = self._add(
                    Tree.ADMIN,
                    Kind.COMMUNITY,
                    f"{community.name_zh}居委会",
                    f"{community.name_en} Residents' Committee",
                    parent=self.units[key],
                    area=community,
                    handles=True,
                )
        for name, kind, zh, en in self._file["district_units"]:
            self.units[name] = self._add(Tree.ADMIN, kind, zh, en, area=self.district, handles=True)

    def _property(self) -> None:
        held = compounds_under(under_paths=[self.south.path])
        companies = [
            self._add(Tree.SELF, Kind.PROPERTY_COMPANY, zh, en, area=self.south, handles=True)
            for zh, en in self._file["property_companies"]
        ]
        self.units |= {f"company:{n}": company for n, company in enumerate(companies)}
        turn = itertools.cycle(companies)
        managed = [c for c in sorted(held, key=lambda c: c.pk) if c.management == Compound.Management.COMPANY]
        for compound in managed:
            self._give(next(turn), compound=compound)
        for compound in managed[:_OWNERS_COMMITTEES]:
            committee = self._add(
                Tree.SELF,
                Kind.OWNERS,
                f"{compound.name_zh}业主委员会",
                f"{compound.name_en} Owners' Committee",
                area=compound.community,
            )
            self._give(committee, compound=compound)
        self.units["mediation"] = self._add(
            Tree.SELF,
            Kind.MEDIATION,
            "南城街道人民调解委员会",
            "Nancheng Street Mediation Committee",
            area=self.south,
            handles=True,
        )
        for community in self._communities(self.south):
            self._add(
                Tree.SELF,
                Kind.MEDIATION,
                f"{community.name_zh}人民调解委员会",
                f"{community.name_en} Mediation Committee",
                area=community,
            )

    def _volunteers(self) -> None:
        communities = self._communities(self.south)
        wanted = self._recipe.town["volunteer_teams"] - len(_STREET_TEAMS)
        for n in range(wanted):
            zh, en = _TEAMS[n // len(communities) % len(_TEAMS)]
            area = communities[n % len(communities)]
            self._add(
                Tree.SELF,
                Kind.VOLUNTEERS,
                f"{area.name_zh}{zh}志愿服务队",
                f"{area.name_en} {en} Volunteers",
                area=area,
            )
        for zh, en in _STREET_TEAMS:
            self._add(
                Tree.SELF, Kind.VOLUNTEERS, f"南城街道{zh}志愿服务队", f"Nancheng {en} Volunteers", area=self.south
            )

    # -- the party tree, dated like the grids

    def _party_before(self) -> None:
        root = self._add(
            Tree.PARTY,
            Kind.PARTY_COMMITTEE,
            "中共南城街道工作委员会",
            "Nancheng Party Working Committee",
            area=self.south,
        )
        for community in self._communities(self.south):
            self.units[f"party:{community.code}"] = self._add(
                Tree.PARTY,
                Kind.PARTY_COMMITTEE,
                f"{community.name_zh}党委",
                f"{community.name_en} Party Committee",
                parent=root,
                area=community,
            )
        numbers = self._recipe.town["party"]
        old = [a for a in areas(on=self._recipe.since) if a.kind == "grid" and a.path.startswith(self.south.path)]
        self._branches(numbers["branches_before"], numbers["groups_before"], old, before=True)

    def _party_now(self) -> None:
        numbers = self._recipe.town["party"]
        now = [a for a in self._codes.values() if a.kind == "grid" and a.path.startswith(self.south.path)]
        groups = self._branches(numbers["branches"], numbers["groups"], now, before=False)
        for group, how_many in zip(groups, _spread(numbers["households"], len(groups)), strict=True):
            for n in range(1, how_many + 1):
                self._add(
                    Tree.PARTY,
                    Kind.MEMBER_HOUSEHOLD,
                    f"{group.name_zh}党员中心户{n}",
                    f"{group.name_en} Member Household {n}",
                    parent=group,
                    area=group.area,
                    valid_from=self._recipe.redrawn,
                )

    def _branches(self, branches: int, groups: int, grids: list[Area], *, before: bool) -> list[Organisation]:
        """Branches per community and groups per branch; branches answer for grids, groups for compounds."""
        first = self._recipe.since if before else self._recipe.redrawn
        last = self._recipe.redrawn if before else None
        communities = self._communities(self.south)
        per_branch = iter(_spread(groups, branches))
        made: list[Organisation] = []
        for community, how_many in zip(communities, _spread(branches, len(communities)), strict=True):
            own = [grid for grid in grids if grid.parent_id == community.pk]
            held = itertools.cycle(compounds_under(under_paths=[community.path]))
            for n in range(1, how_many + 1):
                branch = self._add(
                    Tree.PARTY,
                    Kind.PARTY_BRANCH,
                    f"{community.name_zh}第{n}网格党支部",
                    f"{community.name_en} Grid Party Branch {n}",
                    parent=self.units[f"party:{community.code}"],
                    area=community,
                    valid_from=first,
                    valid_to=last,
                )
                for grid in own[n - 1 :: how_many]:
                    self._give(branch, area=grid)
                for m in range(1, next(per_branch) + 1):
                    compound = next(held)
                    group = self._add(
                        Tree.PARTY,
                        Kind.PARTY_GROUP,
                        f"{compound.name_zh}第{n}支部第{m}党小组",
                        f"{compound.name_en} Party Group {n}.{m}",
                        parent=branch,
                        area=community,
                        valid_from=first,
                        valid_to=last,
                    )
                    self._give(group, compound=compound)
                    made.append(group)
        return made

    def _rules(self) -> None:
        for rule in self._file["named_rules"]:
            for code in rule["matters"]:
                common: dict[str, Any] = {
                    "by": None,
                    "matter": get_matter(code),
                    "area": self.south,
                    "valid_from": self._recipe.since,
                }
                save_rule(unit=self.units[rule["unit"]], **common)
                for co in rule.get("co", ()):
                    save_rule(unit=self.units[co], duty="co", **common)


def _spread(total: int, over: int) -> list[int]:
    """`total` as `over` nearly equal whole parts."""
    return [total // over + (n < total % over) for n in range(over)]
