"""Rules over all models at once, and the words in which constraints refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, models, transaction
from django.db.models.constraints import BaseConstraint

from accelerate_survey.operations import heartbeats
from accelerate_survey.operations.counts import CountsInCommon
from accelerate_survey.operations.models import Part
from assessments.models import (
    Action,
    ApiToken,
    Assessment,
    Comment,
    FrozenError,
    Group,
    Invitation,
    Organization,
    OrganizationMembership,
    Questionnaire,
    Response,
    Round,
    Scope,
    Score,
    Statement,
    Team,
    TeamMembership,
    User,
    Webhook,
    WebhookEvent,
)
from assessments.models.base import Freezable
from assessments.services import actions, coaches, deliveries, imports, mails, people
from reports.bundles import request_bundle
from reports.models import Bundle, Report
from reports.services import request_report
from tests import factories
from tests.factories import DAY, NOW

MODELS = [
    model
    for name in ("assessments", "reports", "operations")
    for model in apps.get_app_config(name).get_models()
]
FROZEN = [model for model in MODELS if issubclass(model, Freezable)]
CHOICES = [(model, field) for model in MODELS for field in model._meta.fields if field.choices]

by_name = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
each_frozen = pytest.mark.parametrize("model", FROZEN, ids=lambda model: model.__name__)


@pytest.fixture
def world(aviary: Organization, kestrel: Team, ada: User, cleo: User, lee: User) -> Round:
    """One of everything: a closed round with comments, and an experiment out of it."""
    group = people.create_group(organization=aviary, name="Falcons", by=None)
    people.change_team(team=kestrel, name=kestrel.name, group=group, by=None)
    closed = factories.closed_round(aviary, kestrel, [5] * 7, other={"comment": "More tea."})
    actions.start_action(
        team=kestrel, round=closed, capability_key="integration", title="Try it", by=lee, now=NOW
    )
    request_report(assessment=closed.assessments.get())
    request_bundle(round=closed, group=None, language="en", by=ada, now=NOW)
    mails.queue_results(round=closed, now=closed.closed_at)
    mails.stop_mails(organization=aviary, user=lee)
    factories.hold_workshop(kestrel)
    factories.set_schedule(aviary)
    factories.bring_in(kestrel)
    deliveries.make_token(team=kestrel, name="CI", by=None, now=NOW)
    coaches.choose_care(organization=aviary, teams=[kestrel], by=cleo)
    coaches.write_note(team=kestrel, text="Ask about the tests.", by=cleo, now=NOW)
    coaches.mark_seen(organization=aviary, until=NOW, by=cleo, now=NOW)
    ApiToken.objects.create(
        user=cleo, name="BI", digest="0" * 64, scopes=[Scope.RESULTS], created_at=NOW, expires_at=NOW + DAY
    )
    told = Webhook.objects.create(
        organization=aviary,
        url="https://chat.example.org/",
        events=[WebhookEvent.ROUND_CLOSED],
        created_at=NOW,
    )
    again = factories.imported_round(aviary, {kestrel.name: [5] * 7})
    imports.remove_round(round=again, by=None)
    heartbeats.beat(Part.WORKER, NOW)
    CountsInCommon("", {}).add("misses", 1)
    told.messages.create(event=WebhookEvent.ROUND_CLOSED, body={}, created_at=NOW, due_at=NOW)
    return closed


# --- All models -------------------------------------------------------------------------------


@by_name
def test_a_test_can_make_one_of_every_model(model: type[models.Model], world: Round) -> None:
    assert model._base_manager.exists()


@by_name
def test_every_model_has_a_name_for_people_and_a_text(model: type[models.Model], world: Round) -> None:
    assert model._meta.verbose_name != model._meta.model_name or " " not in str(model._meta.verbose_name)
    assert str(model._base_manager.first())


@pytest.mark.parametrize(
    ("model", "field"), CHOICES, ids=[f"{model.__name__}.{field.name}" for model, field in CHOICES]
)
def test_the_database_knows_the_choices(model: type[models.Model], field: models.Field[Any, Any]) -> None:
    wanted = (f"{field.name}__in", [value for value, _label in field.choices])

    assert any(
        wanted in constraint.condition.children
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
    )


@pytest.mark.django_db
def test_migrations_make_the_models_as_they_are() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


IMPORTER_ONLY = ("category_", "capability_", "statement_", "key_metric_", "score_is_unique")
"""Constraints on rows that no person types."""


@by_name
def test_constraints_speak_in_words_of_their_own(model: type[models.Model]) -> None:
    silent = [
        constraint.name
        for constraint in model._meta.constraints
        if constraint.violation_error_message == BaseConstraint.default_violation_error_message
        and not constraint.name.startswith(IMPORTER_ONLY)
    ]

    assert silent == []


# --- What is frozen ---------------------------------------------------------------------------


def test_these_models_freeze() -> None:
    assert {model.__name__ for model in FROZEN} == {
        "Questionnaire",
        "Category",
        "Capability",
        "Statement",
        "KeyMetric",
        "Response",
        "Comment",
        "Score",
    }


def change(model: type[models.Model]) -> tuple[models.Model, str]:
    """A row and the name of a field of it that has been changed."""
    row = model._base_manager.first()
    assert row is not None
    field = next(f for f in model._meta.fields if not f.primary_key and not f.is_relation)
    setattr(row, field.name, getattr(row, field.name))
    return row, field.name


@each_frozen
def test_a_frozen_row_is_not_saved(model: type[models.Model], world: Round) -> None:
    row, field = change(model)

    with pytest.raises(FrozenError):
        row.save()
    with pytest.raises(FrozenError):
        row.save(update_fields=[field])


@each_frozen
def test_a_frozen_row_is_not_deleted(model: type[models.Model], world: Round) -> None:
    with pytest.raises(FrozenError):
        model._base_manager.first().delete()
    with pytest.raises(FrozenError):
        model.objects.all().delete()


@each_frozen
def test_frozen_rows_are_not_updated_in_bulk(model: type[models.Model], world: Round) -> None:
    row, field = change(model)

    with pytest.raises(FrozenError):
        model.objects.update(**{field: getattr(row, field)})
    with pytest.raises(FrozenError):
        model.objects.bulk_update([row], [field])


def test_nothing_is_added_to_a_published_questionnaire(world: Round) -> None:
    first = Statement.objects.first()

    with pytest.raises(FrozenError):
        Statement(capability=first.capability, key="another", text={"en": "?"}, position=99).save()


def test_nothing_is_added_to_a_closed_round(world: Round) -> None:
    with pytest.raises(FrozenError):
        Response(assessment=world.assessments.get(), answers={}, complete=True).save()
    with pytest.raises(FrozenError):
        Comment(assessment=world.assessments.get(), text="Too late").save()


@pytest.mark.django_db
def test_what_is_not_frozen_yet_can_be_changed(kestrel: Team) -> None:
    running = factories.open_round(kestrel.organization)
    response = Response.objects.filter(assessment__round=running).first()

    response.answers = {"lead_time": 1}
    response.save()

    assert Response.objects.get(pk=response.pk).answers == {"lead_time": 1}


# --- Who and what never meet ------------------------------------------------------------------


def fields_of(model: type[models.Model]) -> set[str]:
    return {field.name for field in model._meta.get_fields()}


def test_a_response_has_these_fields_and_no_other() -> None:
    assert fields_of(Response) == {"id", "assessment", "answers", "complete"}


def test_a_comment_has_these_fields_and_no_other() -> None:
    assert fields_of(Comment) == {"id", "assessment", "capability", "text"}


def test_an_invitation_does_not_know_whether_it_was_used() -> None:
    assert fields_of(Invitation) == {"id", "assessment", "email", "token_hash", "reminders"}


@pytest.mark.parametrize("model", [Response, Comment, Score])
def test_what_was_answered_knows_no_person_and_no_time(model: type[models.Model]) -> None:
    for field in model._meta.get_fields():
        assert not isinstance(field, models.DateField | models.TimeField | models.EmailField)
        assert not field.is_relation or field.related_model is Assessment


@pytest.mark.parametrize("model", [Response, Comment])
def test_ids_of_answers_are_no_numbers_in_a_row(model: type[models.Model]) -> None:
    assert isinstance(model._meta.pk, models.UUIDField)


# --- Constraints ------------------------------------------------------------------------------

Maker = Callable[[Round], models.Model]
"""Something that the world does not allow."""


def make_bundle(of: Round, **fields: Any) -> Bundle:
    return Bundle(round=of, asked_by=User.objects.first(), asked_at=NOW, language="en", **fields)


REFUSED: dict[str, tuple[Maker, str]] = {
    "a second person with the address": (
        lambda w: User(email="LEE@example.org", name="Lee", password="x"),
        "There is a person with this e-mail address already.",
    ),
    "a second organization with the slug": (
        lambda w: Organization(name="Aviary", slug="aviary"),
        "There is an organization with this address already.",
    ),
    "an organization that shows three answers": (
        lambda w: Organization(name="A", slug="a", minimum_responses=3),
        "Results of fewer than four people can be traced to one of them: the minimum is four.",
    ),
    "a second role in an organization": (
        lambda w: OrganizationMembership(user=person("Ada"), organization=w.organization, role="coach"),
        "This person has a role in the organization already.",
    ),
    "a second group of the name": (
        lambda w: Group(organization=w.organization, name="Falcons", slug="falcons"),
        "There is a group with this name already.",
    ),
    "a second team of the name": (
        lambda w: Team(organization=w.organization, name="Team Kestrel", slug="team-kestrel"),
        "There is a team with this name already.",
    ),
    "a second place on a team": (
        lambda w: TeamMembership(user=person("Lee"), team=Team.objects.get(), role="member"),
        "This person is on the team already.",
    ),
    "a second questionnaire of the version": (
        lambda w: Questionnaire(slug="test", version=1, digest="d", **{name: {"en": "A"} for name in TEXTS}),
        "This version of the questionnaire exists already.",
    ),
    "a second round of the name": (
        lambda w: a_round(w, name=w.name),
        "There is a round with this name already.",
    ),
    "a round that closes before it opens": (
        lambda w: a_round(w, closes_at=NOW - DAY),
        "The round has to open before it closes.",
    ),
    "a closed round with a salt": (
        lambda w: a_round(w, closed_at=NOW, salt="salt"),
        "A closed round keeps no salt.",
    ),
    "a round that shows three answers": (
        lambda w: a_round(w, minimum_responses=3),
        "Results of fewer than four people can be traced to one of them: the minimum is four.",
    ),
    "a team twice in a round": (
        lambda w: Assessment(round=w, team=Team.objects.get(), team_name="Team Kestrel"),
        "This team takes part in the round already.",
    ),
    "a second invitation to the address": (
        lambda w: Invitation(assessment=w.assessments.get(), email="LEE@example.org"),
        "This address has been invited already.",
    ),
    "an ended experiment without a date": (
        lambda w: Action(team=Team.objects.get(), round=w, capability_key="a", title="A", state="kept"),
        "An experiment has an end date exactly when it has ended.",
    ),
    "a running experiment with an end": (
        lambda w: Action(team=Team.objects.get(), round=w, capability_key="a", title="A", closed_at=NOW),
        "An experiment has an end date exactly when it has ended.",
    ),
    "a suppressed score with a number": (
        lambda w: a_score(w, suppression="too_few", mean=4.0),
        "A suppressed score carries no number.",
    ),
    "a suppressed score with a count": (
        lambda w: a_score(w, suppression="too_few", n=4),
        "A suppressed score carries no number.",
    ),
    "a suppressed score with words": (
        lambda w: a_score(w, suppression="too_few", agreement="close"),
        "A suppressed score carries no number.",
    ),
    "a shown score without a number": (
        lambda w: a_score(w),
        "A suppressed score carries no number.",
    ),
    "a report about nothing": (
        lambda w: Report(),
        "A report is about a team's assessment or about a round.",
    ),
    "a report about two things": (
        lambda w: Report(assessment=Assessment.objects.get(), round=w),
        "A report is about a team's assessment or about a round.",
    ),
    "a second token of the name": (
        lambda w: ApiToken(
            user=person("Cleo"),
            name="BI",
            digest="1" * 64,
            scopes=["results"],
            created_at=NOW,
            expires_at=NOW,
        ),
        "You have a token with this name already.",
    ),
    "a ready report without a file": (
        lambda w: Report(round=w, state="ready"),
        "A report is ready exactly when it has a file.",
    ),
    "a waiting report with a file": (
        lambda w: Report(round=w, file="reports/a.pdf"),
        "A report is ready exactly when it has a file.",
    ),
    "a ready bundle without a file": (
        lambda w: make_bundle(w, state="ready"),
        "A bundle is ready exactly when it has a file.",
    ),
    "a cancelled bundle with a file": (
        lambda w: make_bundle(w, state="cancelled", file="bundles/a.zip"),
        "A bundle is ready exactly when it has a file.",
    ),
}
TEXTS = ("languages", "title", "introduction", "source", "scale")


def person(name: str) -> User:
    return User.objects.get(name=name)


def a_round(like: Round, **changes: Any) -> Round:
    values = {"name": "2026 Q3", "opens_at": NOW, "closes_at": NOW + DAY} | changes
    return Round(organization=like.organization, questionnaire=like.questionnaire, **values)


def a_score(of: Round, **values: Any) -> Score:
    return Score(
        assessment=of.assessments.get(), kind="capability", key="other", scoring_version="1", **values
    )


def refusals(row: models.Model) -> list[str]:
    """What the row's uniqueness and constraints say against it."""
    said: list[str] = []
    for check in (row.validate_unique, row.validate_constraints):
        try:
            check()
        except ValidationError as error:
            said += error.messages
    return said


