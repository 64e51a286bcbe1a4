"""Two workers at eight o’clock send each summary once; with data that is really committed."""

from django.core import mail

from tests.attribution.test_digests import open_desk, post
from tests.attribution.test_worker import run_at_once


def test_two_workers_send_one_mail(committed_db: None) -> None:
    desk = open_desk()
    assert sorted(int(str(sent)) for sent in run_at_once(*[lambda: post(desk)] * 4)) == [0, 0, 0, 1]
    assert len(mail.outbox) == 1
