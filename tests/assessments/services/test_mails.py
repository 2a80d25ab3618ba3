"""Mails: queued once, sent once, tried again, stopped. With a real mail server where it matters."""

from __future__ import annotations

import datetime as dt
import logging
from contextlib import AbstractContextManager
from email.message import EmailMessage
from typing import Any

import pytest

from assessments import emails
from assessments.models import (
    Action,
    Invitation,
    Mail,
    MailKind,
    MailState,
    MailStop,
    Organization,
    Response,
    Round,
    Team,
    User,
)
from assessments.services import mails, people, rounds
from assessments.services.actions import finish_action, start_action
from assessments.services.errors import ServiceError
from tests import factories
from tests.factories import DAY, NOW
from tests.journeys.stage import Mailbox, free_port, mail_server

MINUTE = dt.timedelta(minutes=1)


class Moody(Mailbox):
    """A mail server's other side that refuses, puts off, or falls silent."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: dict[str, str] = {}
        self.hangs_up = False

    async def handle_RCPT(
        self, server: Any, session: object, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Refuse whom it is told to."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: object, envelope: Any) -> str:
        """Keep a mail, and hang up before saying so when it is told to."""
        said = await super().handle_DATA(server, session, envelope)
        if self.hangs_up:
            server.transport.abort()
        return said


@pytest.fixture
def moody() -> Moody:
    """Nobody is refused yet."""
    return Moody()


@pytest.fixture
def server(settings: Any, moody: Moody) -> AbstractContextManager[Any]:
    """A mail server that has not been started, but whose address is set."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    port = free_port()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 5
    return mail_server(moody, port)


@pytest.fixture
def running(kestrel: Team) -> Round:
    """An open round of Kestrel, whose six people have a mail waiting."""
    opened = factories.open_round(kestrel.organization, team_first_days=2)
    mails.queue_invitations(round=opened, now=NOW)
    return opened


@pytest.fixture
def mail(running: Round) -> Mail:
    """An invitation that waits."""
    return Mail.objects.order_by("pk")[0]


def deliver(mail: Mail, now: dt.datetime = NOW) -> Mail:
    """Send it, and look again."""
    mails.deliver(mail_id=mail.pk, now=now)
    mail.refresh_from_db()
    return mail


def user_of(mail: Mail) -> User:
    return User.objects.get(email=mail.email)


# --- Queueing ---------------------------------------------------------------------------------


def test_everybody_invited_gets_one_mail_however_often_it_is_asked_for(running: Round) -> None:
    assert mails.queue_invitations(round=running, now=NOW) == []

    assert sorted(Mail.objects.values_list("email", flat=True)) == sorted(
        Invitation.objects.values_list("email", flat=True)
    )
    assert set(Mail.objects.values_list("state", "kind")) == {(MailState.WAITING, MailKind.INVITATION)}


def test_who_joins_gets_a_mail_and_nobody_else_does(running: Round, kestrel: Team) -> None:
    people.add_to_team(team=kestrel, email="new@example.org", name="New", by=None)
    rounds.invite_newcomers(round=running, by=None, now=NOW)

    assert [mail.email for mail in mails.queue_invitations(round=running, now=NOW)] == ["new@example.org"]


@pytest.mark.parametrize("state", ["planned", "closed"])
def test_a_round_that_is_not_open_invites_nobody(kestrel: Team, state: str) -> None:
    if state == "planned":
        found = factories.make_round(kestrel.organization)
    else:
        found = factories.closed_round(kestrel.organization, kestrel, [4] * 6)

    assert mails.queue_invitations(round=found, now=NOW) == []


