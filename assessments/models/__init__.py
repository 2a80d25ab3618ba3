"""The models, one file a subject, re-exported."""

from .actions import Action, ActionState
from .base import FrozenError
from .coaches import Care, CoachNote, Visit
from .deliveries import DeliveryToken, Deployment, Incident
from .mails import Mail, MailKind, MailState, MailStop
from .people import (
    Goal,
    Group,
    Organization,
    OrganizationMembership,
    OrganizationRole,
    Team,
    TeamMembership,
    TeamRole,
    User,
)
from .questionnaires import Capability, Category, KeyMetric, Questionnaire, Statement
from .responses import Comment, Response
from .rounds import Assessment, Invitation, Round
from .schedules import Schedule
from .scores import Agreement, Score, ScoreKind, Suppression
from .workshops import Workshop

__all__ = [
    "Action",
    "ActionState",
    "Agreement",
    "Assessment",
    "Capability",
    "Care",
    "Category",
    "CoachNote",
    "Comment",
    "DeliveryToken",
    "Deployment",
    "FrozenError",
    "Goal",
    "Group",
    "Incident",
    "Invitation",
    "KeyMetric",
    "Mail",
    "MailKind",
    "MailState",
    "MailStop",
    "Organization",
    "OrganizationMembership",
    "OrganizationRole",
    "Questionnaire",
    "Response",
    "Round",
    "Schedule",
    "Score",
    "ScoreKind",
    "Statement",
    "Suppression",
    "Team",
    "TeamMembership",
    "TeamRole",
    "User",
    "Visit",
    "Workshop",
]
