"""The demo of any size: its shape, what is in it for a comparison, and that it is the same again."""

import datetime as dt
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from assessments import crowd, demo
from assessments.instrument import Instrument
from assessments.models import (
    Action,
    Assessment,
    Care,
    Group,
    Mail,
    MailState,
    Organization,
    Response,
    Round,
    Score,
    Team,
    TeamMembership,
    User,
)
from assessments.queries import due_mails
from tests import factories as f
from tests.instruments import make_instrument

NOW = dt.datetime(2026, 5, 4, 9, 0, tzinfo=dt.UTC)
TEAMS, QUARTERS = 40, 3


def create(seed: int = 1, teams: int = TEAMS, quarters: int = QUARTERS, **more: object) -> demo.Demo:
    asked = f.make_questionnaire(make_instrument())
    return crowd.create(questionnaire=asked, teams=teams, quarters=quarters, seed=seed, now=NOW, **more)


@pytest.fixture(scope="class")
def made(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[demo.Demo]:
    """One crowd for all tests of a class: they only look at it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield create()
        transaction.set_rollback(True)


@pytest.mark.django_db
class TestCrowd:
    """What a crowd is made of."""

    def test_teams_stand_in_two_levels_of_groups(self, made: demo.Demo) -> None:
        roots = Group.objects.filter(parent=None)
        assert set(Group.objects.exclude(parent=None).values_list("parent", flat=True)) == set(
            roots.values_list("pk", flat=True)
        )
        teams = Team.objects.all()
        assert teams.filter(group__parent__isnull=False).count() > teams.filter(group__in=roots).count() > 0
        assert teams.filter(group=None).exists()

    def test_some_teams_are_too_small_late_or_archived(self, made: demo.Demo) -> None:
        assert Team.objects.count() == TEAMS
        assert Team.objects.filter(archived_at__isnull=False).count() == TEAMS // crowd.ARCHIVED
        asked = [Assessment.objects.filter(round=of).count() for of in [*made.past, made.open]]
        assert asked[0] < TEAMS
        assert asked[-1] == TEAMS - TEAMS // crowd.ARCHIVED
        small = Assessment.objects.filter(round__in=made.past, invited=3)
        assert small.exists()
        assert not Score.objects.filter(assessment__in=small, suppression="").exists()

    def test_most_teams_are_shown_and_four_in_five_took_part(self, made: demo.Demo) -> None:
        last = Assessment.objects.filter(round=made.past[-1])
        shown = last.filter(scores__kind="capability", scores__suppression="").distinct().count()
        assert shown > 0.6 * last.count()
        counts = list(last.values_list("responded", "invited"))
        answered, asked = (sum(column) for column in zip(*counts, strict=True))
        assert 0.7 < answered / asked < 0.9

    def test_people_come_and_go_and_nobody_is_there_twice(self, made: demo.Demo) -> None:
        changed = Assessment.objects.filter(round=made.past[-1])
        assert changed.filter(left__gt=0).exists()
        assert changed.filter(joined__gt=0).exists()
        assert TeamMembership.objects.values("user").distinct().count() == TeamMembership.objects.count()
        for assessment in Assessment.objects.filter(round__in=made.past):
            assert assessment.responses.count() == assessment.responded <= assessment.invited

    def test_the_open_round_is_alive_and_its_mails_are_not_sent(self, made: demo.Demo) -> None:
        responses = Response.objects.filter(assessment__round=made.open)
        assert 0 < responses.filter(complete=True).count() < responses.count()
        assert responses.filter(complete=False).exclude(answers={}).exists()
        mails = Mail.objects.filter(round=made.open)
        assert mails.count() == responses.count() == mails.filter(state=MailState.SENT).count()
        assert not due_mails(timezone.now()).exists()
        assert made.open.reminders == 0
        assert mail.outbox == []

    def test_teams_try_things_and_a_coach_follows_some_of_them(self, made: demo.Demo) -> None:
        # the questionnaire of this test has none of the capabilities that the demo's experiments are about
        assert not Action.objects.exists()
        care = Care.objects.select_related("team")
        assert 1 < care.count() <= crowd.IN_CARE
        assert demo.KESTREL.name in {row.team.name for row in care}

    def test_it_is_the_demo_to_sign_in_to(self, made: demo.Demo) -> None:
        assert demo.find_demo() == made.organization
        link = demo.respondent_link(NOW)
        assert link
        assert all(user.email.endswith("@example.org") for user in User.objects.all())
        able = {user.email for user in User.objects.all() if user.has_usable_password()}
        assert able == {demo.address_of(name) for name in ("Ada", "Cleo", "Lee", "Mia")}


@pytest.mark.django_db
def test_experiments_end_a_quarter_later_and_the_last_are_open(accelerate: Instrument) -> None:
    made = crowd.create(questionnaire=f.make_questionnaire(accelerate), teams=12, quarters=2, seed=1, now=NOW)
    states = [set(Action.objects.filter(round=of).values_list("state", flat=True)) for of in made.past]
    assert states[0]
    assert states[0] <= {"kept", "changed", "dropped"}
    assert states[1] == {"open"}


@pytest.mark.django_db
def test_the_same_seed_gives_the_same_crowd() -> None:
    found = []
    for seed in (5, 5, 6):
        with transaction.atomic():
            create(seed, teams=12, quarters=2)
            scores = Score.objects.values_list(
                "assessment__team__slug", "assessment__round__name", "kind", "key", "mean"
            )
            # sealing shuffles, and a sum in another order differs in its last digit
            found.append({tuple(row): mean and round(mean, 9) for *row, mean in scores})
            transaction.set_rollback(True)
    assert found[0] == found[1]
    assert found[0] != found[2]


@pytest.mark.django_db
def test_names_are_enough_for_the_largest() -> None:
    assert len(crowd.COLOURS) * len(crowd.BIRDS) >= crowd.MOST_TEAMS
    assert len(set(crowd.COLOURS)) * len(set(crowd.BIRDS)) >= crowd.MOST_TEAMS
    assert len(crowd.LANDSCAPES) * len(crowd.SIDES) * crowd.TEAMS_A_GROUP >= crowd.MOST_TEAMS


@pytest.mark.django_db
def test_the_command_tells_each_round_and_how_to_go_on() -> None:
    out = StringIO()
    call_command("create_demo", "--teams=12", "--quarters=2", stdout=out)
    said = out.getvalue()
    assert Round.objects.exclude(closed_at=None).count() == 2
    for of in Round.objects.exclude(closed_at=None):
        assert f"{of}: " in said
    assert "Aviary: 12 teams with" in said
    assert demo.PASSWORD in said
    assert mail.outbox == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--quarters=3"], "goes with --teams"),
        (["--teams=3"], "teams has to be from 12 to 2000"),
        (["--teams=2001"], "teams has to be from 12 to 2000"),
        (["--teams=12", "--quarters=0"], "quarters has to be from 2 to 40"),
        (["--teams=12", "--quarters=41"], "quarters has to be from 2 to 40"),
        (["--teams=many"], "invalid int value"),
    ],
)
def test_the_command_refuses_in_words(arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("create_demo", *arguments, stdout=StringIO())
    assert not Organization.objects.exists()
