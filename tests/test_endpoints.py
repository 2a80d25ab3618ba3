"""Every address, asked by everybody: who gets what, and what no answer may carry.

A new address without a row in ``MATRIX`` fails. The cast: ``tests/conftest.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core.files.base import ContentFile
from django.db import models, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

from accelerate_survey.operations.urls import urlpatterns as watching
from accelerate_survey.urls import sign_in_patterns
from assessments import access, tokens
from assessments.models import (
    ApiToken,
    Assessment,
    Care,
    CoachNote,
    DeliveryToken,
    Deployment,
    Invitation,
    Mail,
    MailStop,
    Organization,
    Response,
    Round,
    Score,
    Team,
    TeamRole,
    User,
    Visit,
    Webhook,
    WebhookMessage,
    Workshop,
)
from assessments.services import coaches, deliveries, programs
from assessments.services.actions import start_action
from assessments.tables import FORMATS
from assessments.urls import urlpatterns as asking
from reports.models import Bundle, Report
from reports.urls import urlpatterns as telling
from tests import factories
from tests.factories import DAY

PEOPLE = ("anonymous", "zoe", "sam", "mia", "lee", "cleo", "ada")


class Row(NamedTuple):
    """The status that each of PEOPLE gets."""

    get: tuple[int, ...]
    post: tuple[int, ...]


def everybody(status: int) -> tuple[int, ...]:
    return (status,) * len(PEOPLE)


def signed_in(*statuses: int) -> tuple[int, ...]:
    """Anonymous people are sent to the login page."""
    return (302, *(statuses * 6 if len(statuses) == 1 else statuses))


NOT_ALLOWED = signed_in(405)
# of GET                                zoe  sam  mia  lee  cleo ada
ORGANIZATION_PAGE = Row(get=signed_in(404, 404, 404, 404, 200, 200), post=NOT_ALLOWED)
ADMINISTRATORS_PAGE = Row(get=signed_in(404, 404, 404, 404, 403, 200), post=NOT_ALLOWED)
ORGANIZATION_FORM = Row(
    get=signed_in(404, 404, 404, 404, 403, 200), post=signed_in(404, 404, 404, 404, 403, 422)
)
ORGANIZATION_ACT = Row(get=NOT_ALLOWED, post=signed_in(404, 404, 404, 404, 403, 302))
TEAM_PAGE = Row(get=signed_in(404, 404, 200, 200, 200, 200), post=NOT_ALLOWED)
COACH_ACT = Row(get=NOT_ALLOWED, post=signed_in(404, 404, 404, 404, 302, 403))
ACTION_FORM = Row(  # the team's leads, and nobody for them
    get=signed_in(404, 404, 403, 200, 403, 403), post=signed_in(404, 404, 403, 422, 403, 403)
)
WORKSHOP_ACT = Row(get=NOT_ALLOWED, post=signed_in(404, 404, 403, 302, 302, 302))
PUBLIC_PAGE = Row(get=everybody(200), post=everybody(405))
PUBLIC_ACT = Row(get=everybody(405), post=everybody(302))
NEEDS_A_LINK = Row(get=everybody(404), post=everybody(404))
NEEDS_A_LINK_TO_LOOK = Row(get=everybody(404), post=everybody(405))

MATRIX: dict[str, Row] = {
    "home": Row(get=signed_in(302), post=NOT_ALLOWED),  # everybody has one place, and is taken there
    "mails": Row(get=signed_in(404), post=NOT_ALLOWED),  # only while mails are kept as files
    "stop_mails": Row(get=everybody(200), post=everybody(200)),
    "organization_mails": ADMINISTRATORS_PAGE,
    "send_mail_again": ORGANIZATION_ACT,
    "send_all_mails_again": ORGANIZATION_ACT,
    "api_tokens": Row(get=signed_in(200), post=NOT_ALLOWED),
    "make_api_token": Row(get=signed_in(200), post=signed_in(422)),
    "withdraw_api_token": Row(get=NOT_ALLOWED, post=signed_in(404, 404, 404, 404, 404, 302)),  # it is ada's
    "questionnaire": PUBLIC_PAGE,
    "questionnaire_yaml": PUBLIC_PAGE,
    "questionnaires": Row(get=signed_in(404, 404, 404, 404, 403, 200), post=NOT_ALLOWED),
    "upload_questionnaire": ORGANIZATION_FORM,
    "vary_questionnaire": ORGANIZATION_FORM,
    "publish_questionnaire": ORGANIZATION_ACT,
    "privacy": PUBLIC_PAGE,
    "choose_language": PUBLIC_ACT,
    "respond_language": PUBLIC_ACT,
    "respond_start": NEEDS_A_LINK_TO_LOOK,
    "respond_page": NEEDS_A_LINK,
    "respond_review": NEEDS_A_LINK,
    "respond_thanks": NEEDS_A_LINK_TO_LOOK,
    "respond_enter": Row(get=everybody(302), post=everybody(405)),
    "respond_unknown": NEEDS_A_LINK_TO_LOOK,
    "organization": ORGANIZATION_PAGE,
    "roles": ORGANIZATION_FORM,
    "organization_settings": ORGANIZATION_FORM,
    "log": ADMINISTRATORS_PAGE,
    "log_table": ADMINISTRATORS_PAGE,
    "forget_person": ORGANIZATION_FORM,
    "lost_device": ORGANIZATION_FORM,
    "remove_role": ORGANIZATION_ACT,
    "webhooks": Row(get=signed_in(404, 404, 404, 404, 403, 200), post=NOT_ALLOWED),
    "webhook": Row(get=signed_in(404, 404, 404, 404, 403, 200), post=NOT_ALLOWED),
    "add_webhook": ORGANIZATION_FORM,
    "change_webhook": ORGANIZATION_FORM,
    "renew_secret": ORGANIZATION_ACT,
    "send_test": ORGANIZATION_ACT,
    "try_webhook_again": ORGANIZATION_ACT,
    "stop_telling": ORGANIZATION_ACT,
    "roster": ORGANIZATION_FORM,
    "change_roster": ORGANIZATION_ACT,
    "roster_table": ADMINISTRATORS_PAGE,
    "create_group": ORGANIZATION_FORM,
    "create_team": ORGANIZATION_FORM,
    "team": TEAM_PAGE,
    "change_team": Row(
        get=signed_in(404, 404, 403, 403, 403, 200), post=signed_in(404, 404, 403, 403, 403, 422)
    ),
    "choose_goal": Row(get=NOT_ALLOWED, post=signed_in(404, 404, 403, 422, 403, 403)),
    "archive_team": Row(get=NOT_ALLOWED, post=signed_in(404, 404, 403, 403, 403, 302)),
    "add_person": Row(
        get=signed_in(404, 404, 403, 200, 403, 200), post=signed_in(404, 404, 403, 422, 403, 422)
    ),
    "add_people": Row(
        get=signed_in(404, 404, 403, 200, 403, 200), post=signed_in(404, 404, 403, 422, 403, 422)
    ),
    "remove_person": Row(get=NOT_ALLOWED, post=signed_in(404, 404, 403, 302, 403, 302)),
    "send_link": Row(get=NOT_ALLOWED, post=signed_in(404, 404, 403, 302, 403, 302)),
    "deliveries": Row(
        get=signed_in(404, 404, 403, 200, 403, 200), post=signed_in(404, 404, 403, 422, 403, 422)
    ),
    "delete_deliveries": Row(get=NOT_ALLOWED, post=signed_in(404, 404, 403, 302, 403, 302)),
    "make_delivery_token": Row(
        get=signed_in(404, 404, 403, 200, 403, 200), post=signed_in(404, 404, 403, 422, 403, 422)
    ),
    "withdraw_delivery_token": Row(get=NOT_ALLOWED, post=signed_in(404, 404, 403, 302, 403, 302)),
    "receive_deliveries": Row(get=everybody(405), post=everybody(401)),  # it wants a token
    "actions": TEAM_PAGE,
    "actions_table": TEAM_PAGE,
    "actions_md": TEAM_PAGE,
    "start_action": ACTION_FORM,
    "change_action": ACTION_FORM,
    "finish_action": ACTION_FORM,
    "organization_actions": ORGANIZATION_PAGE,
    "organization_actions_table": ORGANIZATION_PAGE,
    "organization_actions_md": ORGANIZATION_PAGE,
    "start_organization_action": ORGANIZATION_FORM,
    "change_organization_action": ORGANIZATION_FORM,
    "finish_organization_action": ORGANIZATION_FORM,
    "hold_workshop": Row(
        get=signed_in(404, 404, 403, 200, 200, 200), post=signed_in(404, 404, 403, 422, 422, 422)
    ),
    "workshop": TEAM_PAGE,
    "workshop_page": Row(
        get=signed_in(404, 404, 403, 200, 200, 200), post=signed_in(404, 404, 403, 422, 422, 422)
    ),
    "finish_workshop": WORKSHOP_ACT,
    "reopen_workshop": WORKSHOP_ACT,
    "delete_workshop": WORKSHOP_ACT,
    "coach": Row(get=signed_in(404, 404, 404, 404, 200, 403), post=NOT_ALLOWED),
    "choose_care": COACH_ACT,
    "mark_seen": COACH_ACT,
    "write_note": Row(get=NOT_ALLOWED, post=signed_in(404, 404, 403, 403, 422, 403)),
    "delete_note": Row(get=NOT_ALLOWED, post=signed_in(404, 404, 403, 403, 302, 403)),
    "create_round": ORGANIZATION_FORM,
    "import_round": ORGANIZATION_FORM,
    "confirm_import": ORGANIZATION_ACT,
    "import_template": Row(get=signed_in(404, 404, 404, 404, 403, 200), post=NOT_ALLOWED),
    "remove_round": ORGANIZATION_ACT,
    "schedule": ORGANIZATION_FORM,
    "change_round": Row(
        get=signed_in(404, 404, 404, 404, 403, 302), post=signed_in(404, 404, 404, 404, 403, 302)
    ),  # the round has been opened, and its page says so
    "skip_round": ORGANIZATION_ACT,
    "round": ORGANIZATION_PAGE,
    "participation_table": ORGANIZATION_PAGE,
    "open_round": ORGANIZATION_ACT,
    "invite_newcomers": ORGANIZATION_ACT,
    "close_round": ORGANIZATION_ACT,
    "compare": ORGANIZATION_PAGE,
    "comparison_table": Row(
        get=signed_in(404, 404, 404, 404, 302, 302), post=NOT_ALLOWED
    ),  # too few teams to compare, and a page says so
    "bundles": Row(get=signed_in(404, 404, 404, 404, 200, 200), post=signed_in(404, 404, 404, 404, 302, 302)),
    "bundle": ORGANIZATION_PAGE,
    "bundle_zip": ORGANIZATION_PAGE,
    "cancel_bundle": Row(get=NOT_ALLOWED, post=signed_in(404, 404, 404, 404, 302, 302)),
    "retry_bundle": Row(get=NOT_ALLOWED, post=signed_in(404, 404, 404, 404, 302, 302)),
    "summary_pdf": Row(
        get=signed_in(404, 404, 404, 404, 302, 302), post=signed_in(404, 404, 404, 404, 302, 302)
    ),  # there is none yet, and a page says so
    "reading_results": PUBLIC_PAGE,
    "results": TEAM_PAGE,
    "wall": TEAM_PAGE,
    "report_pdf": Row(
        get=signed_in(404, 404, 202, 202, 202, 202), post=signed_in(404, 404, 302, 302, 302, 302)
    ),  # there is none yet; posting asks for it
    "scores_table": TEAM_PAGE,
    "health": Row(get=everybody(503), post=everybody(405)),  # no worker has ever been seen
    "alive": PUBLIC_PAGE,
    "metrics": NEEDS_A_LINK,  # or rather a token
}
RESPOND = [name for name in MATRIX if name.startswith("respond_")]
TABLES = [name for name in MATRIX if name.endswith("_table")]
PAGES_WITH_TABLES = {
    "results": "scores_table",
    "round": "participation_table",
    "actions": "actions_table",
    "organization_actions": "organization_actions_table",
    "roster": "roster_table",
    "log": "log_table",
}  # the comparison has its own test
RESULTS = ["results", "wall", "report_pdf", *TABLES, "workshop", "workshop_page", "team"]
OURS: list[URLPattern] = [*asking, *watching, *(each for each in telling if isinstance(each, URLPattern))]
"""Without what programs read: tests/reports/api/test_endpoints.py asks each address there."""

ACCOUNT = {
    # of django-allauth, and about signing in: what somebody who is not signed in gets
    "account_login": 200,
    "mfa_login_webauthn": 302,
    "mfa_authenticate": 302,
    "account_logout": 302,
    "account_inactive": 200,
    "account_signup": 200,  # a page that says that it is closed
    "account_email": 302,
    "account_change_password": 302,
    "account_set_password": 302,
    "account_reset_password": 200,
    "account_reset_password_done": 200,
    "account_reset_password_from_key": 200,
    "account_reset_password_from_key_done": 200,
    "mfa_index": 302,
    "mfa_list_webauthn": 302,
    "account_reauthenticate": 302,
    "mfa_reauthenticate": 302,
    "mfa_reauthenticate_webauthn": 302,
    "mfa_activate_totp": 302,
    "mfa_deactivate_totp": 302,
    "mfa_add_webauthn": 302,
    "mfa_remove_webauthn": 302,
    "mfa_view_recovery_codes": 302,
    "mfa_generate_recovery_codes": 302,
    "account_end_other_sessions": 302,
    "account_end_session": 302,
    # of a provider that is not set up
    "sign_on": 404,
    "openid_connect_callback": 404,
    "saml_acs": 405,
    "saml_finish_acs": 404,
    "saml_metadata": 404,
    "saml_sls": 302,
}
ACCOUNT_PARTS: dict[str, dict[str, Any]] = {
    "account_reset_password_from_key": {"uidb36": "1", "key": "none"},
    "mfa_remove_webauthn": {"pk": 1},
    "account_end_session": {"session_id": 1},
    "sign_on": {"provider": "oidc"},
    "openid_connect_callback": {"provider_id": "oidc"},
    **{name: {"organization_slug": "saml"} for name in ACCOUNT if name.startswith("saml_")},
}


class Stage(NamedTuple):
    """Where the requests are made: an address for every name, and a link."""

    values: dict[str, Any]
    token: str

    def url(self, name: str, **other: Any) -> str:
        wanted = next(pattern for pattern in OURS if pattern.name == name).pattern.regex.groupindex
        values = self.values
        if f"{name}_membership" in values:
            values = values | {"membership_id": values[f"{name}_membership"]}
        if "organization_action" in name:
            values = values | {"action_id": values["organization_action_id"]}
        return reverse(name, kwargs={key: (values | other)[key] for key in wanted})


@pytest.fixture(autouse=True)
def no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many strangers at one address are told to wait; that is tested elsewhere."""
    monkeypatch.setattr("assessments.limits.MISSES_A_MINUTE", 10**9)


