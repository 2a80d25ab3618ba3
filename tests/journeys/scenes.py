"""What is there when a test begins. Run inside the product's environment, not in the test's.

``Stage.set_scene`` calls ``tell`` in a process of its own and reads what it prints.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from assessments import access, questionnaire_file
from assessments.instrument import Instrument
from assessments.models import (
    Action,
    ActionState,
    Mail,
    MailState,
    MessageState,
    Organization,
    OrganizationRole,
    Questionnaire,
    Round,
    Scope,
    Team,
    TeamRole,
    User,
    Webhook,
    WebhookEvent,
    WebhookMessage,
)
from assessments.queries import load_instrument
from assessments.services import (
    actions,
    coaches,
    deliveries,
    mails,
    people,
    programs,
    questionnaires,
    rounds,
    webhooks,
    workshops,
)
from assessments.variants import vary
from reports.models import Bundle, BundleState, Report
from tests import factories, pseudo
from tests.authenticator import SECRET

from .stage import ROOT

QUESTIONNAIRE = ROOT / "fixtures" / "questionnaires" / "accelerate-2.yaml"
DAY = factories.DAY
PASSWORD = factories.PASSWORD
MARKUP = """<img src=x onerror=alert(1)>'"&amp;{{ 7|add:1 }}"""
"""A name that would do harm on a page which believes it."""


def tell(scene: Callable[[], Any]) -> None:
    """Print what a scene returns."""
    print(json.dumps(scene()))


def empty_stage() -> None:
    """A database with the shipped questionnaire, and static files as they are served in real use."""
    call_command("migrate", verbosity=0)
    call_command("import_questionnaire", str(QUESTIONNAIRE), stdout=io.StringIO())
    call_command("collectstatic", interactive=False, verbosity=0)


def _person(organization: Organization, name: str, role: str, team: Team | None = None) -> str:
    """Somebody who can sign in; the address."""
    user = factories.make_user(f"{name}.{organization.slug}")
    user.name = name
    user.save()
    if team:
        people.add_to_team(team=team, email=user.email, name=name, role=role, by=None)
    else:
        people.set_organization_role(
            organization=organization, email=user.email, name=name, role=role, by=None
        )
    return str(user.email)


def _without_password(address: str) -> str:
    """Whoever has this address has to come from the identity provider; the address."""
    person = User.objects.get(email=address)
    person.set_unusable_password()
    person.save()
    return address


def _links(of: Round, team: Team) -> list[str]:
    return [f"/respond/{token}/" for token in factories.tokens_of(of, team)]


def every_page_in_pseudo() -> dict[str, Any]:
    """Every page, where questionnaires claim to speak the language of tests/pseudo.py."""
    scene = every_page()
    for questionnaire in Questionnaire.objects.all():
        with connection.cursor() as cursor:  # what is published cannot be saved
            cursor.execute(
                "UPDATE assessments_questionnaire SET languages = %s WHERE id = %s",
                [json.dumps([*questionnaire.languages, pseudo.LANGUAGE]), questionnaire.pk],
            )
    return scene


def one_respondent() -> str:
    """An open round with a single team; somebody's link."""
    brook = people.create_organization(name="Brook")
    team = factories.make_team(brook, "Team Dipper", size=2)
    questionnaire = Questionnaire.objects.get(organization=None)
    asked = factories.open_round(brook, "2026 Q4", now=timezone.now(), questionnaire=questionnaire)
    return _links(asked, team)[0]


def respondents() -> dict[str, Any]:
    """Two dozen small teams in one open round, one for each test; a round that is over; one to be closed."""
    now = timezone.now()
    meadow = people.create_organization(name="Meadow")
    teams = [factories.make_team(meadow, f"Team {number}", size=2) for number in range(24)]
    admin = _person(meadow, "ada", OrganizationRole.ADMINISTRATOR)
    questionnaire = Questionnaire.objects.get(organization=None)
    asked = factories.open_round(meadow, "2026 Q4", now=now, questionnaire=questionnaire)
    swamp = people.create_organization(name="Swamp")
    late = factories.make_team(swamp, "Team Late", size=2)
    over = factories.open_round(swamp, "Last", now=now - 15 * DAY, questionnaire=questionnaire)
    pond = people.create_organization(name="Pond")
    herons = factories.make_team(pond, "Team Heron", size=2)
    closing = factories.open_round(pond, "2026 Q4", now=now, questionnaire=questionnaire)
    return {
        "closing": {
            "admin": _person(pond, "ada", OrganizationRole.ADMINISTRATOR),
            "round": f"/o/pond/rounds/{closing.pk}/",
            "links": _links(closing, herons),
        },
        "admin": admin,
        "round": f"/o/meadow/rounds/{asked.pk}/",
        "teams": {team.name: _links(asked, team) for team in teams},
        "over": _links(over, late)[0],
    }


