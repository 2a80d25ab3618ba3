"""Who may see and do what: one table, and loaders that include the check.

Nobody holds an organization, a team, a round or an assessment without having come through
here. Strangers get 404, as if the thing did not exist; people who may look but not touch
get 403, with the reason.
"""

import datetime as dt
from enum import Enum

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import tokens
from .models import (
    Assessment,
    Invitation,
    Organization,
    OrganizationMembership,
    OrganizationRole,
    Round,
    Team,
    TeamMembership,
    TeamRole,
    User,
)


class SignedInRequest(HttpRequest):
    """A request that the login middleware has let through: its user is a person."""

    user: User


class Permission(Enum):
    """Something that a role may see or do."""

    VIEW_ORGANIZATION = gettext_lazy("see the organization's teams and rounds")
    MANAGE_PEOPLE = gettext_lazy("make teams and groups, give roles, invite people to sign in")
    MANAGE_ROUNDS = gettext_lazy("make, open and close rounds")
    VIEW_PARTICIPATION = gettext_lazy("see how many answered, never who")
    VIEW_TEAM = gettext_lazy("see a team's page")
    MANAGE_ROSTER = gettext_lazy("add people to a team and take them off")
    VIEW_RESULTS = gettext_lazy("see a team's results and download its report")
    MANAGE_ACTIONS = gettext_lazy("write down a team's experiments")


ROLE_PERMISSIONS: dict[str, frozenset[Permission]] = {
    OrganizationRole.ADMINISTRATOR: frozenset(
        {
            Permission.VIEW_ORGANIZATION,
            Permission.MANAGE_PEOPLE,
            Permission.MANAGE_ROUNDS,
            Permission.VIEW_PARTICIPATION,
            Permission.VIEW_TEAM,
            Permission.MANAGE_ROSTER,
            Permission.VIEW_RESULTS,
        }
    ),
    OrganizationRole.COACH: frozenset(
        {
            Permission.VIEW_ORGANIZATION,
            Permission.VIEW_PARTICIPATION,
            Permission.VIEW_TEAM,
            Permission.VIEW_RESULTS,
        }
    ),
    TeamRole.LEAD: frozenset(
        {
            Permission.VIEW_PARTICIPATION,
            Permission.VIEW_TEAM,
            Permission.MANAGE_ROSTER,
            Permission.VIEW_RESULTS,
            Permission.MANAGE_ACTIONS,
        }
    ),
    TeamRole.MEMBER: frozenset({Permission.VIEW_TEAM, Permission.VIEW_RESULTS}),
}
"""What each role may do: the roles of an organization in all of its teams, those of a team in that team."""

NOBODY: frozenset[Permission] = frozenset()


def organization_permissions(user: User, organization: Organization) -> frozenset[Permission]:
    """What the user's role in the organization allows."""
    membership = OrganizationMembership.objects.filter(user=user, organization=organization).first()
    return ROLE_PERMISSIONS[membership.role] if membership else NOBODY


def team_permissions(user: User, team: Team) -> frozenset[Permission]:
    """What the user's roles in the team and in its organization allow."""
    membership = TeamMembership.objects.filter(user=user, team=team).first()
    own = ROLE_PERMISSIONS[membership.role] if membership else NOBODY
    return own | organization_permissions(user, team.organization)


def _require(permission: Permission, held: frozenset[Permission], to_look: Permission) -> None:
    if permission in held:
        return
    if to_look in held:
        raise PermissionDenied(_("Your role does not include this: %(what)s.") % {"what": permission.value})
    raise Http404


def get_organization(user: User, slug: str, permission: Permission) -> Organization:
    """The organization with this address."""
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        raise Http404
    _require(permission, organization_permissions(user, organization), Permission.VIEW_ORGANIZATION)
    return organization


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
    team = (
        Team.objects.filter(organization__slug=slug, slug=team_slug)
        .select_related("organization", "group")
        .first()
    )
    if team is None:
        raise Http404
    _require(permission, team_permissions(user, team), Permission.VIEW_TEAM)
    return team


def is_on_team(user: User, team: Team) -> bool:
    """Whether the user is the team's lead or a member of it."""
    return TeamMembership.objects.filter(user=user, team=team).exists()


def results_open_to_coaches(of: Round) -> dt.datetime | None:
    """From when on others than the team see the results of a closed round."""
    return of.closed_at + dt.timedelta(days=of.team_first_days) if of.closed_at else None


def get_assessment(
    user: User, slug: str, team_slug: str, round_id: int, permission: Permission, now: dt.datetime
) -> Assessment:
    """A team's part in a closed round. The team sees it first; others after ``team_first_days``."""
    team = get_team(user, slug, team_slug, permission)
    assessment = (
        Assessment.objects.filter(team=team, round__pk=round_id, round__closed_at__isnull=False)
        .select_related("round__questionnaire", "round__organization", "team")
        .first()
    )
    if assessment is None:
        raise Http404
    visible_from = results_open_to_coaches(assessment.round)
    if visible_from and now < visible_from and not is_on_team(user, team):
        raise PermissionDenied(
            _("The team sees its results first. They open to you on %(day)s.")
            % {"day": formats.date_format(timezone.localtime(visible_from), "DATETIME_FORMAT")}
        )
    return assessment


class LinkError(Exception):
    """A respondent's link that opens nothing; its text is for the respondent."""

    status = 404


class LinkUnknown(LinkError):
    """No open round knows this link: cut off, mistyped, or its round has closed and forgot it."""


class LinkOver(LinkError):
    """A good link whose round has just ended."""

    status = 410


INVITATION_FIELDS = (
    "assessment__team_name",
    "assessment__round__name",
    "assessment__round__closes_at",
    "assessment__round__minimum_responses",
    "assessment__round__team_first_days",
    "assessment__round__organization_id",
    "assessment__round__questionnaire__digest",
)
"""What the questionnaire's pages need with every click; the texts are read once a process."""


def get_invitation(token: str, now: dt.datetime) -> Invitation:
    """The invitation that a link's token belongs to, in a round that takes answers now.

    Raises LinkUnknown and LinkOver. After the close no token can be told from a made-up one.
    """
    try:
        round_id, secret = tokens.from_text(token)
    except tokens.InvalidToken as error:
        raise LinkUnknown from error
    try:
        invitation = (
            Invitation.objects.select_related("assessment__round__questionnaire")
            .only(*INVITATION_FIELDS)
            .get(
                token_hash=tokens.invitation_hash(secret, tokens.name_of_round(round_id)),
                assessment__round__pk=round_id,
            )
        )
    except Invitation.DoesNotExist as error:
        raise LinkUnknown from error
    if now >= invitation.assessment.round.closes_at:
        raise LinkOver
    return invitation