@pytest.fixture(autouse=True)
def no_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing is tested elsewhere."""
    for name in ("render", "render_summary"):
        monkeypatch.setattr(f"reports.pdf.{name}", lambda content: b"%PDF-1.7 of a test")


@pytest.fixture
def stage(
    aviary: Organization, kestrel: Team, ada: User, cleo: User, lee: User, mia: User, sam: User, zoe: User
) -> Stage:
    """A closed round with results, and an open one."""
    now = timezone.now()
    closed = factories.closed_round(aviary, kestrel, [5] * 8, name="2026 Q1", now=now - 9 * DAY)
    running = factories.open_round(aviary, "2026 Q2", now=now)
    file = ContentFile(b"PK of a test", "reports.zip")
    packed = Bundle.objects.create(
        round=closed, asked_by=cleo, asked_at=now, language="en", state="ready", file=file
    )
    told = factories.add_webhook(aviary, now=now)
    Webhook.objects.update(url="http://chat.example.org/")  # to which nothing is sent
    what: dict[str, Any] = {"round": closed, "capability_key": "integration", "by": lee}
    values = {
        "slug": "test",
        "version": 1,
        "number": 1,
        "rest": "cut-off",
        "ending": "csv",
        "token": factories.tokens_of(running, kestrel)[0],
        "org": "aviary",
        "team": "team-kestrel",
        "round_id": closed.pk,
        "workshop_id": factories.hold_workshop(kestrel, now=now).pk,
        "signed": access.mail_token(mia, aviary),
        "mail_id": factories.make_mail(aviary, mia, now=now).pk,
        "webhook_id": told.pk,
        "token_id": deliveries.make_token(team=kestrel, name="CI", by=None, now=now)[0].pk,
        "api_token_id": programs.make_token(name="BI", scopes=["results"], days=30, by=ada, now=now)[0].pk,
        "action_id": start_action(team=kestrel, title="Try", **what, now=now).pk,
        "organization_action_id": start_action(team=None, title="Try", **what, now=now).pk,
        "note_id": coaches.write_note(team=kestrel, text="Quiet.", by=cleo, now=now).pk,
        "bundle_id": packed.pk,
        "membership_id": kestrel.memberships.get(user=mia).pk,
        "remove_role_membership": aviary.memberships.get(user=cleo).pk,
        "remove_person_membership": kestrel.memberships.get(user=mia).pk,
    }
    return Stage(values, values["token"])


def ask(client: Client, method: str, url: str, **options: Any) -> HttpResponse:
    """One request, whose traces are taken back."""
    with transaction.atomic():
        response = getattr(client, method)(url, {"wrong": ""} if method == "post" else None, **options)
        if hasattr(response, "streaming_content"):
            response.getvalue()
        transaction.set_rollback(True)
    return response


def enter(request: pytest.FixtureRequest, client: Client, person: str) -> Client:
    if person != "anonymous":
        client.force_login(request.getfixturevalue(person))
    return client


# --- Who gets what ----------------------------------------------------------------------------


def test_every_address_has_a_row() -> None:
    assert {pattern.name for pattern in OURS} == set(MATRIX)
    assert [str(each.pattern) for each in telling if each not in OURS] == ["api/v1/"]


def test_every_address_about_signing_in_has_a_row() -> None:
    assert {pattern.name for pattern in sign_in_patterns} == set(ACCOUNT)


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("method", ["get", "post"])
def test_everybody_gets_what_is_theirs(
    request: pytest.FixtureRequest, stage: Stage, client: Client, person: str, method: str
) -> None:
    enter(request, client, person)
    place = PEOPLE.index(person)
    expected = {name: getattr(row, method)[place] for name, row in MATRIX.items()}

    assert {name: ask(client, method, stage.url(name)).status_code for name in MATRIX} == expected


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(stage: Stage, client: Client) -> None:
    private = [name for name, row in MATRIX.items() if row.get == NOT_ALLOWED or row.get[1:] != row.get[:-1]]

    for name in private:
        url = stage.url(name)
        assert ask(client, "get", url)["Location"] == f"/account/login/?next={url}"


def test_what_does_not_exist_is_not_found(stage: Stage, client: Client, ada: User) -> None:
    """Each part of each address in turn is one that does not exist, or is too large for any database."""
    lead = Team.objects.get(slug="team-kestrel").memberships.create(user=ada, role=TeamRole.LEAD)
    client.force_login(lead.user)  # who may do everything
    missing = {"org": ["nowhere"], "team": ["nobody"], "slug": ["none"], "version": [99, 10**30]}
    missing |= {"round_id": [10**9, 10**30], "membership_id": [10**9, 10**30]}
    missing |= {"workshop_id": [10**9, 10**30], "mail_id": [10**9, 10**30]}
    missing |= {"action_id": [10**9, 10**30]}
    missing |= {"webhook_id": [10**9, 10**30]}
    missing |= {"api_token_id": [10**9, 10**30]}
    missing |= {"token_id": [10**9, 10**30], "bundle_id": [10**9, 10**30]}
    for pattern in OURS:
        for part in set(pattern.pattern.regex.groupindex) & set(missing):
            for value in missing[part]:
                url = stage.url(str(pattern.name), **{part: value})
                statuses = {ask(client, method, url).status_code for method in ("get", "post")}
                assert statuses <= {404, 405}, url
                assert 404 in statuses, url


@pytest.mark.parametrize("person", PEOPLE)
def test_every_format_of_a_table_is_for_the_same_people(
    request: pytest.FixtureRequest, stage: Stage, client: Client, person: str
) -> None:
    enter(request, client, person)
    for name in TABLES:
        found = {ask(client, "get", stage.url(name, ending=ending)).status_code for ending in FORMATS}
        assert found == {MATRIX[name].get[PEOPLE.index(person)]}, name


def test_pages_lead_to_their_tables(stage: Stage, client: Client, ada: User) -> None:
    client.force_login(ada)
    for page, table in PAGES_WITH_TABLES.items():
        html = ask(client, "get", stage.url(page)).content.decode()
        assert all(f'href="{stage.url(table, ending=ending)}"' in html for ending in FORMATS), page


def test_there_are_no_other_formats(stage: Stage, client: Client, ada: User) -> None:
    client.force_login(ada)
    for name in TABLES:
        for ending in ("xls", "CSV", "csv/", "jsonl", ""):
            url = stage.url(name).removesuffix("csv") + ending
            assert ask(client, "get", url).status_code == 404, url


def test_a_round_is_not_shown_under_another_organization(stage: Stage, client: Client, zoe: User) -> None:
    client.force_login(zoe)
    for name in ("round", "open_round", "close_round", "results"):
        for method in ("get", "post"):
            assert ask(client, method, stage.url(name, org="terrarium")).status_code in (404, 405)


IDS = re.compile(r"\w+_id$")


@pytest.mark.parametrize("role", ["administrator", "coach"])
def test_no_object_is_reached_through_another_organization(
    stage: Stage, client: Client, zoe: User, role: str
) -> None:
    """Every address with a number, through an organization and a team of one's own, in all of their roles."""
    terrarium = Organization.objects.get(slug="terrarium")
    own = factories.make_team(terrarium, "Team Kestrel", size=2)
    own.memberships.create(user=zoe, role=TeamRole.LEAD)
    terrarium.memberships.update(role=role)
    client.force_login(zoe)
    asked = 0
    for pattern in OURS:
        if any(IDS.match(part) for part in pattern.pattern.regex.groupindex):
            url = stage.url(str(pattern.name), org="terrarium")
            statuses = {ask(client, method, url).status_code for method in ("get", "post")}
            asked += 1
            if role == "administrator":
                assert statuses <= {403, 404, 405}, url
                assert {403, 404} & statuses, url
            else:
                assert statuses <= {403, 404, 405}, url

    assert asked > 40