def _troubled_mails(of: Round, now: dt.datetime) -> None:
    """The round's mails, one in each state that needs words."""
    mails.queue_invitations(round=of, now=now)
    of.mails.update(state=MailState.SENT, attempts=1)
    states = [MailState.FAILED, MailState.FAILED, MailState.WAITING, MailState.SENDING, MailState.STOPPED]
    for mail, state in zip(Mail.objects.filter(round=of), states, strict=False):
        error = "" if state == MailState.STOPPED else "451 4.7.1 Greylisted, please come back in five minutes"
        Mail.objects.filter(pk=mail.pk).update(
            state=state, error=error, due_at=now + DAY, changed_at=now - dt.timedelta(hours=1)
        )


def _webhooks(of: Round, now: dt.datetime) -> int:
    """Three addresses: with messages in each state that needs words, with a very long name, and gone."""
    told = factories.add_webhook(of.organization, "https://chat.example.org/hooks/q9wq4t5yy3fjmy8d", now=now)
    factories.add_webhook(
        of.organization, f"https://example.org/{'long-' * 60}", events=["round.closed"], now=now
    )
    factories.add_webhook(of.organization, "https://gone.example.org/", now=now)
    Webhook.objects.filter(url__contains="gone").update(events=[])
    for event in (WebhookEvent.ROUND_OPENED, WebhookEvent.ROUND_CLOSED):
        webhooks.queue_round(event=event, round=of, now=now - DAY)
    for assessment in of.assessments.select_related("team"):
        webhooks.queue_report(round=of, assessment=assessment, path="/", now=now)
    webhooks.queue_test(webhook=told, by=None, now=now)
    taken, failed, waiting, certificate, _new = told.messages.order_by("created_at")
    for message, state, attempts, error in (
        (taken, MessageState.SENT, 2, ""),
        (failed, MessageState.FAILED, 9, "It answered 500."),
        (waiting, MessageState.WAITING, 1, "It did not answer within 10 seconds."),
        (certificate, MessageState.WAITING, 3, "Its certificate cannot be trusted: certificate has expired."),
    ):
        WebhookMessage.objects.filter(pk=message.pk).update(state=state, attempts=attempts, error=error)
    return told.pk


def _harbour(questionnaire: Questionnaire) -> dict[str, Any]:
    """Five teams in two closed rounds, one of too few people, and a coach who compares them."""
    harbour, now = people.create_organization(name="Harbour"), timezone.now()
    quay = people.create_group(organization=harbour, name="Quay", by=None)
    boats = people.create_group(organization=harbour, name="Boats", parent=quay, by=None)
    sizes = {"Team Buoy": 6, "Team Crane": 12, "Team Dock": 3, "Team Eddy": 8, f"{MARKUP} ferry": 7}
    for place, (name, size) in enumerate(sizes.items()):
        team = factories.make_team(harbour, name, size=size)
        people.change_team(team=team, name=name, group=(quay, boats, None)[place % 3], by=None)
    for name, days in (("2026 Q1", 100), ("2026 Q2", 9)):
        made = factories.open_round(harbour, name, now=now - days * DAY, questionnaire=questionnaire)
        instrument, chance = load_instrument(questionnaire), random.Random(name)
        for token in factories.tokens_of(made):
            factories.answer(token, factories.random_answers(instrument, chance), now=now - days * DAY)
        rounds.close_round(round=made, by=None, now=now - (days - 1) * DAY)
    return {
        "hana": _person(harbour, "hana", OrganizationRole.COACH),
        "compared": f"/o/{harbour.slug}/rounds/{made.pk}/compare/",
        "with": harbour.rounds.exclude(pk=made.pk).get().pk,
    }