def test_results_are_told_to_the_team_first_and_to_coaches_in_their_time(
    aviary: Organization, kestrel: Team, ada: User, cleo: User
) -> None:
    found = factories.closed_round(aviary, kestrel, [4] * 6, team_first_days=2)
    closed_at = found.closed_at

    to_team = mails.queue_results(round=found, now=closed_at)

    assert len(to_team) == 6
    assert {(mail.kind, mail.assessment.team) for mail in to_team} == {(MailKind.RESULTS, kestrel)}
    assert mails.queue_results(round=found, now=closed_at + 2 * DAY - MINUTE) == []
    assert [mail.email for mail in mails.queue_results(round=found, now=closed_at + 2 * DAY)] == [cleo.email]
    assert mails.queue_results(round=found, now=closed_at + 9 * DAY) == []


def test_a_team_without_time_of_its_own_is_told_together_with_the_coaches(
    aviary: Organization, kestrel: Team, cleo: User
) -> None:
    found = factories.closed_round(aviary, kestrel, [4] * 6, team_first_days=0)

    assert len(mails.queue_results(round=found, now=found.closed_at)) == 7


def test_results_of_an_open_round_are_told_to_nobody(running: Round) -> None:
    assert mails.queue_results(round=running, now=NOW) == []
    running.refresh_from_db()
    assert not running.team_told


def test_an_invitation_to_sign_in_is_queued_once_while_it_waits(aviary: Organization, ada: User) -> None:
    first = factories.make_mail(aviary, ada)
    assert factories.make_mail(aviary, ada) == first

    deliver(first)

    assert factories.make_mail(aviary, ada) == first  # or somebody's mailbox could be filled
    assert factories.make_mail(aviary, ada, now=NOW + mails.AGAIN_AFTER) != first


def test_two_that_wait_do_not_keep_a_third_from_being_asked_for(aviary: Organization, ada: User) -> None:
    first = factories.make_mail(aviary, ada)
    Mail.objects.create(organization=aviary, kind=first.kind, email=ada.email, due_at=NOW)

    assert factories.make_mail(aviary, ada, now=NOW + DAY).due_at == NOW + DAY
    assert Mail.objects.count() == 2


def test_a_due_mail_is_handed_out_once_an_hour(running: Round) -> None:
    assert len(mails.take_due(now=NOW)) == 6
    assert mails.take_due(now=NOW + 59 * MINUTE) == []
    assert len(mails.take_due(now=NOW + 60 * MINUTE)) == 6


# --- Sending ----------------------------------------------------------------------------------


def test_a_mail_is_sent_once(mail: Mail, mailoutbox: list[EmailMessage]) -> None:
    for _attempt in range(2):
        deliver(mail)

    assert [message.to for message in mailoutbox] == [[mail.email]]
    assert (mail.state, mail.attempts, mail.error) == (MailState.SENT, 1, "")


def test_a_worker_that_dies_before_sending_leaves_the_mail_in_doubt(
    mail: Mail, mailoutbox: list[EmailMessage]
) -> None:
    assert mails.claim(mail_id=mail.pk, now=NOW) == mail  # and here it dies

    deliver(mail, NOW + DAY)

    assert (mailoutbox, mail.state) == ([], MailState.SENDING)
    assert mail.pk not in mails.take_due(now=NOW + DAY)


def test_of_two_workers_one_gets_the_mail(mail: Mail) -> None:
    assert mails.claim(mail_id=mail.pk, now=NOW) == mail
    assert mails.claim(mail_id=mail.pk, now=NOW) is None


@pytest.mark.django_db
def test_a_mail_that_is_gone_is_passed_over(mailoutbox: list[EmailMessage]) -> None:
    mails.deliver(mail_id=10**9, now=NOW)

    assert mailoutbox == []


def test_an_invitation_does_not_go_out_once_its_round_has_closed(
    mail: Mail, running: Round, mailoutbox: list[EmailMessage]
) -> None:
    rounds.close_round(round=running, by=None, now=NOW)

    assert (deliver(mail).state, mail.error, mailoutbox) == (MailState.FAILED, "The round closed before.", [])


