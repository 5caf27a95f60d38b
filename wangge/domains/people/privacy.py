"""Personal fields of people and homes. All are sealed under the subject's own key unless it says otherwise."""

from wangge.foundation.core.privacy import declare

_PLACE = "whoever works at that place, masked; whole by `reveal`, one field, one purpose, one audit row"
_NEED = "holders of person:need at that place, as a duty or a benefit; never in a list or a filter"
_LIVES = "as long as he lives here, then 3 years"
_KEY = "his key is destroyed: unreadable here, in history and in every older copy; then set to null"

for _column, _meaning in {
    "name": "name",
    "former_name": "earlier name",
    "sex": "sex",
    "born": "date of birth",
    "id_number": "number of the identity document",
    "phone": "phone",
    "registered_address": "address of registration (户籍地)",
    "work_or_school": "place of work or school",
}.items():
    declare(f"people.person.{_column}", meaning=_meaning, seen_by=_PLACE, kept=_LIVES, erased=_KEY)
declare(
    "people.person.tokens",
    meaning="keyed, truncated fingerprints of name, number and phone, to find by",
    seen_by="nobody",
    kept=_LIVES,
    erased="emptied",
)
declare(
    "people.household.tokens",
    meaning="those of the names of its members",
    seen_by="nobody",
    kept="while the household exists",
    erased="computed anew without the erased person",
)
declare(
    "people.fieldchange.before",
    meaning="the earlier value of a field",
    seen_by="nobody; an undo puts it back",
    kept=_LIVES,
    erased=_KEY,
)
declare(
    "people.personmerge.reason",
    meaning="why two entries are one person",
    seen_by="holders of person:merge at that place",
    kept=_LIVES,
    erased="emptied",
)
for _column, _meaning in {"contact_name": "whom to call", "contact_phone": "his phone"}.items():
    declare(
        f"people.firm.{_column}",
        meaning=_meaning,
        seen_by="holders of firm:view at that place, masked; whole by `reveal`",
        kept="while the firm is here, then 3 years",
        erased="the firm's key is destroyed",
    )
for _column, _meaning in {"name": "name of the firm", "address": "its address"}.items():
    declare(
        f"people.firm.{_column}",
        meaning=f"{_meaning}; public, not sealed",
        seen_by="holders of firm:view at that place",
        kept="while the firm is here, then 3 years",
        erased="of a self-employed person: emptied with the firm's key",
    )
for _column, _meaning in {"name": "name of a place", "address": "its address"}.items():
    declare(
        f"people.site.{_column}",
        meaning=f"{_meaning}; public, not sealed",
        seen_by="everybody of the office",
        kept="while the place exists",
        erased="not personal",
    )
for _column, _meaning in {"kind": "what he needs help with", "detail": "its particulars"}.items():
    declare(f"people.circumstance.{_column}", meaning=_meaning, seen_by=_NEED, kept="until its review", erased=_KEY)
for _column, _meaning in {"policy": "which benefit he draws", "detail": "how much"}.items():
    declare(f"people.enrolment.{_column}", meaning=_meaning, seen_by=_NEED, kept=_LIVES, erased=_KEY)
declare(
    "people.tenancy.agreement",
    meaning="number under which the agreement of a letting was filed; not sealed",
    seen_by="holders of person:view at that place",
    kept="while the room exists",
    erased="emptied when the tenant or the landlord is erased",
)
declare(
    "people.entitlement.found",
    meaning="which benefits he could claim, and why",
    seen_by=_NEED,
    kept="until the next night",
    erased=_KEY,
)
declare(
    "people.populationchange.facts",
    meaning="what was told about a change: names, dates",
    seen_by="holders of person:edit at that place",
    kept="until it was applied or refused, then 1 year",
    erased="the key of the change is destroyed",
)
declare(
    "people.privacyalert.note",
    meaning="what the privacy officer found out",
    seen_by="privacy officers",
    kept="3 years",
    erased="stays: it is about the work of an official",
)
declare(
    "people.exportrequest.reason",
    meaning="why a list is needed",
    seen_by="who asked, who decides, privacy officers",
    kept="3 years",
    erased="stays: it is about the work of an official",
)
declare(
    "people.exportrequest.file",
    meaning="the list, sealed under the request's own key",
    seen_by="who asked for it, once agreed",
    kept="7 days",
    erased="the key of the request is destroyed",
)
for _column in ("raw", "before"):
    declare(
        f"people.importrow.{_column}",
        meaning="a row as it came in, or what it replaced; sealed under the batch's own key",
        seen_by="who brought the file",
        kept="90 days",
        erased="the key of the batch is destroyed",
    )
for _column in ("file", "preview"):
    declare(
        f"people.importbatch.{_column}",
        meaning="a file as it came in, or its first rows; sealed under the batch's own key",
        seen_by="who brought the file",
        kept="until it was taken in, at most 90 days",
        erased="the key of the batch is destroyed",
    )
declare(
    "people.importbatch.file_name",
    meaning="name of a file; not sealed",
    seen_by="who brought the file",
    kept="3 years",
    erased="not personal",
)