def _own_questionnaire(base: Instrument) -> Instrument:
    """A variant in which everything that can differ does: fewer, more, reworded, left out, renamed."""
    culture = ["generative_culture", "learning"]
    left_out = {"trunk_based_development", "loosely_coupled_architecture", "empowered_teams"}
    kept = {c.key for c in base.capabilities} - left_out
    asked = [
        each.key
        for category in base.categories
        for capability in category.capabilities
        for each in capability.statements
        if capability.key in kept and (category.key != "culture" or capability.key in culture)
    ]
    asked.remove("version_control_settings")
    made = vary(
        base,
        slug="orchard",
        version=1,
        title={"en": "Our own questions", "de": "Unsere eigenen Fragen"},
        asked=asked,
        added={
            "continuous_integration": [{"en": f"{MARKUP} was added by us.", "de": f"{MARKUP} ist von uns."}]
        },
    )
    delivery, *others = made.categories
    capabilities = [
        replace(
            each,
            name={"en": "Our tests", "de": "Unsere Tests"},
            statements=tuple(
                replace(one, text={**one.text, "en": f"Here too: {one.text['en']}"})
                for one in each.statements
            ),
        )
        if each.key == "test_automation"
        else each
        for each in delivery.capabilities
    ]
    return replace(made, categories=(replace(delivery, capabilities=tuple(capabilities)), *others))


def _orchard(questionnaire: Questionnaire, now: dt.datetime) -> dict[str, Any]:
    """An organization that asked with the shipped questionnaire first, and then with one of its own."""
    orchard = people.create_organization(name="Orchard")
    team = factories.make_team(orchard, "Team Quince", size=8)
    olga = _person(orchard, "olga", OrganizationRole.ADMINISTRATOR)
    own, _is_new = questionnaires.publish_questionnaire(
        organization=orchard,
        text=questionnaire_file.write(_own_questionnaire(load_instrument(questionnaire))),
        compared=questionnaire.pk,
        by=User.objects.get(email=olga),
        now=now,
    )
    for name, days, asked in (
        ("2026 Q1", 200, questionnaire),
        ("2026 Q2", 100, questionnaire),
        ("2026 Q3", 9, own),
    ):
        start = now - days * DAY
        made = factories.open_round(orchard, name, now=start, questionnaire=asked, team_first_days=0)
        instrument, chance = load_instrument(asked), random.Random(name)
        for token in factories.tokens_of(made):
            factories.answer(token, factories.random_answers(instrument, chance), now=start)
        rounds.close_round(round=made, by=None, now=start + DAY)
    return {
        "olga": olga,
        "org": f"/o/{orchard.slug}/",
        "results": f"/o/{orchard.slug}/teams/{team.slug}/rounds/{made.pk}/",
    }


def _bundles(of: Round, by: User, now: dt.datetime) -> dict[str, int]:
    """A bundle in each of its states, and a summary that failed."""
    Report.objects.create(round=of, state="failed", error="no ink")
    about = {"round": of, "asked_by": by, "asked_at": now, "language": "en"}
    more = {"ready": {"error": f"Team {MARKUP}", "file": ContentFile(b"PK", "reports.zip")}}
    states = BundleState.values
    return {state: Bundle.objects.create(**about, **more.get(state, {}), state=state).pk for state in states}


def _care(coach: User, teams: list[Team], now: dt.datetime) -> None:
    """The coach looks after these teams and has written a note about each."""
    coaches.choose_care(organization=teams[0].organization, teams=teams, by=coach)
    for team in teams:
        coaches.write_note(team=team, text=f"Ask again {MARKUP}\n\nin May.", by=coach, now=now - 9 * DAY)
    Action.objects.filter(state=ActionState.OPEN, team=teams[0]).update(due=now.date())


