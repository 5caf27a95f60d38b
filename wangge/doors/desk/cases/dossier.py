"""Everything that the case page shows about a case, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from wangge.domains.cases import queries
from wangge.domains.cases.actions.contacts import PURPOSES
from wangge.domains.cases.models import CasePhoto, Evaluation, Result
from wangge.domains.cases.voice_notes import voice_notes
from wangge.domains.cases.workflow import REPORTER, STEPS, S
from wangge.doors.desk.cases.check_lines import described_checks
from wangge.doors.desk.cases.clock_lines import described_clock
from wangge.doors.desk.cases.forms import UNIT_NAMES
from wangge.doors.desk.cases.procedure_lines import described_procedures, procedure_facts
from wangge.doors.desk.cases.rows import flags, place_line
from wangge.doors.desk.clocks import chip
from wangge.doors.desk.words import HAPPENED, STATIONS
from wangge.foundation.accounts.queries import unit_names
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.templatetags.wangge_ui import when

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wangge.domains.cases.models import Case, Handling, Report, TimelineEntry, VoiceNote
    from wangge.domains.cases.queries import Dossier
    from wangge.foundation.accounts.models import User

MEDIA = "/api/v1/media"
_BY_REPORTER = frozenset({"report", "settle", "join", "supplement", "evaluate", "object"})
_STOPPED = frozenset({S.DECLINED, S.VOID, S.MERGED})


def described(case: Case, user: User, *, whole: bool = False) -> dict[str, Any]:
    """The context of the pane beside a list, and (`whole`) of the case page, which explains the clocks too."""
    held = queries.dossier(case, user)
    hidden = queries.hides_reporters(case, user)
    found = queries.photos(case, user)
    pictures = photos(found, hidden=hidden)
    readable = {other.number for other in held.merged}
    if case.merged_into is not None and _may_read(case.merged_into.number, user):
        readable.add(case.merged_into.number)
    spoken: dict[int, list[VoiceNote]] = {}
    for note in voice_notes(case, user):
        spoken.setdefault(note.report_id, []).append(note)
    beside = described_procedures(case, held.assignments)
    entries = queries.timeline(case, user)
    if whole:
        beside |= described_clock(case, entries, held.assignments)
    return (
        {
            "case": case,
            "clock": chip(case),
            "flags": flags(case),
            "place": place_line(case),
            "stations": stations(case),
            "photos": pictures["shown"],
            "photos_pending": pictures["pending"],
            "hidden": hidden,
            "voices": [
                voice_line(voice, case, readable, spoken.get(voice.pk, [])) for voice in queries.voices(case, user)
            ],
            "may_reveal": queries.may_see_contact(case, user) and not hidden,
            "purposes": list(PURPOSES.items()),
            "assignments": held.assignments,
            "handlings": [handling_line(handling) for handling in held.handlings],
            "verifications": held.verifications,
            "objections": held.objections,
            "merged": held.merged,
            "goes_on_opens": case.merged_into is not None and case.merged_into.number in readable,
            "timeline": timeline(entries, held, readable, hidden=hidden, called=beside.pop("called_names", {})),
        }
        | beside
        | described_checks(case, found, held.handlings, user)
    )


def stations(case: Case) -> list[dict[str, Any]]:
    """Where the case is, as `components/steps.html` draws it."""
    on_the_spot = case.filed_at is None and case.handled_at is not None
    shown = []
    passed = True
    for label, states, field in STATIONS:
        at = getattr(case, field) if field else None
        if on_the_spot and field in {"filed_at", "dispatched_at", "signed_at"}:
            continue
        if case.state in states:
            passed = False
            shown.append({"label": label, "state": "now", "note": case.get_state_display()})
            continue
        if case.state in _STOPPED and at is None and field != "reported_at":
            shown.append({"label": case.get_state_display(), "state": "stopped", "note": when(case.since)})
            break
        ended = case.state in {S.CLOSED, S.ARCHIVED}
        done = passed or ended
        shown.append({"label": label, "state": "done" if done else "next", "note": when(at) if done and at else ""})
    return shown


def photos(found: Iterable[CasePhoto], *, hidden: bool) -> dict[str, Any]:
    """Photos as `components/photo_strip.html` shows them, and how many have been promised but have not arrived."""
    shown, pending = [], 0
    for photo in found:
        if hidden and photo.kind == CasePhoto.Kind.REPORT:
            continue
        if photo.media is None:
            pending += 1
            continue
        kind = str(photo.get_kind_display())
        shown.append(
            {
                "thumb_url": f"{MEDIA}/{photo.sha256}?size=thumb",
                "full_url": f"{MEDIA}/{photo.sha256}?size=web",
                "alt": _("Photo: %(kind)s, %(at)s") % {"kind": kind, "at": when(photo.at)},
                "kind": kind,
                "caption": f"{kind} · {when(photo.at)}",
            }
        )
    return {"shown": shown, "pending": pending}


def voice_line(voice: Report, case: Case, readable: set[str], notes: Sequence[VoiceNote] = ()) -> dict[str, Any]:
    """One reporter: source, words, what was spoken, mask, judgements; never a name or a number in the clear."""
    return {
        "report": voice,
        "who": voice.contact_mask or (voice.by.name if voice.by is not None else _("Resident without a name")),
        "has_contact": voice.contact_name is not None or voice.contact_phone is not None,
        "source": voice.get_source_display(),
        "from_merged": voice.case.number if voice.case_id != case.pk else "",
        "merged_opens": voice.case.number in readable,  # a unit sees its own case, not those merged into it
        "spoken": [
            {"url": f"{MEDIA}/{note.sha256}/sound", "mime": note.sound.mime, "seconds": round(note.sound.seconds)}
            for note in notes
            if note.sound is not None and note.sound.erased_at is None
        ],
        "unheard": sum(note.sound is None for note in notes),
        "evaluations": list(voice.evaluations.all()),
        "current": any(e.round == case.round for e in voice.evaluations.all()),
        "contact_url": reverse("desk:case-contact", args=[case.number, voice.public_id]),
    }


def handling_line(handling: Handling) -> dict[str, Any]:
    """One result with its quantities in words."""
    amounts = [f"{_plain(q.amount)} {UNIT_NAMES.get(q.unit, q.unit)}" for q in handling.quantities.all()]
    area = f"{_plain(handling.area_m2)} m²" if handling.area_m2 is not None else ""
    return {"handling": handling, "quantities": "，".join(amounts), "area": area}


def _plain(number: Any) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _may_read(number: str, user: User) -> bool:
    try:
        queries.get_case(user, number)
    except NotFoundError:
        return False
    return True


def timeline(
    entries: Iterable[TimelineEntry],
    held: Dossier,
    readable: set[str],
    *,
    hidden: bool,
    called: dict[int, str] | None = None,
) -> list[dict[str, Any]]:
    """The record of the work as `components/timeline.html` draws it."""
    entries = list(entries)
    units = {a.unit_id: a.unit.name for a in held.assignments} | (called or {})
    named = {pk for entry in entries for pk in _units_named(entry.data)}
    if named - units.keys():
        units |= unit_names(named - units.keys())
    return [_event(entry, units, readable, hidden=hidden) for entry in entries]


def _event(entry: TimelineEntry, units: dict[int, str], readable: set[str], *, hidden: bool) -> dict[str, Any]:
    look = HAPPENED[entry.verb]
    from_reporter = entry.verb in _BY_REPORTER
    role = entry.unit.name if entry.unit is not None and not (hidden and from_reporter) else ""
    return {
        "at": entry.at,
        "verb": look.label,
        "icon": look.icon,
        "tone": look.tone,
        "who": _who(entry, hidden=hidden and from_reporter),
        "role": role,
        "text": "" if hidden and entry.verb == "supplement" else entry.note,
        "facts": _facts(entry.data, units, readable),
    }


def _who(entry: TimelineEntry, *, hidden: bool) -> str:
    if hidden:
        return _("Reporter, name kept secret")
    if entry.by is not None:
        return entry.by.name
    step = STEPS.get(entry.verb)
    return (
        pgettext("timeline", "By rule")
        if step is not None and step.by != REPORTER
        else pgettext("timeline", "Reporter")
    )


def _units_named(data: dict[str, Any]) -> list[int]:
    """The units that a row of the timeline speaks of."""
    single = [data[key] for key in ("unit", "part") if data.get(key)]
    return [*single, *data.get("co", []), *data.get("called", [])]


def _facts(data: dict[str, Any], units: dict[int, str], readable: set[str]) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = []
    if data.get("unit"):
        facts.append({"label": _("Responsible unit"), "value": units.get(data["unit"], _("Unit"))})
    if data.get("co"):
        facts.append({"label": _("Co-handling"), "value": "、".join(units.get(pk, "") for pk in data["co"])})
    if data.get("slip"):
        facts.append({"label": _("Supervision slip"), "value": data["slip"]})
    if data.get("whistle"):
        url = reverse("desk:whistle", args=[data["whistle"]])
        facts.append({"label": _("Whistle"), "value": data["whistle"], "url": url})
    if data.get("basis"):
        facts.append({"label": _("Basis"), "value": data["basis"]})
    if data.get("result"):
        facts.append({"label": _("Result"), "value": dict(Result.choices).get(data["result"], "")})
    if data.get("solved"):
        facts.append({"label": _("Solved?"), "value": dict(Evaluation.Solved.choices).get(data["solved"], "")})
    if data.get("satisfied"):
        facts.append({"label": _("Satisfied?"), "value": dict(Evaluation.Satisfied.choices).get(data["satisfied"], "")})
    if data.get("number"):
        # Only to where this person may go: a unit sees its own case, not those that were merged into it.
        url = reverse("desk:case", args=[data["number"]]) if data["number"] in readable else ""
        facts.append({"label": _("The other case"), "value": data["number"], "url": url})
    if "emerging" in data or "legacy" in data:
        names = [
            str(label)
            for key, label in (("emerging", pgettext("flag", "Early sign")), ("legacy", pgettext("flag", "Inherited")))
            if data.get(key)
        ]
        facts.append({"label": _("Flags"), "value": "、".join(names) or _("None")})
    return facts + procedure_facts(data, units)