def test_no_choice_of_a_form_is_another_organizations(stage: Stage, client: Client, zoe: User) -> None:
    terrarium, aviary = Organization.objects.get(slug="terrarium"), Organization.objects.get(slug="aviary")
    group = factories.people.create_group(organization=aviary, name="Birds", by=None)
    terrarium.memberships.create(user=factories.make_user("Cora"), role="coach")
    foreign = {"group": group.pk, "parent": group.pk, "teams": aviary.teams.values_list("pk", flat=True)}
    client.force_login(zoe)
    for name in ("create_team", "create_group"):
        answer = ask_with(client, stage.url(name, org="terrarium"), {"name": "Mine", **foreign})
        assert answer.status_code == 422, name
    client.force_login(User.objects.get(name="Cora"))
    assert ask_with(client, stage.url("choose_care", org="terrarium"), foreign).status_code != 302

    assert not terrarium.teams.exists()
    assert not Care.objects.filter(team__organization=aviary, coach__name="Cora").exists()


def ask_with(client: Client, url: str, fields: dict[str, Any]) -> HttpResponse:
    return client.post(url, fields)


@pytest.mark.parametrize("name", ACCOUNT)
def test_pages_about_accounts(client: Client, db: None, name: str) -> None:
    url = reverse(name, kwargs=ACCOUNT_PARTS.get(name))

    assert client.get(url).status_code == ACCOUNT[name]