def every_page() -> dict[str, Any]:
    """One organization in which every page has something to show."""
    now = timezone.now()
    questionnaire = Questionnaire.objects.get(organization=None)
    forest = people.create_organization(name="Forest of Enchantment")
    group = people.create_group(organization=forest, name="Birds of prey", by=None)
    owls = factories.make_team(forest, "Team Owl", size=8)
    people.change_team(team=owls, name="Team Owl", group=group, by=None)
    few = factories.make_team(forest, f"Few {MARKUP}", size=4)
    people_ = {
        "ada": _person(forest, "ada", OrganizationRole.ADMINISTRATOR),
        "cleo": _person(forest, "cleo", OrganizationRole.COACH),
        "lee": _person(forest, "lee", TeamRole.LEAD, owls),
        "finn": _person(forest, "finn", TeamRole.LEAD, few),
        "mia": _person(forest, "mia", TeamRole.MEMBER, owls),
    }
    people.add_to_team(team=few, email=people_["mia"], name="mia", by=None)  # on two teams: she sees a home
    empty = people.create_organization(name="Empty")
    people_["tess"] = _person(forest, "tess", OrganizationRole.COACH)
    tess = User.objects.get(email=people_["tess"])
    TOTP.activate(tess, SECRET)
    RecoveryCodes.activate(tess)
    people_["eve"] = _person(empty, "eve", OrganizationRole.ADMINISTRATOR)
    eve = User.objects.get(email=people_["eve"])
    SocialAccount.objects.create(user=eve, provider="oidc", uid="somebody before her")
    people_["carl"] = _person(empty, "carl", OrganizationRole.COACH)
    people_["cora"] = _person(forest, "cora", OrganizationRole.COACH)
    people_["pat"] = _without_password(_person(forest, "pat", OrganizationRole.COACH))

    def closed(name: str, ago: dt.timedelta, values: list[list[int]], **fields: Any) -> Round:
        made = factories.open_round(forest, name, now=now - ago, questionnaire=questionnaire, **fields)
        instrument = load_instrument(questionnaire)
        for token, own in zip(factories.tokens_of(made, owls), values, strict=False):
            given = {
                statement.key: own[place % len(own)] for place, statement in enumerate(instrument.statements)
            } | {metric.key: min(own[0], 6) for metric in instrument.key_metrics}
            keys = [capability.key for capability in instrument.capabilities]
            more = {"hindrances": [keys[own[0]], keys[own[1]]], "comment": f"Said by one of us: {MARKUP}"}
            factories.answer(token, given | more, now=now - ago)
        factories.answer_all(made, few, [3, 4, 5], now=now - ago)
        rounds.close_round(round=made, by=None, now=now - ago + DAY)
        return made

    before = closed(
        "2026, second quarter",
        100 * DAY,
        [[2, 4, 3, 5], [3, 3, 4, 6], [4, 5, 2, 4], [3, 4, 4, 5], [5, 3, 2, 7]],
    )
    lead = User.objects.get(email=people_["lee"])
    tried = [
        actions.start_action(
            team=owls, round=before, capability_key=key, title=f"{MARKUP} {key}", by=lead, now=now
        )
        for key in ("version_control", "learning")
    ]
    actions.finish_action(
        action=tried[0], state=ActionState.KEPT, outcome=f"It worked {MARKUP}", by=lead, now=now
    )
    last = closed(
        "2026, third quarter", 10 * DAY,
        [[1, 6, 4, 5, 7], [2, 6, 4, 6, 3], [7, 5, 5, 4, 1], [6, 7, 3, 5, 2], [5, 6, 4, 6, 6], [2, 7, 4, 5, 1],
         [6, 6, 5, 6, 7], [3, 6, 4, 5, 4], [6, 6, 4, 6, 2]],
    )  # fmt: skip
    mine = closed("2026, special", 2 * DAY, [[4, 5, 6]] * 5, team_first_days=30)
    factories.bring_in(owls, range(12, 90, 7), f"shop {MARKUP}", now=now)
    deliveries.make_token(team=owls, name=f"CI {MARKUP}", by=None, now=now)
    for name, scopes, ago in (
        ("Dashboard", [Scope.RESULTS], DAY),
        (f"Old script {MARKUP}", Scope.values, 99 * DAY),
    ):
        programs.make_token(name=name, scopes=scopes, days=30, by=lead, now=now - ago)
    waiting = Report.objects.create(assessment=before.assessments.get(team=owls))
    packed = _bundles(last, User.objects.get(email=people_["cleo"]), now)
    factories.make_round(forest, "2027, first quarter", now=now, questionnaire=questionnaire)
    planned = Round.objects.get(name="2027, first quarter")
    running = factories.open_round(
        forest, "2026, fourth quarter", now=now, questionnaire=questionnaire, team_first_days=2
    )
    people.add_to_team(team=owls, email="newcomer@example.org", name="Newcomer", by=None)
    links = _links(running, owls)
    _troubled_mails(running, now)
    recipients = {name: User.objects.get(email=people_[name]) for name in ("cleo", "lee", "mia")}
    mails.stop_mails(organization=forest, user=recipients["mia"])
    factories.answer_all(running, few, [4, 4], now=now)
    agreed = factories.answers_of(load_instrument(questionnaire), 5, version_control_settings="dk")
    held = factories.hold_workshop(few, f"Together {MARKUP} again", agreed, now=now)
    workshops.finish_workshop(workshop=held, by=None, now=now)
    workshop = factories.hold_workshop(few, "In May", {"version_control_settings": 3}, now=now)
    _care(recipients["cleo"], [owls, few], now)
    harbour = _harbour(questionnaire)
    people_["hana"] = harbour["hana"]
    orchard = _orchard(questionnaire, now)
    vineyard = _vineyard(now)
    people_ |= {"olga": orchard["olga"], "vera": vineyard["vera"]}
    return {
        "people": people_,
        "vineyard": vineyard["org"],
        "plums": vineyard["plums"],
        "imported": vineyard["imported"],
        "after_import": vineyard["after_import"],
        "compared": harbour["compared"],
        "compared_with": harbour["with"],
        "orchard": orchard["org"],
        "varied": orchard["results"],
        "org": f"/o/{forest.slug}/",
        "empty": f"/o/{empty.slug}/",
        "owls": f"/o/{forest.slug}/teams/{owls.slug}/",
        "signed": {name: access.mail_token(user, forest) for name, user in recipients.items()},
        "few": f"/o/{forest.slug}/teams/{few.slug}/",
        "planned": planned.pk,
        "running": running.pk,
        "before": before.pk,
        "bundles": packed,
        "webhook": _webhooks(last, now),
        "last": last.pk,
        "team_first": mine.pk,
        "waiting": waiting.assessment.round_id,
        "links": links,
        "workshop": workshop.pk,
        "held": held.pk,
        "action": tried[1].pk,
    }


