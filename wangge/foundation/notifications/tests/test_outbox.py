"""One message per person and fact; channels that fail are tried again and never lose a message."""

import datetime as dt

import pytest

from wangge.foundation.core.clock import OFFICE
from wangge.foundation.notifications import actions, channels, queries
from wangge.foundation.notifications.models import Delivery, Notice
from wangge.foundation.notifications.tasks import deliver as deliver_job


class Sms:
    """An outside channel that can be out of order."""

    name = "sms"

    def __init__(self):
        self.sent, self.broken = [], False

    def send(self, notice):
        if self.broken:
            raise TimeoutError("the operator does not answer 10012345678")
        self.sent.append((notice.user.username, notice.kind))


@pytest.fixture
def sms(monkeypatch):
    channel = Sms()
    monkeypatch.setitem(channels.CHANNELS, channel.name, channel)
    return channel


@pytest.fixture(autouse=True)
def _by_day(time_machine):
    """A morning, so that nothing is held back unless a test says so."""
    time_machine.move_to(dt.datetime(2026, 3, 2, 9, tzinfo=OFFICE))


def tell(users, key="case.closed:1:1", kind="case.closed", **more):
    return actions.tell(
        users=users, kind=kind, subject_type="case", subject_id=1, once_key=key, label="NC-2026-000001", **more
    )


def test_a_message_per_person_and_key(town):
    assert tell([town.lin, town.gao]) == 2
    assert tell([town.lin, town.gao, town.bai]) == 1
    assert tell([]) == 0
    assert tell([town.lin], key="case.closed:1:2") == 1
    assert tell([town.su, town.su], key="case.closed:1:3") == 1
    assert Notice.objects.count() == 5
    assert Delivery.objects.count() == 0  # in-app needs no channel
    notice = queries.inbox(town.gao)[0]
    assert (notice.kind, notice.label, notice.subject_type, notice.subject_id) == (
        "case.closed", "NC-2026-000001", "case", 1,
    )  # fmt: skip


def test_the_inbox_is_ones_own_and_pages_cover_it_once(town):
    for number in range(5):
        tell([town.lin], key=f"k{number}")
    tell([town.gao])
    seen, before = [], None
    while page := queries.inbox(town.lin, before=before, limit=2):
        seen += [notice.once_key for notice in page]
        before = page[-1].pk
    assert seen == ["k4", "k3", "k2", "k1", "k0"]
    assert (queries.unread(town.lin), queries.unread(town.gao), queries.unread(town.bai)) == (5, 1, 0)


def test_reading_ones_own_only(town):
    tell([town.lin, town.gao])
    tell([town.lin], key="second")
    hers = queries.inbox(town.gao)[0]
    actions.read(by=town.lin, notice_id=hers.pk)
    assert queries.unread(town.gao) == 1
    actions.read(by=town.gao, notice_id=hers.pk)
    hers.refresh_from_db()
    first_read = hers.read_at
    actions.read(by=town.gao, notice_id=hers.pk)
    hers.refresh_from_db()
    assert (queries.unread(town.gao), hers.read_at) == (0, first_read)
    actions.read_all(by=town.lin)
    assert (queries.unread(town.lin), Notice.objects.filter(read_at=None).count()) == (0, 0)


def test_unread_is_counted_up_to_a_hundred(town):
    for number in range(102):
        tell([town.lin], key=f"k{number}")
    assert queries.unread(town.lin) == 100


def test_a_channel_sends_each_message_once(town, sms):
    tell([town.lin, town.gao])
    assert actions.deliver() == 2
    assert actions.deliver() == 0
    assert sorted(sms.sent) == [("gao", "case.closed"), ("lin", "case.closed")]
    assert list(Delivery.objects.values_list("attempts", "last_error")) == [(1, "")] * 2
    tell([town.lin, town.gao])  # the reaction again
    assert actions.deliver() == 0


def test_a_failure_is_kept_and_tried_again(town, sms):
    tell([town.lin])
    sms.broken = True
    assert (actions.deliver(), actions.deliver()) == (0, 0)
    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.last_error, delivery.sent_at) == (2, "TimeoutError", None)
    sms.broken = False
    deliver_job(timestamp=0)
    delivery.refresh_from_db()
    assert (delivery.attempts, delivery.sent_at is not None, sms.sent) == (3, True, [("lin", "case.closed")])


def test_one_message_that_fails_holds_up_no_other(town, sms, monkeypatch):
    tell([town.lin, town.gao])

    def picky(notice):
        if notice.user == town.lin:
            raise ConnectionError
        sms.sent.append(notice.user.username)

    monkeypatch.setattr(sms, "send", picky)
    assert actions.deliver() == 1
    assert sms.sent == ["gao"]


def test_after_twelve_attempts_it_is_left_for_a_person(town, sms):
    tell([town.lin])
    sms.broken = True
    for _time in range(15):
        actions.deliver()
    assert Delivery.objects.get().attempts == 12


def test_the_error_kept_names_no_phone(town, sms):
    tell([town.lin])
    sms.broken = True
    actions.deliver()
    assert "100" not in Delivery.objects.get().last_error


@pytest.mark.parametrize(
    ("hour", "minute", "leaves"), [(7, 59, 0), (8, 0, 1), (12, 0, 1), (19, 59, 1), (20, 0, 0), (23, 0, 0), (3, 0, 0)]
)
def test_at_night_only_what_is_urgent_leaves(town, sms, time_machine, hour, minute, leaves):
    time_machine.move_to(dt.datetime(2026, 3, 2, hour, minute, tzinfo=OFFICE), tick=False)
    tell([town.lin])
    tell([town.gao], key="alarm", kind="case.urgent", urgent=True)
    assert (queries.unread(town.lin), queries.unread(town.gao)) == (1, 1)  # the inbox knows no night
    assert actions.deliver() == leaves + 1
    assert sms.sent == [("gao", "case.urgent"), ("lin", "case.closed")][: leaves + 1]


def test_what_was_held_back_leaves_in_the_morning_once(town, sms, time_machine):
    time_machine.move_to(dt.datetime(2026, 3, 2, 22, tzinfo=OFFICE), tick=False)
    tell([town.lin])
    assert actions.deliver() == 0
    assert list(Delivery.objects.values_list("attempts", "sent_at")) == [(0, None)]  # the night is no failure
    time_machine.move_to(dt.datetime(2026, 3, 3, 8, 1, tzinfo=OFFICE), tick=False)
    assert (actions.deliver(), actions.deliver()) == (1, 0)
    assert sms.sent == [("lin", "case.closed")]


def test_the_office_says_when_it_is_night(town, sms, settings, time_machine):
    settings.QUIET_FROM, settings.QUIET_TO = "18:00", "09:30"
    time_machine.move_to(dt.datetime(2026, 3, 2, 9, 29, tzinfo=OFFICE), tick=False)
    tell([town.lin])
    assert actions.deliver() == 0
    time_machine.move_to(dt.datetime(2026, 3, 2, 9, 30, tzinfo=OFFICE), tick=False)
    assert actions.deliver() == 1


def test_figures_travel_with_a_message(town):
    tell([town.lin], data={"red": 2, "amber": 1})
    assert queries.inbox(town.lin)[0].data == {"red": 2, "amber": 1}
    assert queries.told_already([town.lin.pk, town.gao.pk], "case.closed:1:1") == {town.lin.pk}