def test_nobody_makes_an_account_for_themselves(client: Client, db: None) -> None:
    password = {"password1": "a long enough password", "password2": "a long enough password"}

    client.post(reverse("account_signup"), {"email": "eve@example.org"} | password)

    assert not User.objects.exists()


def test_nobody_changes_their_own_address(client: Client, mia: User) -> None:
    """They would join the roster's newcomers, be invited once more, and vote twice."""
    client.force_login(mia)

    for method in ("get", "post"):
        answer = getattr(client, method)("/account/email/", {"email": "other@example.org", "action_add": ""})
        assert answer.status_code == 404
    mia.refresh_from_db()
    assert mia.email == "mia@example.org"


@pytest.mark.parametrize(
    "where", ["//evil.example", "https://evil.example", "https:evil.example", "/\\evil.example"]
)
def test_signing_in_leads_nowhere_else(client: Client, zoe: User, where: str) -> None:
    response = client.post(
        f"{reverse('account_login')}?next={where}",
        {"login": zoe.email, "password": factories.PASSWORD, "next": where},
    )

    assert (response.status_code, response["Location"]) == (302, "/")


def test_a_mail_to_an_unknown_address_is_answered_like_one_to_a_known(client: Client, zoe: User) -> None:
    known = client.post(reverse("account_reset_password"), {"email": zoe.email})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@example.org"})

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_a_wrong_password_is_told_like_an_unknown_address(client: Client, zoe: User) -> None:
    def tell(address: str) -> tuple[int, str]:
        answer = client.post(reverse("account_login"), {"login": address, "password": "wrong"})
        page = re.sub(r'(csrfmiddlewaretoken" value=|nonce=)"[^"]+"', "", answer.content.decode())
        return answer.status_code, page.replace(address, "")

    assert tell(zoe.email) == tell("nobody@example.org")