SHORES = {
    "North Shore": {"Team Mallard": 8, "Team Pochard": 7, "Team Smew": 6, "Team Teal": 6},
    "South Shore": {"Team Eider": 9, "Team Scaup": 3},  # three people are never shown
}


def lakeside() -> dict[str, Any]:
    """Six teams in two groups, two closed rounds and an open one, and a coach with two of them in care."""
    made, now = people.create_organization(name="Lakeside"), timezone.now()
    for shore, sizes in SHORES.items():
        group = people.create_group(organization=made, name=shore, by=None)
        for name, size in sizes.items():
            people.change_team(team=factories.make_team(made, name, size), name=name, group=group, by=None)
    questionnaire = Questionnaire.objects.get(organization=None)
    instrument, chance = load_instrument(questionnaire), random.Random(4)
    asked = {}
    for name, days in (("Spring", 100), ("Summer", 9), ("Autumn", 2)):
        at = now - days * DAY
        asked[name] = of = factories.open_round(
            made, name, now=at, questionnaire=questionnaire, team_first_days=2
        )
        tokens = factories.tokens_of(of)
        for token in tokens if name != "Autumn" else tokens[::3]:
            # most of the time: a capability that hardly anybody can tell about is hidden, too
            factories.answer(token, factories.random_answers(instrument, chance), now=at)
        if name != "Autumn":
            rounds.close_round(round=of, by=None, now=at + DAY)
    coach = _person(made, "cleo", OrganizationRole.COACH)
    mallard, scaup = (made.teams.get(name=f"Team {name}") for name in ("Mallard", "Scaup"))
    lead = User.objects.get(email=_person(made, "lee", TeamRole.LEAD, mallard))
    due = (now - DAY).date()
    for name, title, started in (("Spring", "Merge daily", 80), ("Summer", "Pair on releases", 3)):
        begun = actions.start_action(
            team=mallard, round=asked[name], capability_key="learning", title=title, by=lead, due=due,
            now=now - started * DAY,
        )  # fmt: skip
        if name == "Spring":
            actions.finish_action(action=begun, state="kept", outcome="It helped", by=lead, now=now - 4 * DAY)
    coaches.choose_care(organization=made, teams=[mallard, scaup], by=User.objects.get(email=coach))
    return {
        "coach": coach,
        "org": f"/o/{made.slug}/",
        "summer": asked["Summer"].pk,
        "spring": asked["Spring"].pk,
    }