@pytest.mark.parametrize("name", REFUSED)
def test_a_constraint_refuses_in_words(name: str, world: Round) -> None:
    make, words = REFUSED[name]

    assert words in refusals(make(world))


@pytest.mark.parametrize("name", REFUSED)
def test_the_database_refuses_it_too(name: str, world: Round) -> None:
    make, _words = REFUSED[name]

    with pytest.raises(IntegrityError), transaction.atomic():
        make(world).save()


def test_groups_do_not_go_in_circles(world: Round) -> None:
    top = Group.objects.get()
    below = people.create_group(organization=world.organization, name="Kites", by=None, parent=top)
    top.parent = below

    with pytest.raises(ValidationError, match="A group cannot be inside itself"):
        top.full_clean()


def test_a_group_is_not_its_own_parent(world: Round) -> None:
    group = Group.objects.get()
    group.parent = group

    with pytest.raises(ValidationError, match="A group cannot be inside itself"):
        group.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        group.save()


def test_groups_and_teams_stay_in_their_organization(world: Round) -> None:
    elsewhere = factories.make_organization("Terrarium")

    with pytest.raises(ValidationError, match="belongs to another organization"):
        Group(organization=elsewhere, name="A", slug="a", parent=Group.objects.get()).full_clean()
    with pytest.raises(ValidationError, match="belongs to another organization"):
        Team(organization=elsewhere, name="A", slug="a", group=Group.objects.get()).full_clean()