def test_there_is_no_admin_site(client: Client, zoe: User) -> None:
    """It would show everybody's answers to whoever may look at tables."""
    assert not apps.is_installed("django.contrib.admin")
    client.force_login(zoe)
    assert client.get("/admin/").status_code == 404


@pytest.mark.parametrize(
    "fields",
    [{f"field{number}": "x" for number in range(301)}, {"name": "x" * 2_000_001}],
    ids=["fields", "letters"],
)
def test_too_much_is_refused(client: Client, zoe: User, fields: dict[str, str]) -> None:
    client.force_login(zoe)
    answer = client.post(reverse("account_login"), urlencode(fields), "application/x-www-form-urlencoded")
    assert answer.status_code == 400


# --- What every answer carries ----------------------------------------------------------------


def test_every_post_needs_the_token_of_its_form(stage: Stage, ada: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)
    strict.cookies["respond"] = stage.token
    acting = [name for name, row in MATRIX.items() if row.post != NOT_ALLOWED and row.post != everybody(405)]

    acting.remove("stop_mails")  # mail programs post there by themselves; its address is the proof
    acting.remove("receive_deliveries")  # so do pipelines, with a token of their own
    acting.remove("choose_language")  # and pages that need no cookie set none for this
    acting.remove("respond_language")
    for name in acting:
        assert ask(strict, "post", stage.url(name)).status_code == 403, name