def _vineyard(now: dt.datetime) -> dict[str, Any]:
    """An organization that came here with two past quarters in files, and has held one round since."""
    vineyard = people.create_organization(name="Vineyard")
    plums = factories.make_team(vineyard, f"Plums {MARKUP}", size=6)
    factories.make_team(vineyard, "Pears")
    day = now.date() - 200 * DAY
    for name, values, back in (("Autumn", [3, 4, 4, 5, 3, 4], 90), ("Winter", [4, 5, 4, 6, 5], 0)):
        made = factories.imported_round(
            vineyard, {plums.name: values, "Pears": [5] * 3}, name, closed_on=day - back * DAY, now=now
        )
    held = factories.closed_round(
        vineyard,
        plums,
        [4, 5, 6, 6, 5, 4],
        name="Spring",
        now=now - 9 * DAY,
        questionnaire=made.questionnaire,
    )
    return {
        "vera": _person(vineyard, "vera", OrganizationRole.ADMINISTRATOR),
        "org": f"/o/{vineyard.slug}/",
        "plums": f"/o/{vineyard.slug}/teams/{plums.slug}/",
        "imported": made.pk,
        "after_import": held.pk,
    }


def walls() -> dict[str, Any]:
    """Results with the longest names there may be: of one team that is low and divided, of another all 7."""
    now = timezone.now()
    made = people.create_organization(name="Walls")
    teams = [factories.make_team(made, letter * 100, size=8) for letter in "WM"]
    asked = factories.open_round(
        made,
        "W" * 100,
        now=now - DAY,
        questionnaire=Questionnaire.objects.get(organization=None),
        team_first_days=0,
    )
    factories.answer_all(asked, teams[0], [1, 1, 1, 7, 7, 2, 2, 1], now=now - DAY)
    factories.answer_all(asked, teams[1], [7] * 8, now=now - DAY)
    rounds.close_round(round=asked, by=None, now=now)
    return {
        "coach": _person(made, "cleo", OrganizationRole.COACH),
        "walls": [f"/o/{made.slug}/teams/{team.slug}/rounds/{asked.pk}/wall/" for team in teams],
    }


def _twelve(name: str) -> dict[str, Any]:
    """An organization with one team of twelve in an open round."""
    made = people.create_organization(name=name)
    team = factories.make_team(made, "Team Rush", size=12)
    running = factories.open_round(
        made, "2026 Q4", now=timezone.now(), questionnaire=Questionnaire.objects.get(organization=None)
    )
    return {
        "admin": _person(made, "ada", OrganizationRole.ADMINISTRATOR),
        "round": f"/o/{made.slug}/rounds/{running.pk}/",
        "links": _links(running, team),
    }


def rush() -> list[dict[str, Any]]:
    """Rounds that are about to be closed."""
    return [_twelve(f"Rush {number}") for number in range(4)]


def duet() -> list[dict[str, Any]]:
    """A round for two devices."""
    return [_twelve("Duet")]


def errand() -> dict[str, Any]:
    """A round that stays open."""
    return _twelve("Errand")


def locksmith() -> dict[str, Any]:
    """Somebody who signs in, and nothing more."""
    made = people.create_organization(name="Locksmith")
    return {"admin": _person(made, "kim", OrganizationRole.ADMINISTRATOR)}


def locksmith_with_app() -> dict[str, Any]:
    """Somebody of whom a code is asked for."""
    made = people.create_organization(name="Locksmith and Daughter")
    address = _person(made, "kay", OrganizationRole.ADMINISTRATOR)
    TOTP.activate(User.objects.get(email=address), SECRET)
    return {"admin": address}


def quiet() -> dict[str, Any]:
    """A planned round of a team of six, whose lead can sign in."""
    made = people.create_organization(name="Quiet Quarter")
    team = factories.make_team(made, "Team Quiet Quarter", size=5)
    planned = factories.make_round(
        made, "2026 Q4", now=timezone.now(), questionnaire=Questionnaire.objects.get(organization=None)
    )
    return {
        "admin": _person(made, "ada", OrganizationRole.ADMINISTRATOR),
        "lead": _person(made, "lee", TeamRole.LEAD, team),
        "round": f"/o/{made.slug}/rounds/{planned.pk}/",
        "results": f"/o/{made.slug}/teams/{team.slug}/rounds/{planned.pk}/",
    }


def guest_house() -> dict[str, Any]:
    """A team whose coach has no password."""
    made = people.create_organization(name="Guest House")
    team = factories.make_team(made, "Team Visitor", size=6)
    return {
        "coach": _without_password(_person(made, "gus", OrganizationRole.COACH)),
        "coach_page": f"/o/{made.slug}/coach/",
        "team": team.name,
    }