def test_a_mail_to_somebody_who_is_gone_is_not_sent(mail: Mail, mailoutbox: list[EmailMessage]) -> None:
    user_of(mail).delete()

    assert (deliver(mail).state, mailoutbox) == (MailState.FAILED, [])


def test_news_of_results_reach_team_and_coach(
    aviary: Organization, kestrel: Team, cleo: User, mailoutbox: list[EmailMessage]
) -> None:
    found = factories.closed_round(aviary, kestrel, [4] * 6)
    for queued in mails.queue_results(round=found, now=found.closed_at):
        deliver(queued)

    assert len(mailoutbox) == 7
    assert f"/o/aviary/teams/team-kestrel/rounds/{found.pk}/" in mailoutbox[0].body
    assert mailoutbox[-1].to == [cleo.email]
    assert f"/o/aviary/rounds/{found.pk}/" in mailoutbox[-1].body


# --- With a mail server -----------------------------------------------------------------------


def test_a_dead_server_is_tried_again_later_and_later(mail: Mail, server: object) -> None:
    pauses, now = [], NOW
    while deliver(mail, now).state == MailState.WAITING:
        assert mail.pk not in mails.take_due(now=mail.due_at - MINUTE / 60)
        pauses.append(mail.due_at - now)
        now = mail.due_at

    assert pauses == [minutes * MINUTE for minutes in (1, 5, 25, 120, 600)]
    assert (mail.state, mail.attempts) == (MailState.FAILED, 6)
    assert "Connection refused" in mail.error


def test_a_server_that_comes_back_gets_the_mail_once(
    mail: Mail, server: AbstractContextManager[Any], moody: Moody
) -> None:
    deliver(mail)
    with server:
        for _attempt in range(2):
            deliver(mail, NOW + MINUTE)

    assert [message["To"] for message in moody.mails] == [mail.email]
    assert (mail.state, mail.attempts, mail.error) == (MailState.SENT, 2, "")


def test_a_refusal_for_good_is_the_end_in_the_servers_words(
    mail: Mail, server: AbstractContextManager[Any], moody: Moody
) -> None:
    moody.refused[mail.email] = "550 5.1.1 no such person here"
    with server:
        deliver(mail)

    assert (mail.state, mail.attempts, mail.error) == (MailState.FAILED, 1, "550 5.1.1 no such person here")
    assert moody.mails == []


def test_others_get_their_mails_beside_one_who_is_refused(
    running: Round, server: AbstractContextManager[Any], moody: Moody
) -> None:
    everybody = list(Mail.objects.all())
    moody.refused[everybody[0].email] = "550 no"
    with server:
        for mail in everybody:
            deliver(mail)

    assert sorted(message["To"] for message in moody.mails) == sorted(mail.email for mail in everybody[1:])


def test_a_refusal_for_now_is_tried_again(
    mail: Mail, server: AbstractContextManager[Any], moody: Moody
) -> None:
    moody.refused[mail.email] = "451 4.7.1 come back later"
    with server:
        assert deliver(mail).state == MailState.WAITING
        assert mail.error == "451 4.7.1 come back later"
        moody.refused.clear()
        assert deliver(mail, NOW + MINUTE).state == MailState.SENT

    assert len(moody.mails) == 1


def test_a_server_that_hangs_up_without_an_answer_leaves_the_mail_in_doubt(
    mail: Mail, server: AbstractContextManager[Any], moody: Moody
) -> None:
    moody.hangs_up = True
    with server:
        deliver(mail)
        moody.hangs_up = False
        deliver(mail, NOW + DAY)

    assert mail.state == MailState.SENDING
    assert mail.error != ""
    assert len(moody.mails) == 1  # this time it did arrive; nobody here can know


