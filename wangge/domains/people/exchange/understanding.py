"""From a row of cells to what is to be taken in: every field read, the fields compared with each other.

One `Reader` reads a whole sheet in its order, because rows speak about each other: a person twice, a household with two
heads. What it gives back is plain data, which the batch keeps sealed: what was checked is what is taken in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wangge.domains.people import identity, names
from wangge.domains.people.exchange import cells
from wangge.domains.people.exchange.issues import CellError, Issue
from wangge.domains.people.models import Firm, Household, Membership, Person, Site, Stay

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from wangge.domains.people.exchange.rooms import Dwelling, Rooms

Draft = dict[str, Any]
_PLACE = ("compound", "building", "unit", "room", "address")


class Reader:
    """Reads the rows of one sheet, first to last. `on` is the day for which the file speaks."""

    def __init__(self, columns: Mapping[int, str], rooms: Rooms | None, *, on: dt.date, kind: str = "") -> None:
        self.columns = {field: column for column, field in columns.items()}
        self.rooms = rooms
        self.on = on
        self.kind = kind
        self.houses = 0

    def read(self, number: int, row: Sequence[Any]) -> tuple[Draft, list[Issue]]:
        """What row `number` says, and what is wrong with it; with anything wrong the draft is not to be used."""
        raise NotImplementedError

    def _cell(self, row: Sequence[Any], field: str) -> Any:
        column = self.columns.get(field)
        return row[column] if column is not None and column < len(row) else ""

    def _take(
        self, row: Sequence[Any], field: str, how: Callable[[Any], Any], issues: list[Issue], empty: Any = ""
    ) -> Any:
        try:
            return how(self._cell(row, field))
        except CellError as error:
            issues.append(Issue(field, error.code))
            return empty

    def _text(self, row: Sequence[Any], field: str, issues: list[Issue]) -> str:
        return str(self._take(row, field, lambda cell: cells.text(cell, field), issues))

    def _place(self, row: Sequence[Any], issues: list[Issue], *, required: bool) -> Dwelling | None:
        """The dwelling of a row. What is wrong is said of a column that the file has."""
        written = {field: self._text(row, field, issues) for field in _PLACE}
        if not required and not (written["room"] or written["address"]):
            return None
        if self.rooms is None or issues_of(issues, _PLACE):
            return None
        try:
            return self.rooms.find(**written)
        except CellError as error:
            field = error.field if error.field in self.columns else ""
            field = field or next((one for one in ("room", "address", "building") if one in self.columns), "")
            if required:
                issues.append(Issue(field, error.code))
            return None


def issues_of(issues: Sequence[Issue], fields: Sequence[str]) -> bool:
    """Whether one of these fields is among what is wrong."""
    return any(issue.field in fields for issue in issues)


class PersonReader(Reader):
    """Rows of persons."""

    def __init__(self, columns: Mapping[int, str], rooms: Rooms | None, *, on: dt.date, kind: str = "") -> None:
        super().__init__(columns, rooms, on=on, kind=kind)
        self._numbers: dict[str, int] = {}
        self._persons: dict[tuple[str, str, int], int] = {}
        self._house_of: dict[tuple[str, ...], int] = {}
        self._head_in: dict[int, int] = {}
        self._last_house: dict[int, int] = {}

    def read(self, number: int, row: Sequence[Any]) -> tuple[Draft, list[Issue]]:
        issues: list[Issue] = []
        name = self._take(row, "name", cells.name, issues)
        if not name and not issues:
            issues.append(Issue("name", "missing"))
        draft: Draft = {
            "name": name,
            "former_name": self._take(row, "former_name", lambda cell: cells.name(cell, "former_name"), issues),
            "phone": self._take(row, "phone", cells.phone, issues),
            "registered_address": self._text(row, "registered_address", issues),
            "work_or_school": self._text(row, "work_or_school", issues),
        }
        for field, how, otherwise in (
            ("role", cells.role, ""),
            ("presence", cells.presence, Membership.Presence.LIVES.value),
            ("registration", cells.registration, Person.Registration.UNKNOWN.value),
            ("basis", cells.basis, Stay.Basis.OWN.value),
        ):
            draft[field] = self._take(row, field, how, issues) or otherwise
        draft |= self._identity(row, issues)
        draft["since"] = self._since(row, issues)
        dwelling = self._place(row, issues, required=True)
        if not issues and dwelling is not None:
            draft |= {"room": dwelling.room_id, "path": dwelling.area_path}
            self._among_rows(number, row, draft, issues)
        return draft, issues

    def _identity(self, row: Sequence[Any], issues: list[Issue]) -> Draft:
        """Document, sex and birth, each compared with what the number says."""
        kind = self._take(row, "id_kind", cells.id_kind, issues)
        sex = self._take(row, "sex", cells.sex, issues)
        born = self._take(row, "born", lambda cell: cells.date(cell, unreadable="born_unreadable"), issues)
        if born and not identity.is_birth(born, on=self.on):
            issues.append(Issue("born", "born_too_old" if born[:4] < str(self.on.year) else "born_future"))
            born = ""
        resident = kind in ("", Person.IdKind.RESIDENT_ID, Person.IdKind.HK_MO_TW)
        if not resident:
            document = self._take(row, "id_number", cells.document, issues)
            return {"id_kind": kind, "id_number": document, "sex": sex, "born": born}
        found = self._take(row, "id_number", lambda cell: cells.resident_id(cell, on=self.on), issues, empty=None)
        if found is None:
            none = Person.IdKind.NONE.value
            return {"id_kind": kind or none, "id_number": "", "sex": sex, "born": born}
        if sex and sex != found.sex:
            issues.append(Issue("sex", "sex_not_as_id"))
        if born and not found.born.isoformat().startswith(born):
            issues.append(Issue("born", "born_not_as_id"))
        kind = kind or (
            Person.IdKind.HK_MO_TW if found.number[:6] in ("810000", "820000", "830000") else Person.IdKind.RESIDENT_ID
        )
        return {
            "id_kind": str(kind),
            "id_number": found.number,
            "sex": found.sex,
            "born": found.born.isoformat(),
        }

    def _since(self, row: Sequence[Any], issues: list[Issue]) -> str:
        since = str(self._take(row, "since", cells.date, issues))
        if not since:
            return ""
        whole = "-".join([*since.split("-"), "01", "01"][:3])
        if whole > self.on.isoformat():
            issues.append(Issue("since", "date_future"))
        return whole

    def _among_rows(self, number: int, row: Sequence[Any], draft: Draft, issues: list[Issue]) -> None:
        """Twice the same person; two heads in one household; which household."""
        room, id_number = int(draft["room"]), draft["id_number"]
        same = self._numbers.get(id_number) if id_number else None
        key = (names.plain(draft["name"]), draft["born"], room)
        if same is None and not id_number:
            same = self._persons.get(key)
        if same is not None:
            issues.append(Issue("id_number" if id_number else "name", "duplicate", (("row", same),)))
            return
        try:
            head_name = cells.name(self._cell(row, "head_name"), "head_name")
            named = cells.text(self._cell(row, "house"), "house")
        except CellError:
            head_name = named = ""
        if not draft["role"]:
            is_head = bool(head_name) and names.plain(head_name) == key[0]
            draft["role"] = Membership.Role.HEAD.value if is_head else Membership.Role.OTHER.value
        house = self._house(room, named, head_name, draft["role"])
        if draft["role"] == Membership.Role.HEAD:
            if house in self._head_in:
                issues.append(Issue("role", "two_heads", (("row", self._head_in[house]),)))
                return
            self._head_in[house] = number
        if id_number:
            self._numbers[id_number] = number
        self._persons[key] = number
        draft["house"] = house
        if draft["basis"] == Stay.Basis.DORMITORY:
            draft["household"] = Household.Kind.COLLECTIVE.value
        elif draft["role"] == Membership.Role.FLATMATE:
            draft["household"] = Household.Kind.SHARED.value
        else:
            draft["household"] = Household.Kind.FAMILY.value

    def _house(self, room: int, named: str, head_name: str, role: str) -> int:
        """The household of a row: by its number, by its head's name, else one per room until another head appears."""
        if named or head_name:
            key = (str(room), "number", named) if named else (str(room), "head", names.plain(head_name))
            if key not in self._house_of:
                self._house_of[key] = self._next()
            return self._house_of[key]
        house = self._last_house.get(room)
        if house is None or (role == Membership.Role.HEAD and house in self._head_in):
            house = self._last_house[room] = self._next()
        return house

    def _next(self) -> int:
        self.houses += 1
        return self.houses


