"""Who may see and do what: one table, and loaders that include the check.

Nobody holds an organization, a team, a round or an assessment without having come through
here. Strangers get 404, as if the thing did not exist; people who may look but not touch
get 403, with the reason.
"""

import datetime as dt
from enum import Enum
from zoneinfo import ZoneInfo

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import tokens
from .models import (
    Action,
    ApiToken,
    Assessment,
    CoachNote,
    DeliveryToken,
    Invitation,
    Organization,
    OrganizationMembership,
    OrganizationRole,
    Questionnaire,
    Round,
    Team,
    TeamMembership,
    TeamRole,
    User,
    Webhook,
    Workshop,
    usable_by,
)


class SignedInRequest(HttpRequest):
    """A request that the login middleware has let through: its user is a person."""

    user: User


class Permission(Enum):
    """Something that a role may see or do."""

    VIEW_ORGANIZATION = gettext_lazy("see the organization's teams and rounds")
    MANAGE_ORGANIZATION = gettext_lazy(
        "set the minimum of answers, how long answers are kept, and the schedule; publish questionnaires; "
        "read the log and the mails; have other programs told what happens"
    )
    MANAGE_PEOPLE = gettext_lazy("make teams and groups, give roles, invite people to sign in")
    MANAGE_ROUNDS = gettext_lazy("make, open and close rounds")
    VIEW_PARTICIPATION = gettext_lazy("see how many answered, never who")
    VIEW_TEAM = gettext_lazy("see a team's page")
    MANAGE_ROSTER = gettext_lazy("add people to a team and take them off, and bring in its deliveries")
    VIEW_RESULTS = gettext_lazy("see a team's results and download its report")
    HOLD_WORKSHOPS = gettext_lazy("hold a workshop with a team and keep what it agreed on")
    MANAGE_ACTIONS = gettext_lazy("choose a team's goal and write down its experiments")
    COACH_TEAMS = gettext_lazy("keep teams in their care, and notes about them that nobody else sees")


ROLE_PERMISSIONS: dict[str, frozenset[Permission]] = {
    OrganizationRole.ADMINISTRATOR: frozenset(
        {
            Permission.VIEW_ORGANIZATION,
            Permission.MANAGE_ORGANIZATION,
            Permission.MANAGE_PEOPLE,
            Permission.MANAGE_ROUNDS,
            Permission.VIEW_PARTICIPATION,
            Permission.VIEW_TEAM,
            Permission.MANAGE_ROSTER,
            Permission.VIEW_RESULTS,
            Permission.HOLD_WORKSHOPS,
        }
    ),
    OrganizationRole.COACH: frozenset(
        {
            Permission.VIEW_ORGANIZATION,
            Permission.VIEW_PARTICIPATION,
            Permission.VIEW_TEAM,
            Permission.VIEW_RESULTS,
            Permission.HOLD_WORKSHOPS,
            Permission.COACH_TEAMS,
        }
    ),
    TeamRole.LEAD: frozenset(
        {
            Permission.VIEW_PARTICIPATION,
            Permission.VIEW_TEAM,
            Permission.MANAGE_ROSTER,
            Permission.VIEW_RESULTS,
            Permission.HOLD_WORKSHOPS,
            Permission.MANAGE_ACTIONS,
        }
    ),
    TeamRole.MEMBER: frozenset({Permission.VIEW_TEAM, Permission.VIEW_RESULTS}),
}
"""What each role may do: the roles of an organization in all of its teams, those of a team in that team."""

NOBODY: frozenset[Permission] = frozenset()


def _allowed(membership: OrganizationMembership | TeamMembership | None) -> frozenset[Permission]:
    return ROLE_PERMISSIONS[membership.role] if membership else NOBODY


def organization_permissions(user: User, organization: Organization) -> frozenset[Permission]:
    """What the user's role in the organization allows."""
    return _allowed(OrganizationMembership.objects.filter(user=user, organization=organization).first())


def team_permissions(user: User, team: Team) -> frozenset[Permission]:
    """What the user's roles in the team and in its organization allow."""
    return own_permissions(user, team) | organization_permissions(user, team.organization)


def own_permissions(user: User, team: Team) -> frozenset[Permission]:
    """What the user's role in the team itself allows; nothing for somebody who is not on it."""
    return _allowed(TeamMembership.objects.filter(user=user, team=team).first())


def holds_office(user: User, team: Team) -> bool:
    """Whether the user sees the team's results by an office: then it is logged when they are taken away.

    What members do with their own team's is nobody's business.
    """
    return Permission.VIEW_PARTICIPATION in team_permissions(user, team)


def _require(permission: Permission, held: frozenset[Permission], to_look: Permission) -> None:
    if permission in held:
        return
    if to_look in held:
        raise PermissionDenied(_("Your role does not include this: %(what)s.") % {"what": permission.value})
    raise Http404


def get_organization(user: User, slug: str, permission: Permission) -> Organization:
    """The organization with this address."""
    membership = _membership(user, slug)
    if membership is None:
        raise Http404
    _require(permission, _allowed(membership), Permission.VIEW_ORGANIZATION)
    return membership.organization