def test_a_server_that_quotes_the_mail_gives_no_link_away(
    mail: Mail, server: AbstractContextManager[Any], moody: Moody, settings: Any
) -> None:
    token = factories.token_of(Invitation.objects.get(email=mail.email))
    moody.refused[mail.email] = f"554 spam: {settings.SITE_URL}/respond/{token}/ and {settings.SITE_URL}/x?y"
    with server:
        deliver(mail)

    assert mail.error == "554 spam: *** and ***"


# --- Once more --------------------------------------------------------------------------------


def test_what_was_not_delivered_is_sent_again_when_asked_for(mail: Mail, mailoutbox: list[Any]) -> None:
    Mail.objects.filter(pk=mail.pk).update(state=MailState.FAILED, attempts=6, error="no")

    again = mails.send_again(mail=mail, by=None, now=NOW)

    assert (again.pk, again.state, again.attempts, again.error) == (mail.pk, MailState.WAITING, 0, "")
    deliver(again)
    assert len(mailoutbox) == 1


def test_a_mail_in_doubt_is_sent_again_once_its_worker_must_be_gone(mail: Mail) -> None:
    mails.claim(mail_id=mail.pk, now=NOW)
    with pytest.raises(ServiceError, match="on its way already"):
        mails.send_again(mail=mail, by=None, now=NOW + 4 * MINUTE)

    assert mails.send_again(mail=mail, by=None, now=NOW + 5 * MINUTE).state == MailState.WAITING


def test_a_mail_that_waits_is_not_sent_again(mail: Mail) -> None:
    with pytest.raises(ServiceError, match="on its way already"):
        mails.send_again(mail=mail, by=None, now=NOW)


def test_all_that_failed_is_sent_again_and_nothing_else(aviary: Organization, running: Round) -> None:
    states = [MailState.FAILED, MailState.FAILED, MailState.SENT, MailState.STOPPED, MailState.SENDING]
    for mail, state in zip(Mail.objects.all(), states, strict=False):
        Mail.objects.filter(pk=mail.pk).update(state=state)

    assert mails.send_all_again(organization=factories.make_organization("Other"), by=None, now=NOW) == 0
    assert mails.send_all_again(organization=aviary, by=None, now=NOW) == 2
    assert Mail.objects.filter(state=MailState.WAITING).count() == 3


def test_a_lost_link_comes_again_and_leads_to_the_same_answer(
    mail: Mail, mailoutbox: list[EmailMessage]
) -> None:
    deliver(mail)
    asked = {"assessment": mail.assessment, "email": mail.email.upper(), "by": None}
    with pytest.raises(ServiceError, match="less than an hour ago"):
        mails.resend_invitation(**asked, now=NOW + 59 * MINUTE)
    deliver(mails.resend_invitation(**asked, now=NOW + 61 * MINUTE))

    first, second = mailoutbox
    link = f"/respond/{factories.token_of(Invitation.objects.get(email=mail.email))}/"
    assert link in first.body
    assert link in second.body
    assert first.message()["Message-ID"] != second.message()["Message-ID"]  # or it would not be shown
    assert Response.objects.count() == 6
    assert Mail.objects.filter(email=mail.email).count() == 1


def test_a_lost_link_that_is_on_its_way_is_not_sent_twice(mail: Mail) -> None:
    again = mails.resend_invitation(assessment=mail.assessment, email=mail.email, by=None, now=NOW)

    assert again == mail


def test_a_lost_link_does_not_wait_for_its_next_try(mail: Mail) -> None:
    Mail.objects.filter(pk=mail.pk).update(due_at=NOW + DAY)

    again = mails.resend_invitation(assessment=mail.assessment, email=mail.email, by=None, now=NOW)

    assert (again.pk, again.due_at) == (mail.pk, NOW)
    assert mail.pk in mails.take_due(now=NOW)


def test_an_address_that_no_mail_can_be_written_to_is_told(mail: Mail) -> None:
    odd = f"a@{'ü' * 62}.de"
    for model in (Invitation, User, Mail):
        model.objects.filter(email=mail.email).update(email=odd)

    after = deliver(mail)

    assert (after.state, after.error) == (MailState.FAILED, "No mail can be written to this address.")


