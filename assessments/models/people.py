"""Who works where: people, organizations, the one tree of groups, teams and roles."""

import zoneinfo
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from ..disclosure import DEFAULT_MINIMUM, FLOOR
from .base import one_of


class UserManager(BaseUserManager["User"]):
    """Makes people; an address is kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person who can sign in once they have a password."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save()
        return user


class User(AbstractBaseUser):
    """A person, known by an e-mail address. Answering a questionnaire needs no account."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    is_active = models.BooleanField(_("may sign in"), default=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_is_unique",
                violation_error_message=_("There is a person with this e-mail address already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """The name as people write it."""
        return str(self)


class Organization(models.Model):
    """Who runs the survey."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(
        unique=True, error_messages={"unique": _("There is an organization with this address already.")}
    )
    minimum_responses = models.PositiveSmallIntegerField(
        _("answers needed before a result is shown"),
        default=DEFAULT_MINIMUM,
    )
    time_zone = models.CharField(_("time zone"), max_length=50, default=settings.TIME_ZONE)
    language = models.CharField(_("language"), max_length=10, default=settings.LANGUAGE_CODE)
    # null: for ever
    keep_responses_days = models.PositiveIntegerField(
        _("days after a round's close for which sealed answers are kept"), null=True, blank=True
    )
    members = models.ManyToManyField(User, through="OrganizationMembership", related_name="organizations")

    class Meta:
        verbose_name = _("organization")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(minimum_responses__gte=FLOOR),
                name="organization_minimum_is_safe",
                violation_error_message=_(
                    "Results of fewer than four people can be traced to one of them: the minimum is four."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a time zone that this machine does not know, and a language that has no catalogue."""
        if self.time_zone not in zoneinfo.available_timezones():
            raise ValidationError(
                {"time_zone": _("There is no time zone of this name. One is Europe/Berlin.")}
            )
        if self.language not in dict(settings.LANGUAGES):
            raise ValidationError({"language": _("The survey does not speak this language.")})


class OrganizationRole(models.TextChoices):
    """What a person is in an organization."""

    ADMINISTRATOR = "administrator", _("administrator")
    COACH = "coach", _("coach")


class TeamRole(models.TextChoices):
    """What a person is in a team."""

    LEAD = "lead", _("lead")
    MEMBER = "member", _("member")


class OrganizationMembership(models.Model):
    """A person's role in an organization."""

    user = models.ForeignKey(User, models.CASCADE, related_name="organization_memberships")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=20, choices=OrganizationRole.choices)

    class Meta:
        verbose_name = _("organization membership")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "organization"],
                name="organization_membership_is_unique",
                violation_error_message=_("This person has a role in the organization already."),
            ),
            one_of("role", OrganizationRole, "organization_membership"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"


class Group(models.Model):
    """A node of the one tree of teams to roll up by: a tribe, a department."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="groups")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField()

    class Meta:
        verbose_name = _("group")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "slug"],
                name="group_slug_is_unique",
                violation_error_message=_("There is a group with this name already."),
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                name="group_is_not_its_own_parent",
                violation_error_message=_("A group cannot be inside itself."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a parent in another organization, and a circle of groups."""
        seen, ancestor = {self.pk}, self.parent
        if ancestor and ancestor.organization_id != self.organization_id:
            raise ValidationError({"parent": _("The parent belongs to another organization.")})
        while ancestor:
            if ancestor.pk in seen:
                raise ValidationError({"parent": _("A group cannot be inside itself.")})
            seen.add(ancestor.pk)
            ancestor = ancestor.parent


class Goal(models.TextChoices):
    """What a team wants its experiments to lead to (docs/method.md, 5.4)."""

    DELIVERY_PERFORMANCE = "delivery_performance", _("deliver software faster and more reliably")
    ORGANIZATIONAL_PERFORMANCE = "organizational_performance", _("reach the organization's own goals")
    LESS_BURNOUT = "less_burnout", _("less burnout")


class Team(models.Model):
    """People who build and run software together: the unit of analysis."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="teams")
    group = models.ForeignKey(Group, models.PROTECT, null=True, blank=True, related_name="teams")
    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField()
    goal = models.CharField(_("goal"), max_length=30, choices=Goal.choices, default=Goal.DELIVERY_PERFORMANCE)
    archived_at = models.DateTimeField(null=True, blank=True)
    members = models.ManyToManyField(User, through="TeamMembership", related_name="teams")

    class Meta:
        verbose_name = _("team")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "slug"],
                name="team_slug_is_unique",
                violation_error_message=_("There is a team with this name already."),
            ),
            one_of("goal", Goal, "team"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a group of another organization."""
        if self.group and self.group.organization_id != self.organization_id:
            raise ValidationError({"group": _("The group belongs to another organization.")})


class TeamMembership(models.Model):
    """A person's role in a team. Leads and members are both asked to answer."""

    user = models.ForeignKey(User, models.CASCADE, related_name="team_memberships")
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=20, choices=TeamRole.choices, default=TeamRole.MEMBER)

    class Meta:
        verbose_name = _("team membership")
        ordering: ClassVar = ["user__name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "team"],
                name="team_membership_is_unique",
                violation_error_message=_("This person is on the team already."),
            ),
            one_of("role", TeamRole, "team_membership"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"
