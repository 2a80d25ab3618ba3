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
from .programs import SUBJECTS, ApiToken, MessageState, Scope, Webhook, WebhookEvent, WebhookMessage
from .questionnaires import Capability, Category, KeyMetric, Questionnaire, Statement, usable_by
from .responses import Comment, Leftover, Response
from .rounds import Assessment, Invitation, RemovedPart, Round
from .schedules import Schedule
from .scores import Agreement, Score, ScoreKind, Suppression
from .workshops import Workshop

__all__ = [
    "SUBJECTS",
    "Action",
    "ActionState",
    "Agreement",
    "ApiToken",
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
    "Leftover",
    "Mail",
    "MailKind",
    "MailState",
    "MailStop",
    "MessageState",
    "Organization",
    "OrganizationMembership",
    "OrganizationRole",
    "Questionnaire",
    "RemovedPart",
    "Response",
    "Round",
    "Schedule",
    "Scope",
    "Score",
    "ScoreKind",
    "Statement",
    "Suppression",
    "Team",
    "TeamMembership",
    "TeamRole",
    "User",
    "Visit",
    "Webhook",
    "WebhookEvent",
    "WebhookMessage",
    "Workshop",
    "usable_by",
]
