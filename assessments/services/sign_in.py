"""Who is signed in where, by what, and which roles an identity provider gives."""

import datetime as dt
from collections.abc import Collection, Iterable

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from ..access import Permission, organization_permissions
from ..models import Organization, OrganizationMembership, OrganizationRole, User
from .audit import Event, record
from .errors import ServiceError
from .people import remove_organization_role, set_organization_role

Rule = tuple[str, str, str]
"""An organization's address, a role in it, and the group that gives it."""

GIVEN = {
    OrganizationRole.ADMINISTRATOR: Event.BECAME_ADMINISTRATOR,
    OrganizationRole.COACH: Event.BECAME_COACH,
}


@transaction.atomic
def end_sessions(*, sessions: Iterable[UserSession]) -> None:
    """Whoever uses them has to sign in anew."""
    for session in sessions:
        session.end()


@transaction.atomic
def sign_person_out(
    *, organization: Organization, email: str, second_factors: bool, by: User, now: dt.datetime
) -> User:
    """End all sessions of somebody who lost a device, and take away second factors that are lost with it.

    Raises ServiceError for who is not of the organization, for one's own second factors, and for those of
    somebody who has a role in an organization, too, in which ``by`` does not manage people.
    """
    user = User.objects.filter(_belongs_to(organization), email__iexact=email).distinct().first()
    if user is None:
        raise ServiceError(_("Nobody with this address has a role or a team here."))
    if second_factors:
        if user == by:
            raise ServiceError(_("Your own second factors are on your page “Sign-in and security”."))
        others = Organization.objects.filter(_has_a_role_for(user)).exclude(pk=organization.pk).distinct()
        if not all(Permission.MANAGE_PEOPLE in organization_permissions(by, each) for each in others):
            raise ServiceError(
                _(
                    "This person has a role in another organization, too, where you are no administrator. "
                    "Who runs the server can take the second factors away: manage.py remove_second_factor."
                )
            )
        _log(Event.SECOND_FACTOR_REMOVED, user, organization, by, now)
        remove_second_factors(user=user)
    _log(Event.SIGNED_OUT, user, organization, by, now)
    end_sessions(sessions=UserSession.objects.filter(user=user))
    return user


def _belongs_to(organization: Organization) -> Q:
    return Q(organization_memberships__organization=organization) | Q(
        team_memberships__team__organization=organization
    )


def _has_a_role_for(user: User) -> Q:
    return Q(memberships__user=user) | Q(teams__memberships__user=user)


def _log(what: Event, user: User, organization: Organization, by: User, now: dt.datetime) -> None:
    record(what=what, subject=organization, organization=organization, by=by, now=now, person=user)


@transaction.atomic
def remove_second_factors(*, user: User) -> int:
    """Let somebody in by the password alone, until they set up others; how many there were."""
    return int(Authenticator.objects.filter(user=user).delete()[0])


class AddressTaken(ServiceError):
    """Somebody of this address has signed on before, and the provider called them something else."""


@transaction.atomic
def forget_sign_on(*, users: Iterable[User]) -> int:
    """Let people be known by their addresses again when they sign on next; how many were known otherwise."""
    users = list(users)
    end_sessions(sessions=UserSession.objects.filter(user__in=users))
    return int(SocialAccount.objects.filter(user__in=users).delete()[1].get("socialaccount.SocialAccount", 0))


@transaction.atomic
def sign_on(
    *,
    user: User | None,
    email: str,
    name: str,
    groups: Collection[str],
    rules: Iterable[Rule],
    now: dt.datetime,
) -> User | None:
    """Who comes from an identity provider, with the roles that their groups give; None for a stranger.

    ``user`` is who came from there before, ``email`` an address that the provider vouches for. It is good
    once: raises AddressTaken where its person has come before, as somebody else or from elsewhere.
    """
    if user is None and email:
        user = User.objects.filter(email__iexact=email).first()
        if user and SocialAccount.objects.filter(user=user).exists():
            raise AddressTaken
    given: dict[str, set[str]] = {}
    managed: dict[str, set[str]] = {}
    for slug, role, group in rules:
        managed.setdefault(slug, set()).add(role)
        if group in groups:
            given.setdefault(slug, set()).add(role)
    address = user.email if user else email
    if not address:
        return None
    for organization in Organization.objects.filter(slug__in=managed):
        wanted = min(given.get(organization.slug, ()), default=None)  # administrator comes before coach
        _take_over(organization, address, name, wanted, managed[organization.slug], now)
    return user or User.objects.filter(email__iexact=email).first()


def _take_over(
    organization: Organization, email: str, name: str, wanted: str | None, managed: set[str], now: dt.datetime
) -> None:
    """Give the role, or take it. One that no rule names is an administrator's business, and stays."""
    current = OrganizationMembership.objects.filter(
        organization=organization, user__email__iexact=email
    ).first()
    has = current.role if current else None
    if wanted == has or (has and has not in managed):
        return
    try:
        if wanted:
            user = set_organization_role(
                organization=organization, email=email, name=name, role=wanted, by=None
            ).user
            what = GIVEN[OrganizationRole(wanted)]
        elif current:
            user, what = current.user, Event.LOST_ROLE
            remove_organization_role(membership=current, by=None)
    except ServiceError:  # the last administrator stays
        return
    _log(what, user, organization, user, now)


@transaction.atomic
def forget_ended(*, now: dt.datetime) -> None:
    """Drop sessions that ended by themselves."""
    Session.objects.filter(expire_date__lt=now).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
