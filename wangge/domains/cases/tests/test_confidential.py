"""保密: tips and domestic violence. The handler never learns who reported; who has no right sees no case at all."""

import pytest

from wangge.domains.cases import actions, queries
from wangge.domains.cases.learning import alike
from wangge.domains.cases.models import Report
from wangge.domains.cases.queries import Filter
from wangge.domains.cases.tests.traces import at, everything, refused
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core.problems import InvalidError, NotAllowedError, NotFoundError
from wangge.foundation.duties.queries import to_do

MAY_SEE = ["bai", "luo", "qian"]
ORDINARY = ["lin", "gao", "fang", "chen", "su", "ma", "zhao", "tan", "root", "security", "hua", "he"]


@pytest.fixture
def case(town):
    """A tip by Mrs Wu about something in grid 1."""
    return town.reported(matter=town.secret, contact=town.wu())


@pytest.fixture
def in_hand(town, case):
    """The same, sent to the law-enforcement team and signed for."""
    case = actions.file(case=case, by=town.bai, matter=case.matter)
    case = actions.dispatch(case=case, by=town.luo, unit=town.enforcement)
    return actions.sign_for(case=case, by=town.he)


def test_a_confidential_matter_makes_a_confidential_case(town, case):
    assert case.confidential is True
    assert town.reported().confidential is False
    assert town.reported(confidential=True).confidential is True


def test_only_those_with_the_right_find_it(town, case):
    for name in MAY_SEE:
        assert queries.get_case(getattr(town, name), case.number).pk == case.pk, name
        assert [found.pk for found in queries.find(getattr(town, name), Filter())] == [case.pk], name
    for name in ORDINARY:
        user = getattr(town, name)
        with pytest.raises(NotFoundError):
            queries.get_case(user, case.number)
        with pytest.raises(NotFoundError):
            queries.get_case_by_public_id(user, case.public_id)
        assert queries.find(user, Filter(text=case.number)) == [], name
        assert queries.find(user, Filter(text="板房")) == [], name
        assert queries.how_many(user, Filter()) == 0, name
        assert queries.on_map(user) == [], name
        assert alike.alike(user, alike.thing_of(case)) == [], name
        assert queries.next_due(user, Filter()) == [], name


def test_the_unit_sees_it_and_not_who_said_it(town, in_hand):
    assert queries.get_case(town.he, in_hand.number).pk == in_hand.pk
    assert queries.hides_reporters(in_hand, town.he) is True
    assert queries.voices(in_hand, town.he) == []
    with pytest.raises(NotFoundError):
        queries.get_voice(in_hand, town.he, town.voice(in_hand).public_id)
    assert queries.may_see_contact(in_hand, town.he) is False
    assert [voice.contact_mask for voice in queries.voices(in_hand, town.bai)] == ["吴** 1**********"]
    with pytest.raises(NotFoundError):
        queries.get_case(town.hua, in_hand.number)


def test_the_timeline_names_no_reporter(town, in_hand):
    told = [(entry.verb, entry.by, entry.note, entry.data) for entry in queries.timeline(in_hand)]
    assert [by for verb, by, *_rest in told if verb == "report"] == [None]
    assert not any("吴" in f"{note}{data}" for _verb, _by, note, data in told)


def test_contact_is_shown_for_a_purpose_and_leaves_one_audit_row(town, case):
    before = everything()
    contact = actions.reveal_contact(report=town.voice(case), by=town.bai, purpose="ask")
    assert (contact.name, contact.phone) == ("吴桂英", "10012345678")
    after = everything()
    assert after == before | {"audit": before["audit"] + 1}
    entry = AuditEntry.objects.order_by("-id").first()
    assert (entry.kind, entry.actor_id, entry.subject_type, entry.subject_id, entry.data) == (
        "report.contact", town.bai.pk, "report", town.voice(case).pk, {"case": case.pk, "purpose": "ask"}
    )  # fmt: skip


@pytest.mark.parametrize("name", ORDINARY)
def test_nobody_else_sees_the_contact(town, in_hand, name):
    with refused(NotAllowedError):
        actions.reveal_contact(report=town.voice(in_hand), by=getattr(town, name), purpose="handle")


def test_discipline_reads_and_does_not_ring_up(town, case):
    with refused(NotAllowedError):
        actions.reveal_contact(report=town.voice(case), by=town.qian, purpose="handle")


def test_a_look_without_a_purpose_is_refused(town, case):
    with refused(InvalidError, field="purpose"):
        actions.reveal_contact(report=town.voice(case), by=town.bai, purpose="curiosity")


def test_the_handler_of_an_ordinary_case_may_ring_up(town):
    case = town.handling(contact=town.wu())
    assert actions.reveal_contact(report=town.voice(case), by=town.he, purpose="handle").phone == "10012345678"
    with refused(NotAllowedError):
        actions.reveal_contact(report=town.voice(case), by=town.hua, purpose="handle")


def test_its_duties_are_hidden_too_and_the_right_counts_where_it_is_held(town, case):
    assert [duty.label for duty in to_do(town.bai, kind="case.reported")] == [case.number]
    assert to_do(town.chen, kind="case.reported") == []
    # Confidential in the other street: that opens nothing here.
    accounts.give_post(by=None, user=town.chen, role="intake_officer", valid_from=at().date(), area=town.north)
    chen = town.fresh(town.chen)
    assert to_do(chen, kind="case.reported") == []
    with pytest.raises(NotFoundError):
        queries.get_case(chen, case.number)


def test_a_confidential_photo_of_the_reporter_is_hidden_from_the_handler(town, in_hand):
    from wangge.domains.cases.models import CasePhoto
    from wangge.foundation.media.models import MediaFile

    media = MediaFile.objects.create(sha256="4" * 64, size=1, mime="image/jpeg", width=1, height=1, uploaded_at=at())
    CasePhoto.objects.create(
        case=in_hand, report=town.voice(in_hand), sha256="4" * 64, media=media, kind="report", at=at()
    )
    assert queries.photo_for(town.bai, "4" * 64).case_id == in_hand.pk
    for user in (town.he, town.chen, town.lin):
        with pytest.raises(NotFoundError):
            queries.photo_for(user, "4" * 64)


def test_secrecy_can_be_set_at_filing_and_not_taken_from_a_confidential_matter(town, case):
    filed = actions.file(case=case, by=town.bai, matter=case.matter, confidential=False)
    assert filed.confidential is True
    other = town.reported(confidential=True)
    assert actions.file(case=other, by=town.bai, matter=town.litter, confidential=False).confidential is False


def test_one_person_merged_in_stays_secret(town, case):
    public = town.filed(contact=town.wu())
    actions.merge(case=case, into=public, by=town.luo)
    target = town.read(public)
    assert queries.voices(target, town.chen) == []
    assert len(queries.voices(target, town.luo)) == 2
    assert Report.objects.of_case(target).count() == 2