class FirmReader(Reader):
    """Rows of firms, shops and institutions."""

    def __init__(self, columns: Mapping[int, str], rooms: Rooms | None, *, on: dt.date, kind: str = "") -> None:
        super().__init__(columns, rooms, on=on, kind=kind)
        self._codes: dict[str, int] = {}
        self._named: dict[tuple[str, str], int] = {}

    def read(self, number: int, row: Sequence[Any]) -> tuple[Draft, list[Issue]]:
        issues: list[Issue] = []
        name = self._text(row, "name", issues)
        if not name and not issues:
            issues.append(Issue("name", "missing"))
        if len(name) > 120:
            issues.append(Issue("name", "too_long"))
        trade = self._text(row, "trade", issues)
        draft: Draft = {
            "name": name,
            "kind": self._take(row, "kind", cells.firm_kind, issues) or self.kind or Firm.Kind.OTHER.value,
            "credit_code": self._take(row, "credit_code", cells.credit_code, issues),
            "trade": trade[:60],
            "staff": self._take(row, "staff", cells.number, issues, empty=None),
            "contact_name": self._take(row, "contact_name", lambda cell: cells.name(cell, "name"), issues),
            "contact_phone": self._take(row, "contact_phone", cells.phone, issues),
        }
        dwelling = self._place(row, issues, required=False)
        written = [self._text(row, field, []) for field in ("compound", "building", "unit", "room")]
        draft["address"] = (self._text(row, "address", []) or "".join(written))[:200]
        draft["room"] = dwelling.room_id if dwelling else None
        draft["building"] = dwelling.building_id if dwelling else None
        draft["path"] = dwelling.area_path if dwelling else ""
        if not issues:
            code, key = draft["credit_code"], (names.plain(name), draft["address"])
            same = self._codes.get(code) if code else self._named.get(key)
            if same is not None:
                issues.append(Issue("credit_code" if code else "name", "duplicate_firm", (("row", same),)))
            else:
                self._named[key] = number
                if code:
                    self._codes[code] = number
                self.houses += 1
                draft["house"] = self.houses
        return draft, issues


class SiteReader(Reader):
    """Rows of places that need care: schools, markets, shelters."""

    def read(self, number: int, row: Sequence[Any]) -> tuple[Draft, list[Issue]]:  # noqa: ARG002 — as every reader
        issues: list[Issue] = []
        name = self._text(row, "name", issues)
        if not name and not issues:
            issues.append(Issue("name", "missing"))
        if len(name) > 120:
            issues.append(Issue("name", "too_long"))
        draft: Draft = {
            "name": name,
            "kind": self._take(row, "kind", cells.site_kind, issues) or self.kind or Site.Kind.OTHER.value,
            "address": self._text(row, "address", issues),
        }
        self.houses += 1
        draft["house"] = self.houses
        return draft, issues


class TableReader(Reader):
    """Rows of any other ledger: kept as they are."""

    def read(self, number: int, row: Sequence[Any]) -> tuple[Draft, list[Issue]]:  # noqa: ARG002 — as every reader
        return {"house": number}, []


READERS: dict[str, type[Reader]] = {
    "persons": PersonReader,
    "firms": FirmReader,
    "sites": SiteReader,
    "table": TableReader,
}