def test_who_was_not_invited_has_no_link_to_send(mail: Mail) -> None:
    with pytest.raises(ServiceError, match=r"new@example\.org has no invitation"):
        mails.resend_invitation(assessment=mail.assessment, email="new@example.org", by=None, now=NOW)


# --- No more ----------------------------------------------------------------------------------


def test_who_wants_no_mails_gets_none(mail: Mail, aviary: Organization, mailoutbox: list[Any]) -> None:
    for _click in range(2):
        mails.stop_mails(organization=aviary, user=user_of(mail))

    assert (deliver(mail).state, mailoutbox) == (MailState.STOPPED, [])
    assert MailStop.objects.count() == 1
    with pytest.raises(ServiceError, match="wants no mails"):
        mails.send_again(mail=mail, by=None, now=NOW)


def test_a_wish_holds_in_its_organization_only(mail: Mail, mailoutbox: list[Any]) -> None:
    mails.stop_mails(organization=factories.make_organization("Other"), user=user_of(mail))

    assert (deliver(mail).state, len(mailoutbox)) == (MailState.SENT, 1)


def test_who_is_to_sign_in_is_told_so_nevertheless(
    aviary: Organization, ada: User, mailoutbox: list[Any]
) -> None:
    mails.stop_mails(organization=aviary, user=ada)

    assert (deliver(factories.make_mail(aviary, ada)).state, len(mailoutbox)) == (MailState.SENT, 1)


def test_who_wants_mails_again_gets_the_one_that_was_held_back(mail: Mail, aviary: Organization) -> None:
    mails.stop_mails(organization=aviary, user=user_of(mail))
    deliver(mail)

    mails.allow_mails(organization=aviary, user=user_of(mail), now=NOW)

    assert deliver(mail).state == MailState.SENT


def test_news_of_closed_rounds_are_not_caught_up_on(mail: Mail, aviary: Organization, running: Round) -> None:
    mails.stop_mails(organization=aviary, user=user_of(mail))
    deliver(mail)
    rounds.close_round(round=running, by=None, now=NOW)

    mails.allow_mails(organization=aviary, user=user_of(mail), now=NOW)

    mail.refresh_from_db()
    assert mail.state == MailState.STOPPED


# --- Half-way through experiments -----------------------------------------------------------------


@pytest.fixture
def closed(kestrel: Team) -> Round:
    """A round of Kestrel that is over."""
    return factories.closed_round(kestrel.organization, kestrel, [4] * 6)


def begin(
    team: Team | None, of: Round, by: User, title: str = "Merge daily", owner: User | None = None
) -> Action:
    return start_action(
        team=team, round=of, capability_key="integration", title=title, by=by, owner=owner, now=NOW
    )


def nudged(of: Round) -> list[str]:
    """Who is asked now."""
    return sorted(queued.email for queued in mails.queue_nudges(round=of, now=NOW))


def test_leads_and_owners_are_nudged_once(kestrel: Team, lee: User, mia: User, closed: Round) -> None:
    begin(kestrel, closed, lee, owner=mia)
    begin(kestrel, closed, lee, owner=lee)

    assert nudged(closed) == [lee.email, mia.email]
    assert nudged(closed) == []


def test_who_comes_later_is_not_nudged_any_more(kestrel: Team, lee: User, mia: User, closed: Round) -> None:
    begin(kestrel, closed, lee)
    nudged(closed)
    begin(kestrel, closed, lee, owner=mia)

    assert nudged(closed) == []


