"""The main line, from the report to the resident's judgement, one step after the other."""

from wangge.domains.cases.models import TimelineEntry
from wangge.foundation.audit.models import AuditEntry


def test_from_report_to_satisfied_resident(town):
    case = town.closed()

    assert case.state == "closed"
    assert case.closed_at is not None
    assert case.number.startswith("NC-")
    verbs = list(TimelineEntry.objects.filter(case=case).values_list("verb", "state"))
    assert verbs == [
        ("report", "reported"),
        ("file", "filed"),
        ("dispatch", "dispatched"),
        ("sign_for", "handling"),
        ("handle", "handled"),
        ("verify", "evaluating"),
        ("evaluate", "evaluating"),
        ("close_by_rule", "closed"),
    ]
    audited = list(
        AuditEntry.objects.filter(subject_type="case", subject_id=case.pk).order_by("id").values_list("kind", flat=True)
    )
    assert audited == [f"case.{verb}" for verb, _state in verbs]