def _membership(user: User, slug: str) -> OrganizationMembership | None:
    """The user's role, asked for by address: for a stranger the same question, whether it exists or not."""
    return (
        OrganizationMembership.objects.filter(user=user, organization__slug=slug)
        .select_related("organization")
        .first()
    )


def get_questionnaire(
    user: User, slug: str, questionnaire: str, version: int, permission: Permission
) -> tuple[Organization, Questionnaire]:
    """The organization with this address, and a published questionnaire that it may use."""
    organization = get_organization(user, slug, permission)
    usable = Questionnaire.objects.filter(usable_by(organization), slug=questionnaire, version=version)
    found = usable.first()
    if found is None:
        raise Http404
    return organization, found


def get_round(user: User, slug: str, round_id: int, permission: Permission) -> Round:
    """A round of the organization with this address."""
    organization = get_organization(user, slug, permission)
    found = (
        Round.objects.filter(organization=organization, pk=round_id).select_related(
            "organization", "questionnaire"
        )
    ).first()
    if found is None:
        raise Http404
    return found


def get_team(user: User, slug: str, team_slug: str, permission: Permission) -> Team:
    """A team of the organization with this address."""
    return _find_team(user, slug, team_slug, permission)[0]


def _find_team(user: User, slug: str, team_slug: str, permission: Permission) -> tuple[Team, bool]:
    """The team, and whether the user is on it."""
    teams = Team.objects.filter(organization__slug=slug, slug=team_slug)
    own = TeamMembership.objects.filter(user=user, team__in=teams)
    on_it = own.select_related("team__organization", "team__group").first()
    held = _allowed(on_it) | _allowed(_membership(user, slug))
    team = on_it.team if on_it else None
    if held and team is None:
        team = teams.select_related("organization", "group").first()
    if team is None:
        raise Http404
    _require(permission, held, Permission.VIEW_TEAM)
    return team, on_it is not None


def get_workshop(user: User, slug: str, team_slug: str, workshop_id: int, permission: Permission) -> Workshop:
    """A workshop of the team with this address."""
    team = get_team(user, slug, team_slug, permission)
    workshop = Workshop.objects.filter(team=team, pk=workshop_id).select_related("questionnaire").first()
    if workshop is None:
        raise Http404
    workshop.team = team
    return workshop


def get_action(user: User, slug: str, team_slug: str, action_id: int, permission: Permission) -> Action:
    """An experiment of the team with this address."""
    team = get_team(user, slug, team_slug, permission)
    return _find_action(team.organization, team, action_id)


def get_organization_action(user: User, slug: str, action_id: int, permission: Permission) -> Action:
    """An experiment of the organization itself."""
    return _find_action(get_organization(user, slug, permission), None, action_id)


def _find_action(organization: Organization, team: Team | None, action_id: int) -> Action:
    actions = Action.objects.select_related("round__questionnaire", "owner")
    found = actions.filter(round__organization=organization, team=team, pk=action_id).first()
    if found is None:
        raise Http404
    found.team, found.round.organization = team, organization
    return found


def results_open_to_coaches(of: Round) -> dt.datetime | None:
    """From when on others than the team see the results of a closed round."""
    return of.closed_at + dt.timedelta(days=of.team_first_days) if of.closed_at else None


def is_open_to_coaches(of: Round, now: dt.datetime) -> bool:
    """Whether others than the team see the results."""
    visible_from = results_open_to_coaches(of)
    return visible_from is not None and now >= visible_from


def waiting_until(newest: Assessment | None, now: dt.datetime, *, is_own: bool) -> dt.datetime | None:
    """When a team's newest results open to somebody who is not on it and has to wait; else None."""
    if newest is None or is_own or is_open_to_coaches(newest.round, now):
        return None
    return results_open_to_coaches(newest.round)


def get_assessment(
    user: User, slug: str, team_slug: str, round_id: int, permission: Permission, now: dt.datetime
) -> Assessment:
    """A team's part in a closed round. The team sees it first; others after ``team_first_days``."""
    team, is_own = _find_team(user, slug, team_slug, permission)
    assessment = (
        Assessment.objects.filter(team=team, round__pk=round_id, round__closed_at__isnull=False)
        .select_related("round__questionnaire", "round__organization", "team")
        .first()
    )
    if assessment is None:
        raise Http404
    visible_from = results_open_to_coaches(assessment.round)
    if visible_from and now < visible_from and not is_own:
        zone = ZoneInfo(team.organization.time_zone)
        raise PermissionDenied(
            _("The team sees its results first. They open to you on %(day)s.")
            % {"day": formats.date_format(visible_from.astimezone(zone), "DATETIME_FORMAT")}
        )
    return assessment


def get_results_round(user: User, slug: str, round_id: int, now: dt.datetime) -> Round:
    """A closed round whose results the user may see of all teams, from ``team_first_days`` on."""
    found = get_round(user, slug, round_id, Permission.VIEW_RESULTS)
    visible_from = results_open_to_coaches(found)
    if visible_from is None:
        raise Http404
    if now < visible_from:
        zone = ZoneInfo(found.organization.time_zone)
        raise PermissionDenied(
            _("The teams see their results first. They open to you on %(day)s.")
            % {"day": formats.date_format(visible_from.astimezone(zone), "DATETIME_FORMAT")}
        )
    return found