def test_every_page_has_its_headers(stage: Stage, client: Client, ada: User) -> None:
    client.force_login(ada)
    for name in MATRIX:
        response = ask(client, "get", stage.url(name))
        assert response["X-Frame-Options"] == "DENY", name
        assert response["X-Content-Type-Options"] == "nosniff", name
        assert response["Referrer-Policy"] == "same-origin", name
        assert response["Cross-Origin-Opener-Policy"] == "same-origin", name
        assert response["Cross-Origin-Resource-Policy"] == "same-origin", name
        assert "camera=()" in response["Permissions-Policy"], name
        assert "no-store" in response["Cache-Control"], name
        kind, _semicolon, charset = response.headers.get("Content-Type", "").partition("; ")
        assert charset == "charset=utf-8" or kind.partition("/")[0] not in ("text",), name
        policy = response["Content-Security-Policy"]
        for directive in ("default-src", "object-src", "base-uri", "frame-ancestors"):
            assert f"{directive} 'none'" in policy, name
        assert not {"unsafe-inline", "unsafe-eval", "*", "http:", "https:"} & set(policy.split()), name


def test_scripts_are_named_by_the_page_itself(stage: Stage, client: Client, ada: User) -> None:
    """With a number that is new each time."""
    client.force_login(ada)
    client.cookies["respond"] = stage.token
    with_script = [
        (name, response)
        for name in MATRIX
        if "text/html" in (response := ask(client, "get", stage.url(name)))["Content-Type"]
        and b"<script" in response.content
    ]

    assert with_script
    for name, response in with_script:
        html, policy = response.content.decode(), response["Content-Security-Policy"]
        nonces = set(re.findall(r'<script [^>]*nonce="([^"]{20,})"', html))
        assert len(nonces) == 1, name
        assert html.count("<script") == html.count(f'nonce="{nonces.copy().pop()}"'), name
        assert f"script-src 'nonce-{nonces.pop()}'" in policy, name


