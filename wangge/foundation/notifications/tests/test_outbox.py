"""One message per person and fact; channels that fail are tried again and never lose a message."""

import pytest

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


def tell(users, key="case.closed:1:1", kind="case.closed"):
    return actions.tell(users=users, kind=kind, subject_type="case", subject_id=1, once_key=key, label="NC-2026-000001")


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