def get_delivery_token(user: User, slug: str, team_slug: str, token_id: int) -> DeliveryToken:
    """A pipeline's token of the team with this address."""
    team = get_team(user, slug, team_slug, Permission.MANAGE_ROSTER)
    token = DeliveryToken.objects.filter(team=team, pk=token_id).first()
    if token is None:
        raise Http404
    token.team = team
    return token


def get_team_of_pipeline(token: str) -> Team | None:
    """The team whose events the holder of a pipeline's token may send; None for a made-up token.

    Nor may an archived team's pipeline, which nobody remembers, change what its past says.

    It is looked up by its digest, so how long that takes tells nothing about any token.
    """
    found = DeliveryToken.objects.filter(digest=tokens.digest_of(token), team__archived_at=None)
    holder = found.select_related("team__organization").first()
    return holder.team if holder else None


def get_webhook(user: User, slug: str, webhook_id: int) -> Webhook:
    """An address that the organization with this address has told."""
    organization = get_organization(user, slug, Permission.MANAGE_ORGANIZATION)
    found = Webhook.objects.filter(organization=organization, pk=webhook_id).first()
    if found is None:
        raise Http404
    found.organization = organization
    return found


def get_api_token(user: User, token_id: int) -> ApiToken:
    """A token for programs that the user made; nobody else's."""
    token = ApiToken.objects.filter(user=user, pk=token_id).first()
    if token is None:
        raise Http404
    return token


def get_reader(text: str, now: dt.datetime) -> ApiToken | None:
    """The token that a program holds, with its person; None for one that is made up, withdrawn or over.

    It opens nothing by itself: what the program reads is loaded for its person, by the loaders above.
    """
    found = ApiToken.objects.filter(digest=tokens.digest_of(text), expires_at__gt=now, user__is_active=True)
    return found.select_related("user").first()


def get_published(slug: str, version: int) -> Questionnaire:
    """A published questionnaire: what is asked is public."""
    found = Questionnaire.objects.filter(slug=slug, version=version, published_at__isnull=False).first()
    if found is None:
        raise Http404
    return found


def get_note(user: User, slug: str, team_slug: str, note_id: int) -> CoachNote:
    """A note that the user wrote as a coach; nobody else's."""
    team = get_team(user, slug, team_slug, Permission.COACH_TEAMS)
    note = CoachNote.objects.filter(coach=user, team=team, pk=note_id).first()
    if note is None:
        raise Http404
    note.team = team
    return note


_MAIL_SALT = "assessments.mails"


def mail_token(user: User, organization: Organization) -> str:
    """What stands in the link with which a person stops an organization's mails: two numbers, signed."""
    return signing.dumps([organization.pk, user.pk], salt=_MAIL_SALT)


def get_recipient(token: str) -> tuple[Organization, User] | None:
    """Whose mails a token is about, and of which organization; None for a made-up one."""
    try:
        organization, user = signing.loads(token, salt=_MAIL_SALT)
        return Organization.objects.get(pk=organization), User.objects.get(pk=user)
    except (signing.BadSignature, Organization.DoesNotExist, User.DoesNotExist):
        return None


class LinkError(Exception):
    """A respondent's link that opens nothing; its text is for the respondent."""

    status = 404


class LinkUnknown(LinkError):
    """No open round knows this link: cut off, mistyped, or its round has closed and forgot it."""


class LinkOver(LinkError):
    """A good link whose round has just ended."""

    status = 410


ROUND_IS_FRESH = dt.timedelta(minutes=1)

_rounds: dict[int, tuple[dt.datetime, Round]] = {}
"""Rounds that are being answered, each with when it was read. They are only looked at."""


def load_round(round_id: int, now: dt.datetime) -> Round:
    """A round with its organization and questionnaire, as it was a minute ago at most.

    Everybody who answers asks for it with every click. At its end, which may have been put off, it
    is read anew. Raises Round.DoesNotExist.
    """
    read_at, found = _rounds.get(round_id, (now, None))
    if found is None or now >= found.closes_at or not now - ROUND_IS_FRESH < read_at <= now:
        found = Round.objects.select_related("questionnaire", "organization").get(pk=round_id)
        _rounds[round_id] = now, found
    return found


def get_invitation(token: str, now: dt.datetime) -> Invitation:
    """The invitation that a link's token belongs to, in a round that takes answers now.

    Raises LinkUnknown and LinkOver. After the close no token can be told from a made-up one.
    """
    try:
        round_id, secret = tokens.from_text(token)
        asking = load_round(round_id, now)
        invitation = Invitation.objects.select_related("assessment").get(
            token_hash=tokens.invitation_hash(secret, tokens.name_of_round(round_id)),
            assessment__round=round_id,
        )
    except (tokens.InvalidToken, Round.DoesNotExist, Invitation.DoesNotExist) as error:
        raise LinkUnknown from error
    invitation.assessment.round = asking
    if now >= asking.closes_at:
        raise LinkOver
    return invitation
