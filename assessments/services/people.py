"""Organizations, groups, teams, and who is who in them."""

import datetime as dt
import secrets

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from ..disclosure import DEFAULT_MINIMUM
from ..models import (
    Action,
    Group,
    Invitation,
    Mail,
    MailState,
    MailStop,
    Organization,
    OrganizationMembership,
    OrganizationRole,
    Round,
    Team,
    TeamMembership,
    TeamRole,
    User,
)
from .audit import Event, audited, forget, record
from .coaches import forget_coach
from .errors import ServiceError
from .responses import lock_round
from .schedules import keep_local_times


def make_slug(name: str) -> str:
    """The part of an address that stands for a name. Raises ServiceError where a name gives none."""
    slug = slugify(name)[:50].strip("-")
    if not slug:
        raise ServiceError(
            _("The name %(name)r has no letters or digits to make an address of.") % {"name": name}
        )
    return slug


@transaction.atomic
def create_organization(
    *, name: str, minimum_responses: int = DEFAULT_MINIMUM, language: str = settings.LANGUAGE_CODE
) -> Organization:
    """A new organization without people."""
    organization = Organization(
        name=name, slug=make_slug(name), minimum_responses=minimum_responses, language=language
    )
    organization.full_clean()
    organization.save()
    return organization


@audited
def change_organization(
    *,
    organization: Organization,
    name: str,
    time_zone: str,
    language: str,
    minimum_responses: int,
    keep_responses_days: int | None,
    by: User | None,
) -> Organization:
    """Change how the organization asks. A round that is open keeps the minimum that it promised."""
    clock = organization.time_zone
    organization.name, organization.time_zone, organization.language = name, time_zone, language
    organization.minimum_responses = minimum_responses
    organization.keep_responses_days = keep_responses_days
    organization.full_clean()
    organization.save()
    keep_local_times(organization=organization, before=clock)
    return organization


@audited
def create_group(
    *, organization: Organization, name: str, by: User | None, parent: Group | None = None
) -> Group:
    """A node of the tree of teams."""
    group = Group(organization=organization, name=name, slug=make_slug(name), parent=parent)
    group.full_clean()
    group.save()
    return group


@audited
def create_team(
    *, organization: Organization, name: str, by: User | None, group: Group | None = None
) -> Team:
    """A team without people."""
    team = Team(organization=organization, name=name, slug=make_slug(name), group=group)
    team.full_clean()
    team.save()
    return team


@audited
def change_team(*, team: Team, name: str, group: Group | None, by: User | None) -> Team:
    """Give the team another name or group. Its address stays; past rounds keep the name they had."""
    team.name, team.group = name, group
    team.full_clean()
    team.save()
    return team


@audited
def choose_goal(*, team: Team, goal: str, by: User | None) -> Team:
    """Say what the team wants its experiments to lead to: one of models.Goal."""
    team.goal = goal
    team.full_clean()
    team.save()
    return team


@audited
def archive_team(*, team: Team, by: User | None, now: dt.datetime) -> Team:
    """Leave the team out of coming rounds; its past stays."""
    if team.archived_at is None:
        team.archived_at = now
        team.save(update_fields=["archived_at"])
        record(what=Event.ARCHIVED, subject=team, organization=team.organization, by=by, now=now)
    return team


def find_or_create_user(*, email: str, name: str) -> User:
    """The person with this address; made without a password where there is none."""
    user = User.objects.filter(email__iexact=email.strip()).first()
    return user or User.objects.create_user(email=email, name=name.strip() or email.split("@")[0])


@audited
def set_organization_role(
    *, organization: Organization, email: str, name: str, role: str, by: User | None
) -> OrganizationMembership:
    """Make a person administrator or coach."""
    user = find_or_create_user(email=email, name=name)
    current = OrganizationMembership.objects.filter(organization=organization, user=user).first()
    if current and current.role != role:
        _keep_an_administrator(current)
    membership = current or OrganizationMembership(organization=organization, user=user)
    membership.role = role
    membership.full_clean()
    membership.save()
    return membership


def _keep_an_administrator(leaving: OrganizationMembership) -> None:
    others = OrganizationMembership.objects.filter(
        organization=leaving.organization, role=OrganizationRole.ADMINISTRATOR
    ).exclude(pk=leaving.pk)
    if leaving.role == OrganizationRole.ADMINISTRATOR and not others.exists():
        raise ServiceError(_("This is the only administrator. Name another one first."))


@audited
def remove_organization_role(*, membership: OrganizationMembership, by: User | None) -> None:
    """Take a person's role in the organization away; never the last administrator's."""
    _keep_an_administrator(membership)
    membership.delete()


@audited
def add_to_team(
    *, team: Team, email: str, name: str, by: User | None, role: str = TeamRole.MEMBER
) -> TeamMembership:
    """Put a person on the team's roster; who is on it already gets the role."""
    user = find_or_create_user(email=email, name=name)
    membership = TeamMembership.objects.filter(team=team, user=user).first() or TeamMembership(
        team=team, user=user
    )
    membership.role = role
    membership.full_clean()
    membership.save()
    return membership


@audited
def remove_from_team(*, membership: TeamMembership, by: User | None) -> None:
    """Take a person off the roster. An answer that they gave in an open round stays theirs."""
    membership.delete()


FORGOTTEN_DOMAIN = "forgotten.invalid"
"""No mail is ever delivered to an address of the domain "invalid"."""


@transaction.atomic
def forget_person(*, organization: Organization, email: str, by: User | None, now: dt.datetime) -> None:
    """Remove an e-mail address and whose it is from the organization; results and counts stay as they are.

    The same made-up address takes its place everywhere, so that who was invited twice still
    counts as one person. An open round's link keeps working: it never depended on the address.
    Raises ServiceError for an address that is not known here, and for the last administrator.
    """
    user = User.objects.filter(email__iexact=email).first()
    roles = OrganizationMembership.objects.filter(organization=organization, user=user)
    on_teams = TeamMembership.objects.filter(team__organization=organization, user=user)
    invitations = Invitation.objects.filter(assessment__round__organization=organization, email__iexact=email)
    mails = Mail.objects.filter(organization=organization, email__iexact=email)
    # a close that is under way stores invitations anew
    for round_id in Round.objects.filter(organization=organization, closed_at=None).values_list(
        "pk", flat=True
    ):
        lock_round(round_id)
    if not any(found.exists() for found in (roles, on_teams, invitations, mails)):
        raise ServiceError(_("Nobody with this address has a role, a team or an invitation here."))
    for role in roles:
        _keep_an_administrator(role)
    made_up = f"{secrets.token_hex(8)}@{FORGOTTEN_DOMAIN}"
    invitations.update(email=made_up)
    mails.filter(state=MailState.WAITING).update(state=MailState.STOPPED)
    mails.update(email=made_up, error="")  # a mail server's words may hold the address
    record(what=Event.FORGOTTEN, subject=organization, organization=organization, by=by, now=now)
    if user:
        _forget_user(user, organization)


def _forget_user(user: User, organization: Organization) -> None:
    OrganizationMembership.objects.filter(organization=organization, user=user).delete()
    TeamMembership.objects.filter(team__organization=organization, user=user).delete()
    MailStop.objects.filter(organization=organization, user=user).delete()
    forget_coach(coach=user, organization=organization)
    Action.objects.filter(round__organization=organization, owner=user).update(owner=None)
    elsewhere = user.organization_memberships.exists() or user.team_memberships.exists()
    forget(person=user, organization=organization, belongs_elsewhere=elsewhere)
    if not elsewhere:
        user.delete()
