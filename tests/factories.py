"""Short ways to the objects that tests need. All go through the services, as real use does."""

import datetime as dt
import json
import random
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from assessments.answers_file import Row
from assessments.delivery_files import Options
from assessments.instrument import Instrument
from assessments.models import (
    SUBJECTS,
    Invitation,
    Mail,
    Organization,
    Questionnaire,
    Round,
    Schedule,
    Team,
    User,
    Webhook,
    Workshop,
)
from assessments.queries import load_instrument
from assessments.services import (
    deliveries,
    imports,
    mails,
    people,
    questionnaires,
    responses,
    rounds,
    schedules,
    webhooks,
    workshops,
)

from .instruments import make_instrument

NOW = dt.datetime(2026, 5, 4, 9, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
PASSWORD = "a long enough password"


def make_user(name: str, **fields: Any) -> User:
    """A person who can sign in."""
    return User.objects.create_user(f"{name.lower()}@example.org", PASSWORD, name=name, **fields)


def make_organization(name: str = "Aviary") -> Organization:
    """An organization without people."""
    return people.create_organization(name=name)


def make_team(organization: Organization, name: str = "Team Kestrel", size: int = 0) -> Team:
    """A team with as many members as asked for."""
    team = people.create_team(organization=organization, name=name, by=None)
    for number in range(size):
        people.add_to_team(
            team=team, email=f"{team.slug}-{number}@example.org", name=f"Person {number}", by=None
        )
    return team


def make_questionnaire(instrument: Instrument | None = None) -> Questionnaire:
    """A small published questionnaire, or the one given."""
    published, _created = questionnaires.import_questionnaire(
        instrument=instrument or make_instrument(), now=NOW
    )
    return published


def make_round(
    organization: Organization, name: str = "2026 Q2", *, now: dt.datetime = NOW, **fields: Any
) -> Round:
    """A planned round of two weeks."""
    values: dict[str, Any] = {"team_first_days": 0, "opens_at": now, "closes_at": now + 14 * DAY, "by": None}
    values |= {"organization": organization, "name": name} | fields
    values.setdefault("questionnaire", Questionnaire.objects.first() or make_questionnaire())
    return rounds.create_round(**values)


def open_round(
    organization: Organization, name: str = "2026 Q2", *, now: dt.datetime = NOW, **fields: Any
) -> Round:
    """An open round."""
    made = make_round(organization, name, now=now, **fields)
    rounds.open_round(round=made, by=None, now=now)
    return made


def hold_workshop(
    team: Team, name: str = "Workshop", answers: dict[str, Any] | None = None, *, now: dt.datetime = NOW
) -> Workshop:
    """A workshop that is going on, in which this was agreed so far."""
    questionnaire = Questionnaire.objects.first() or make_questionnaire()
    held = workshops.hold_workshop(team=team, questionnaire=questionnaire, name=name, by=None, now=now)
    workshops.save_answers(workshop=held, answers=answers or {}, by=None)
    held.refresh_from_db()
    return held


def set_schedule(organization: Organization, *, now: dt.datetime = NOW, **fields: Any) -> Schedule:
    """Rounds every three months: on the first at nine, for two weeks."""
    values: dict[str, Any] = {
        "months": [2, 5, 8, 11], "day": 1, "time": dt.time(9), "days_open": 14,
        "reminders": 2, "team_first_days": 2, "is_active": True, "by": None,
    } | fields  # fmt: skip
    values.setdefault("questionnaire", Questionnaire.objects.first() or make_questionnaire())
    return schedules.set_schedule(organization=organization, now=now, **values)


def open_round_elsewhere(size: int = 6) -> Round:
    """An open round of another organization, with one team."""
    elsewhere = make_organization("Elsewhere")
    make_team(elsewhere, "Team Elsewhere", size)
    return open_round(elsewhere)


def token_of(invitation: Invitation) -> str:
    """What stands in the invitation's link."""
    return rounds.link_token(invitation, invitation.assessment.round)


def tokens_of(of: Round, team: Team | None = None) -> list[str]:
    """The links of a round's invitations, in the order of their addresses."""
    invitations = Invitation.objects.filter(assessment__round=of).select_related("assessment__round")
    if team:
        invitations = invitations.filter(assessment__team=team)
    return [token_of(invitation) for invitation in invitations.order_by("email")]


def answers_of(instrument: Instrument, value: int | str, **other: Any) -> dict[str, Any]:
    """The same answer to every statement and, where it fits, to every key metric."""
    metrics = {
        metric.key: value if value == "dk" else min(int(value), 6) for metric in instrument.key_metrics
    }
    return {statement.key: value for statement in instrument.statements} | metrics | other


def answer(token: str, answers: dict[str, Any], *, complete: bool = True, now: dt.datetime = NOW) -> None:
    """Save answers by a link, and send them."""
    responses.save_response(token=token, answers=answers, complete=complete, now=now)


def answer_all(
    of: Round, team: Team, values: Iterable[int | str], *, now: dt.datetime = NOW, **other: Any
) -> None:
    """One complete response for each value, every statement answered with it."""
    instrument = load_instrument(of.questionnaire)
    for token, value in zip(tokens_of(of, team), values, strict=False):
        answer(token, answers_of(instrument, value, **other), now=now)


def closed_round(
    organization: Organization, team: Team, values: Iterable[int | str], *, name: str = "2026 Q2",
    now: dt.datetime = NOW, other: dict[str, Any] | None = None, **fields: Any,
) -> Round:  # fmt: skip
    """A closed round in which the team answered as said; ``other`` stands in every response as well."""
    made = open_round(organization, name, now=now, **fields)
    answer_all(made, team, values, now=now, **other or {})
    rounds.close_round(round=made, by=None, now=now + DAY)
    made.refresh_from_db()
    return made


def rows_of(answers: dict[str, Iterable[int | str]], instrument: Instrument | None = None) -> list[Row]:
    """Rows of a file: for each value of a team a response, every statement answered with it."""
    asked = instrument or load_instrument(Questionnaire.objects.first() or make_questionnaire())
    given = [(team, value) for team, values in answers.items() for value in values]
    return [
        Row(number, team, answers_of(asked, value)) for number, (team, value) in enumerate(given, start=2)
    ]


def imported_round(
    organization: Organization, answers: dict[str, Iterable[int | str]], name: str = "2025 Q4", *,
    closed_on: dt.date = dt.date(2025, 12, 31), now: dt.datetime = NOW, **fields: Any,
) -> Round:  # fmt: skip
    """A round brought in from a file in which teams, by name, answered as said."""
    values: dict[str, Any] = {
        "questionnaire": Questionnaire.objects.first() or make_questionnaire(),
        "by": None,
    }
    values |= {"organization": organization, "name": name, "closed_on": closed_on, "now": now} | fields
    values.setdefault("rows", rows_of(answers, load_instrument(values["questionnaire"])))
    return imports.import_round(**values)


def random_answers(instrument: Instrument, chance: random.Random) -> dict[str, Any]:
    """A person's answers, drawn evenly; some don't know, some skipped."""
    given = {
        statement.key: chance.choice([1, 2, 3, 4, 5, 6, 7, "dk", None]) for statement in instrument.statements
    }
    given |= {metric.key: chance.choice([1, 2, 3, 4, 5, 6, "dk", None]) for metric in instrument.key_metrics}
    return {key: value for key, value in given.items() if value is not None}


def make_mail(organization: Organization, user: User, *, now: dt.datetime = NOW) -> Mail:
    """An invitation to sign in that is waiting to be sent."""
    return mails.queue_account(organization=organization, user=user, by=None, now=now)


def add_webhook(
    organization: Organization, url: str = "https://chat.example.org/hook", *, now: dt.datetime = NOW,
    events: Iterable[str] = SUBJECTS,
) -> Webhook:  # fmt: skip
    """An address that is told everything, or what is said."""
    return webhooks.add_webhook(organization=organization, url=url, events=events, by=None, now=now)


def bring_in(
    team: Team, days_ago: Iterable[int] = (10, 40), service: str = "", *, now: dt.datetime = NOW
) -> deliveries.Summary:
    """Deployments so many days ago, each of a commit of the day before; the last one caused an incident."""
    events: list[dict[str, Any]] = [
        {
            "kind": "deployment",
            "key": f"run-{days}",
            "finished_at": (now - days * DAY).isoformat(),
            "commits": [(now - (days + 1) * DAY).isoformat()],
        }
        for days in days_ago
    ]
    last = events[-1]
    events.append(
        {"kind": "incident", "key": "INC-1", "deployment": last["key"], "started_at": last["finished_at"]}
    )
    stream = BytesIO(json.dumps(events).encode())
    return deliveries.load_deliveries(team=team, stream=stream, options=Options(service), by=None, now=now)
