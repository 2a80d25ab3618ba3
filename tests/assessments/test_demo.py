"""The demo: its shape, its traits, and that nobody real can be in it."""

import datetime as dt
from collections.abc import Iterator
from io import StringIO
from itertools import pairwise

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from assessments import access, demo
from assessments.instrument import Instrument
from assessments.models import (
    Action,
    Assessment,
    Comment,
    Invitation,
    Mail,
    MailKind,
    MailState,
    Organization,
    OrganizationRole,
    Response,
    Round,
    Score,
    Team,
    TeamMembership,
    User,
)
from assessments.services import people, rounds
from assessments.services.mails import queue_invitations, queue_results
from tests import factories as f
from tests.instruments import make_instrument

NOW = dt.datetime(2026, 5, 4, 9, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="class")
def made(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest, accelerate: Instrument
) -> Iterator[demo.Demo]:
    """One demo for all tests of a class: they only look at it, or undo what they change."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield demo.create(questionnaire=f.make_questionnaire(accelerate), seed=1, now=NOW)
        transaction.set_rollback(True)


def create_small(seed: int) -> dict[tuple[str, str, str, str], float | None]:
    """A demo with a questionnaire of one capability: its means."""
    demo.create(questionnaire=f.make_questionnaire(make_instrument()), seed=seed, now=NOW)
    scores = Score.objects.values_list(
        "assessment__team__slug", "assessment__round__name", "kind", "key", "mean"
    )
    # sealing shuffles, and a sum in another order differs in its last digit
    return {(team, of, kind, key): mean and round(mean, 9) for team, of, kind, key, mean in scores}


def last_round() -> Round:
    return Round.objects.exclude(closed_at=None).latest("opens_at")


def capabilities(of: Round, team: str) -> list[Score]:
    return list(Score.objects.filter(assessment__round=of, assessment__team__slug=team, kind="capability"))


def token_in(link: str) -> str:
    return link.rstrip("/").rpartition("/")[2]


@pytest.mark.django_db
class TestAviary:
    """What the demo shows."""

    def test_eight_teams_of_three_to_twelve_in_three_groups(self, made: demo.Demo) -> None:
        teams = Team.objects.filter(organization=made.organization)
        sizes = {team.slug: team.memberships.count() for team in teams}
        assert len(sizes) == 8
        assert sizes["team-kestrel"] == 8
        assert (min(sizes.values()), max(sizes.values())) == (3, 12)
        assert len({team.group_id for team in teams}) == 3
        left = sum(plan.leaves_before is not None for plan in demo.TEAMS)
        assert sum(sizes.values()) == sum(plan.size for plan in demo.TEAMS) - left

    def test_six_closed_quarters_and_an_open_round(self, made: demo.Demo) -> None:
        past, open_ = Round.objects.exclude(closed_at=None), Round.objects.exclude(salt="").get()
        assert [found.salt for found in past] == [""] * 6
        assert open_ == made.open
        assert open_.is_open
        assert open_.closes_at - NOW == dt.timedelta(days=10)
        assert not past.exclude(team_first_days=0).exists()

    def test_the_next_quarter_opens_by_itself(self, made: demo.Demo) -> None:
        planned = Round.objects.get(salt="", closed_at=None)
        assert planned.opens_itself
        assert planned.opens_at > NOW

    def test_nobody_is_there_twice(self, made: demo.Demo) -> None:
        people_asked = TeamMembership.objects.count()
        asked = []
        for of in [*made.past, made.open]:
            assert Assessment.objects.filter(round=of).count() == 8
            asked.append(Invitation.objects.filter(assessment__round=of).count())
        assert asked == [people_asked + 1] * 5 + [people_asked] * 2
        assert Response.objects.filter(assessment__round=made.open).count() == people_asked
        for assessment in Assessment.objects.filter(round__in=made.past):
            assert assessment.responses.count() == assessment.responded <= assessment.invited

    def test_four_in_five_took_part(self, made: demo.Demo) -> None:
        for of in made.past:
            counts = Assessment.objects.filter(round=of).values_list("responded", "invited")
            answered, asked = (sum(column) for column in zip(*counts, strict=True))
            assert 0.7 < answered / asked < 0.9

    def test_the_open_round_is_alive_and_nowhere_complete(self, made: demo.Demo) -> None:
        for assessment in Assessment.objects.filter(round=made.open):
            sent = assessment.responses.filter(complete=True).count()
            assert 0 < sent < assessment.responses.count()
        kestrel = Assessment.objects.get(round=made.open, team__slug="team-kestrel")
        assert kestrel.responses.filter(complete=True).count() == 5
        assert (
            Response.objects.filter(assessment__round=made.open, complete=False).exclude(answers={}).exists()
        )

    def test_kestrel_improves(self, made: demo.Demo) -> None:
        means = [
            [score.mean for score in capabilities(of, "team-kestrel")] for of in (made.past[0], made.past[-1])
        ]
        first, last = (sum(values) / len(values) for values in means)
        assert last - first > 0.8

    def test_rounds_are_called_as_a_schedule_would_call_them(self, made: demo.Demo) -> None:
        planned = Round.objects.get(salt="", closed_at=None)
        assert [found.name for found in [*made.past[-2:], made.open, planned]] == [
            "2025 Q4",
            "2026 Q1",
            "2026 Q2",
            "2026 Q3",
        ]

    def test_kestrel_looks_back_on_experiments_and_has_new_ones(self, made: demo.Demo) -> None:
        actions = Action.objects.filter(team__slug="team-kestrel").order_by("pk")
        assert [(action.round.name, action.state) for action in actions] == [
            ("2025 Q3", "kept"),
            ("2025 Q3", "changed"),
            ("2025 Q4", "kept"),
            ("2025 Q4", "dropped"),
            ("2026 Q1", "open"),
            ("2026 Q1", "open"),
        ]
        assert all(action.outcome for action in actions if action.state != "open")

    def test_somebody_left_avocet_before_the_last_quarter(self, made: demo.Demo) -> None:
        changes = Assessment.objects.filter(round__in=made.past).order_by("round__opens_at")
        assert list(changes.filter(team__slug="team-avocet").values_list("joined", "left")) == [
            (None, None),
            *[(0, 0)] * 4,
            (0, 1),
        ]
        assert not changes.exclude(team__slug="team-avocet").filter(left__gt=0).exists()

    def test_magpie_has_two_camps_and_the_others_hardly_any(self, made: demo.Demo) -> None:
        camps = {
            team.slug: sum(score.two_camps for score in capabilities(last_round(), team.slug))
            for team in Team.objects.all()
        }
        assert camps.pop("team-magpie") >= 8
        assert max(camps.values()) <= 4

    def test_wren_is_never_shown(self, made: demo.Demo) -> None:
        scores = Score.objects.filter(assessment__team__slug="team-wren")
        assert scores.exists()
        assert not scores.filter(suppression="").exists()

    def test_owl_cannot_tell(self, made: demo.Demo) -> None:
        found = {team.slug: capabilities(last_round(), team.slug) for team in Team.objects.all()}
        cannot_tell = {
            slug for slug, scores in found.items() if any((s.dont_know or 0) >= 0.4 for s in scores)
        }
        assert cannot_tell == {"team-owl"}

    def test_swan_was_called_duckling(self, made: demo.Demo) -> None:
        names = Assessment.objects.filter(team__slug="team-duckling").order_by("round__opens_at")
        assert list(names.values_list("team_name", flat=True)) == ["Team Duckling"] * 3 + ["Team Swan"] * 4

    def test_enough_comments_to_be_shown_in_some_teams(self, made: demo.Demo) -> None:
        comments = Comment.objects.filter(assessment__round=last_round())
        assert comments.filter(assessment__team__slug="team-kestrel").count() >= 3
        assert not Comment.objects.exclude(text__in=demo.COMMENTS).exists()
        assert Score.objects.filter(kind="hindrance", mean__gt=0).exists()

    def test_everybody_is_at_example_org_and_four_can_sign_in(self, made: demo.Demo) -> None:
        users = list(User.objects.all())
        assert all(user.email.endswith("@example.org") for user in users)
        able = {user.email for user in users if user.has_usable_password()}
        assert able == {"ada@example.org", "cleo@example.org", "lee@example.org", "mia@example.org"}
        assert all(user.check_password(demo.PASSWORD) for user in users if user.email in able)
        assert User.objects.get(email="lee@example.org").team_memberships.get().role == "lead"

    def test_the_link_leads_to_somebody_of_kestrel_until_they_have_answered(self, made: demo.Demo) -> None:
        link = demo.respondent_link(NOW)
        assert link is not None
        invitation = access.get_invitation(token_in(link), NOW)
        assert invitation.assessment.team.slug == "team-kestrel"
        f.answer(token_in(link), {}, complete=False, now=NOW)
        assert demo.respondent_link(NOW) == link
        f.answer(token_in(link), {}, now=NOW)
        assert demo.respondent_link(NOW) not in (link, None)

    def test_no_link_once_everybody_has_answered_or_the_round_is_over(self, made: demo.Demo) -> None:
        assert demo.respondent_link(NOW + dt.timedelta(days=11)) is None
        while link := demo.respondent_link(NOW):
            f.answer(token_in(link), {}, now=NOW)
        rounds.close_round(round=made.open, by=None, now=NOW)
        assert demo.respondent_link(NOW) is None

    def test_no_mail_about_past_rounds(self, made: demo.Demo) -> None:
        assert mail.outbox == []
        for of in made.past:
            assert queue_invitations(round=of, now=NOW) == queue_results(round=of, now=NOW) == []


@pytest.mark.django_db
def test_the_same_seed_gives_the_same_demo() -> None:
    found = []
    for seed in (5, 5, 6):
        with transaction.atomic():
            found.append(create_small(seed))
            transaction.set_rollback(True)
    assert found[0] == found[1]
    assert found[0] != found[2]


@pytest.mark.parametrize(
    "day", ["2026-01-01", "2026-03-31", "2026-04-03", "2024-02-29", "2026-09-30", "2026-12-31"]
)
def test_every_past_round_lies_in_a_quarter_of_its_own(day: str) -> None:
    opened = dt.datetime.fromisoformat(f"{day}T10:00:00+00:00")
    openings = [*demo.past_openings(opened), opened]
    assert len({demo.round_name(opening) for opening in openings}) == 7
    for earlier, later in pairwise(openings):
        assert earlier + dt.timedelta(days=demo.DAYS_OPEN) < later
        assert demo.round_name(earlier) == demo.round_name(earlier + dt.timedelta(days=demo.DAYS_OPEN))


@pytest.mark.django_db
def test_the_command_makes_it_sends_the_open_rounds_mails_and_says_how_to_go_on() -> None:
    out = StringIO()
    call_command("create_demo", stdout=out)
    asked = Invitation.objects.filter(assessment__round__closed_at=None)
    sent = Mail.objects.filter(kind=MailKind.INVITATION, state=MailState.SENT)
    assert len(mail.outbox) == asked.count() == sent.count()
    said = out.getvalue()
    assert "Aviary: 8 teams with 67 people, 6 closed rounds" in said
    assert demo.PASSWORD in said
    assert "ada@example.org" in said
    assert str(demo.respondent_link(timezone.now())) in said


@pytest.mark.django_db
def test_the_command_refuses_where_there_is_an_organization() -> None:
    f.make_organization("Terrarium")
    with pytest.raises(CommandError, match="has an organization already; the demo is for an empty one"):
        call_command("create_demo")
    assert Organization.objects.count() == 1


@pytest.mark.django_db
def test_a_real_aviary_is_no_demo() -> None:
    real = f.make_organization("Aviary")
    people.set_organization_role(
        organization=real, email="ada@aviary.test", name="Ada", role=OrganizationRole.ADMINISTRATOR, by=None
    )
    team = f.make_team(real, "Team Kestrel", size=2)
    of = f.open_round(real)
    assert f.tokens_of(of, team)
    assert demo.find_demo() is None
    assert demo.respondent_link(f.NOW) is None
    assert demo.introduction(f.NOW) == ""
