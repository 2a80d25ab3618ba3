"""The models, one file a subject, re-exported."""

from .actions import Action, ActionState
from .base import FrozenError
from .people import (
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
from .scores import Agreement, Score, ScoreKind, Suppression

__all__ = [
    "Action",
    "ActionState",
    "Agreement",
    "Assessment",
    "Capability",
    "Category",
    "Comment",
    "FrozenError",
    "Group",
    "Invitation",
    "KeyMetric",
    "Organization",
    "OrganizationMembership",
    "OrganizationRole",
    "Questionnaire",
    "Response",
    "Round",
    "Score",
    "ScoreKind",
    "Statement",
    "Suppression",
    "Team",
    "TeamMembership",
    "TeamRole",
    "User",
]