def test_without_open_experiments_nobody_is_nudged(
    aviary: Organization, kestrel: Team, lee: User, closed: Round
) -> None:
    ended = begin(kestrel, closed, lee)
    finish_action(action=ended, state="kept", outcome="", by=lee, now=NOW)
    sparrow = factories.make_team(aviary, "Team Sparrow", size=1)
    start_action(team=None, round=closed, capability_key="integration", title="All", by=lee, now=NOW)

    assert nudged(closed) == []
    begin(sparrow, closed, lee)
    assert nudged(closed) == [], "it has no lead, and was not part of the round"


def test_who_left_and_who_is_archived_are_not_nudged(
    kestrel: Team, lee: User, mia: User, ada: User, closed: Round
) -> None:
    begin(kestrel, closed, lee, owner=mia)
    people.remove_from_team(membership=kestrel.memberships.get(user=mia), by=None)
    assert nudged(closed) == [lee.email]

    Mail.objects.all().delete()
    people.archive_team(team=kestrel, by=ada, now=NOW)
    assert nudged(closed) == []


def test_a_nudge_names_the_open_experiments(
    kestrel: Team, lee: User, closed: Round, mailoutbox: list[EmailMessage]
) -> None:
    begin(kestrel, closed, lee, "Merge <b>daily</b>")
    ended = begin(kestrel, closed, lee, "Meet less")
    finish_action(action=ended, state="kept", outcome="", by=lee, now=NOW)
    (queued,) = mails.queue_nudges(round=closed, now=NOW)

    assert deliver(queued).state == MailState.SENT

    (sent,) = mailoutbox
    assert sent.subject == "Half-way to the next round: the experiments of Team Kestrel"
    assert "Merge <b>daily</b>" in sent.body
    assert "Merge &lt;b&gt;daily&lt;/b&gt;" in sent.alternatives[0][0]
    assert "Meet less" not in sent.body
    assert "/o/aviary/teams/team-kestrel/actions/\n" in sent.body
    assert sent.extra_headers["Message-ID"] == emails.message_id_of(queued)


@pytest.mark.parametrize("late", ["ended", "left"])
def test_a_nudge_that_comes_too_late_is_not_sent(
    kestrel: Team, lee: User, closed: Round, mailoutbox: list[EmailMessage], late: str
) -> None:
    action = begin(kestrel, closed, lee)
    (queued,) = mails.queue_nudges(round=closed, now=NOW)
    if late == "ended":
        finish_action(action=action, state="dropped", outcome="", by=lee, now=NOW)
    else:
        people.remove_from_team(membership=kestrel.memberships.get(user=lee), by=None)

    assert (deliver(queued).state, mailoutbox) == (MailState.FAILED, [])


# --- Half-way through the organization's own -------------------------------------------------------


def test_the_organizations_own_go_to_their_owners_and_what_nobody_owns_to_administrators(
    kestrel: Team, ada: User, cleo: User, lee: User, closed: Round
) -> None:
    begin(None, closed, ada, owner=cleo)
    assert nudged(closed) == [cleo.email]

    Mail.objects.all().delete()
    begin(None, closed, ada, "Nobody's")
    assert nudged(closed) == [ada.email, cleo.email]
    assert nudged(closed) == []


def test_teams_and_the_organization_are_asked_apart(
    kestrel: Team, ada: User, lee: User, closed: Round
) -> None:
    """Who is in both gets a mail about each; one that came does not keep the other from coming."""
    begin(kestrel, closed, lee)
    assert nudged(closed) == [lee.email]
    begin(None, closed, ada)
    people.add_to_team(team=kestrel, email=ada.email, name="", role="lead", by=None)

    assert nudged(closed) == [ada.email]


def test_what_belonged_to_somebody_who_left_goes_to_administrators(
    aviary: Organization, kestrel: Team, ada: User, cleo: User, closed: Round
) -> None:
    begin(None, closed, ada, owner=cleo)
    people.remove_organization_role(membership=aviary.memberships.get(user=cleo), by=None)

    assert nudged(closed) == [ada.email]