def test_another_host_is_refused(stage: Stage, client: Client) -> None:
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("linked", [True, False])
def test_no_browser_keeps_a_page_of_the_questionnaire(stage: Stage, client: Client, linked: bool) -> None:
    if linked:
        client.cookies["respond"] = stage.token
    for name in RESPOND:
        assert "no-store" in ask(client, "get", stage.url(name))["Cache-Control"], name


def test_no_browser_keeps_results(stage: Stage, client: Client, ada: User) -> None:
    client.force_login(ada)
    for name in RESULTS:
        assert "no-store" in ask(client, "get", stage.url(name))["Cache-Control"], name


# --- The questionnaire asks nobody who they are -----------------------------------------------


@pytest.fixture
def no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks into a session, or for a user, fails."""

    def fail(self: object) -> None:
        raise AssertionError("a session was opened")

    monkeypatch.setattr(SessionBase, "_session", property(fail))
    monkeypatch.setattr("django.contrib.auth.middleware.get_user", fail)


def respond_pages(stage: Stage) -> Iterator[tuple[str, str]]:
    for name in RESPOND:
        for method in ("get", "head", "post"):
            yield method, stage.url(name)


@pytest.mark.parametrize("cookie", ["valid", "unknown", "none"])
def test_the_questionnaire_opens_no_session(
    stage: Stage, client: Client, mia: User, request: pytest.FixtureRequest, cookie: str
) -> None:
    """Also for somebody who is signed in with the same browser."""
    client.force_login(mia)
    if cookie != "none":
        client.cookies["respond"] = stage.token if cookie == "valid" else tokens.to_text(1, bytes(32))
    request.getfixturevalue("no_session")

    for method, url in respond_pages(stage):
        response = ask(client, method, url)
        assert settings.SESSION_COOKIE_NAME not in response.cookies


def test_a_page_that_needs_a_user_fails_that_test(
    client: Client, mia: User, request: pytest.FixtureRequest
) -> None:
    """The proof that the fixture bites."""
    client.force_login(mia)
    request.getfixturevalue("no_session")

    with pytest.raises(AssertionError, match="a session was opened"):
        client.get("/")


def test_the_token_leaves_the_address_at_once(stage: Stage, client: Client) -> None:
    response = client.get(stage.url("respond_enter"))

    assert (response.status_code, response["Location"]) == (302, "/respond/")


def test_no_page_of_the_questionnaire_has_the_token_in_it(stage: Stage, client: Client) -> None:
    client.cookies["respond"] = stage.token
    for name in RESPOND:
        assert stage.token.encode() not in ask(client, "get", stage.url(name)).content


@pytest.mark.parametrize("secure", [True, False])
def test_the_cookie_is_for_the_questionnaire_only(stage: Stage, client: Client, secure: bool) -> None:
    cookie = client.get(stage.url("respond_enter"), secure=secure).cookies["respond"]

    assert cookie["path"] == "/respond/"
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"
    assert bool(cookie["secure"]) is secure
    assert cookie["max-age"] == ""  # gone with the browser


# --- Looking changes nothing ------------------------------------------------------------------

KEPT: tuple[type[models.Model], ...] = (
    ApiToken,
    Round,
    Assessment,
    Invitation,
    Response,
    Score,
    Report,
    Bundle,
    Mail,
    MailStop,
    Workshop,
    Deployment,
    DeliveryToken,
    Care,
    CoachNote,
    Visit,
    Webhook,
    WebhookMessage,
)


def dump() -> list[list[dict[str, Any]]]:
    return [sorted(model._base_manager.values(), key=lambda row: str(row["id"])) for model in KEPT]


def test_looking_at_links_changes_nothing(stage: Stage, client: Client) -> None:
    """Mail scanners open every link, with and without cookies."""
    factories.answer(stage.token, {"integration_1": 4}, complete=False, now=timezone.now())
    before = dump()

    for _visit in range(3):
        for method in ("get", "head"):
            for name in RESPOND:
                getattr(client, method)(stage.url(name))
                getattr(Client(), method)(stage.url(name))

    assert client.cookies["respond"].value == stage.token
    assert dump() == before


@pytest.mark.parametrize("person", ["ada", "cleo", "lee"])
def test_looking_at_pages_changes_nothing(
    request: pytest.FixtureRequest, stage: Stage, client: Client, person: str
) -> None:
    enter(request, client, person)
    before = dump()

    for name in MATRIX:
        client.get(stage.url(name)).close()  # files stay open otherwise

    assert dump() == before


# --- Links that open nothing ------------------------------------------------------------------

Change = Callable[[Stage], None]


def end(stage: Stage) -> None:
    Round.objects.filter(closed_at=None).update(closes_at=timezone.now())


def close(stage: Stage) -> None:
    factories.rounds.close_round(round=Round.objects.get(closed_at=None), by=None, now=timezone.now())


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [(end, 410, b"The round is over"), (close, 404, b"This link opens nothing")],
)
def test_a_link_that_opens_nothing_says_why(
    stage: Stage, client: Client, change: Change, status: int, words: bytes
) -> None:
    client.cookies["respond"] = stage.token
    change(stage)

    for name in ("respond_enter", "respond_start", "respond_page", "respond_review", "respond_thanks"):
        response = client.get(stage.url(name))
        assert response.status_code == status
        assert words in response.content


def test_a_closed_rounds_link_is_answered_like_a_made_up_one(stage: Stage, client: Client) -> None:
    made_up = client.get(stage.url("respond_enter", token=tokens.to_text(7, bytes(32)))).content
    close(stage)

    assert client.get(stage.url("respond_enter")).content == made_up


@pytest.mark.parametrize("text", ["1-" + "é" * 43, "nonsense", "1-" + "A" * 43, ""])
def test_a_cookie_with_anything_in_it_opens_nothing(stage: Stage, client: Client, text: str) -> None:
    client.cookies["respond"] = text

    assert client.get(stage.url("respond_start")).status_code == 404
