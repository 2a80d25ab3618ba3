"""Organizations, groups, teams, and who is who in them."""

import datetime as dt

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from ..disclosure import DEFAULT_MINIMUM
from ..models import (
    Group,
    Organization,
    OrganizationMembership,
    OrganizationRole,
    Team,
    TeamMembership,
    TeamRole,
    User,
)
from .errors import ServiceError


def _slug(name: str) -> str:
    slug = slugify(name)[:50].strip("-")
    if not slug:
        raise ServiceError(
            _("The name %(name)r has no letters or digits to make an address of.") % {"name": name}
        )
    return slug


@transaction.atomic
def create_organization(*, name: str, minimum_responses: int = DEFAULT_MINIMUM) -> Organization:
    """A new organization without people."""
    organization = Organization(name=name, slug=_slug(name), minimum_responses=minimum_responses)
    organization.full_clean()
    organization.save()
    return organization


@transaction.atomic
def create_group(
    *, organization: Organization, name: str, by: User | None, parent: Group | None = None
) -> Group:
    """A node of the tree of teams."""
    group = Group(organization=organization, name=name, slug=_slug(name), parent=parent)
    group.full_clean()
    group.save()
    return group


@transaction.atomic
def create_team(
    *, organization: Organization, name: str, by: User | None, group: Group | None = None
) -> Team:
    """A team without people."""
    team = Team(organization=organization, name=name, slug=_slug(name), group=group)
    team.full_clean()
    team.save()
    return team


@transaction.atomic
def change_team(*, team: Team, name: str, group: Group | None, by: User | None) -> Team:
    """Give the team another name or group. Its address stays; past rounds keep the name they had."""
    team.name, team.group = name, group
    team.full_clean()
    team.save()
    return team


@transaction.atomic
def archive_team(*, team: Team, by: User | None, now: dt.datetime) -> Team:
    """Leave the team out of coming rounds; its past stays."""
    team.archived_at = team.archived_at or now
    team.save(update_fields=["archived_at"])
    return team


def find_or_create_user(*, email: str, name: str) -> User:
    """The person with this address; made without a password where there is none."""
    user = User.objects.filter(email__iexact=email.strip()).first()
    return user or User.objects.create_user(email=email, name=name.strip() or email.split("@")[0])


@transaction.atomic
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


@transaction.atomic
def remove_organization_role(*, membership: OrganizationMembership, by: User | None) -> None:
    """Take a person's role in the organization away; never the last administrator's."""
    _keep_an_administrator(membership)
    membership.delete()


@transaction.atomic
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


@transaction.atomic
def remove_from_team(*, membership: TeamMembership, by: User | None) -> None:
    """Take a person off the roster. An answer that they gave in an open round stays theirs."""
    membership.delete()