def test_a_nudge_names_what_its_reader_sees_to(
    aviary: Organization, kestrel: Team, ada: User, cleo: User, closed: Round, mailoutbox: list[EmailMessage]
) -> None:
    begin(None, closed, ada, "Cleo's <own>", owner=cleo)
    begin(None, closed, ada, "Nobody's")
    begin(kestrel, closed, ada, "Kestrel's")

    for queued in mails.queue_nudges(round=closed, now=NOW):
        assert deliver(queued).state == MailState.SENT

    said = {mail.to[0]: mail for mail in mailoutbox}
    to_ada, to_cleo = said[ada.email], said[cleo.email]
    assert to_ada.subject == "Half-way to the next round: the experiments of Aviary"
    assert ("Nobody's" in to_ada.body, "Cleo's" in to_ada.body) == (True, False)
    assert ("Nobody's" in to_cleo.body, "Cleo's <own>" in to_cleo.body) == (False, True)
    assert "/o/aviary/actions/\n" in to_ada.body
    assert "Kestrel's" not in to_ada.body + to_cleo.body


@pytest.mark.parametrize("late", ["ended", "left", "stopped"])
def test_a_nudge_about_the_organizations_own_is_not_sent_in_vain(
    aviary: Organization,
    kestrel: Team,
    ada: User,
    cleo: User,
    closed: Round,
    mailoutbox: list[EmailMessage],
    late: str,
) -> None:
    action = begin(None, closed, ada, owner=cleo)
    (queued,) = mails.queue_nudges(round=closed, now=NOW)
    if late == "ended":
        finish_action(action=action, state="dropped", outcome="", by=ada, now=NOW)
    elif late == "left":
        people.remove_organization_role(membership=aviary.memberships.get(user=cleo), by=None)
    else:
        mails.stop_mails(organization=aviary, user=cleo)

    state = MailState.STOPPED if late == "stopped" else MailState.FAILED
    assert (deliver(queued).state, mailoutbox) == (state, [])


# --- Not too many -----------------------------------------------------------------------------


def test_a_round_asks_no_more_people_than_the_operator_allows(kestrel: Team, settings: Any) -> None:
    """And whoever comes later counts, too."""
    settings.MOST_INVITED = 5
    with pytest.raises(ServiceError, match=r"^6 people would be asked, and a round asks 5 at most\."):
        factories.open_round(kestrel.organization)
    assert not Invitation.objects.exists()

    settings.MOST_INVITED = 6
    opened = Round.objects.get()
    rounds.open_round(round=opened, by=None, now=NOW)
    people.add_to_team(team=kestrel, email="late@example.org", name="", by=None)
    with pytest.raises(ServiceError, match=r"^7 people would be asked"):
        rounds.invite_newcomers(round=opened, by=None, now=NOW)
    assert Invitation.objects.count() == 6


def test_an_organization_causes_no_more_mails_a_day_than_the_operator_allows(
    aviary: Organization, ada: User, kestrel: Team, settings: Any
) -> None:
    settings.MAILS_A_DAY = 6
    Mail.objects.update_or_create(
        defaults={"changed_at": NOW}, organization=aviary, kind="account", email="x@example.org", due_at=NOW
    )
    Mail.objects.update(changed_at=NOW)
    with pytest.raises(ServiceError, match="more than 6 mails within 24 hours"):
        factories.open_round(aviary)

    settings.MAILS_A_DAY = 1
    with pytest.raises(ServiceError, match="more than 1 mails within 24 hours"):
        factories.make_mail(aviary, ada)
    Mail.objects.update(state=MailState.FAILED)
    with pytest.raises(ServiceError, match="more than 1 mails"):
        mails.send_again(mail=Mail.objects.get(), by=None, now=NOW)
    with pytest.raises(ServiceError, match="more than 1 mails"):
        mails.send_all_again(organization=aviary, by=None, now=NOW)

    Mail.objects.update(changed_at=NOW - DAY)
    assert factories.make_mail(aviary, ada)
