"""Tokens with which other programs read in a person's name."""

import datetime as dt
from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from .. import tokens
from ..models import ApiToken, User
from ..queries import my_organizations
from .audit import Event, record
from .errors import ServiceError

MOST_TOKENS = 20
"""Of one person: one for each program is plenty, and the list can be read."""


@transaction.atomic
def make_token(
    *, name: str, scopes: Collection[str], days: int, by: User, now: dt.datetime
) -> tuple[ApiToken, str]:
    """A new token, good for so many days, and its text, which is kept nowhere.

    Raises ServiceError for one too many, ValidationError when the person has one of this name.
    """
    if by.api_tokens.count() >= MOST_TOKENS:
        raise ServiceError(
            _("You have %(most)d tokens. Withdraw one that nothing uses any more.") % {"most": MOST_TOKENS}
        )
    text = tokens.make_token(tokens.API)
    token = ApiToken(
        user=by,
        name=name,
        digest=tokens.digest_of(text),
        scopes=sorted(scopes),
        created_at=now,
        expires_at=now + dt.timedelta(days=days),
    )
    token.full_clean()
    token.save()
    _log(Event.TOKEN_MADE, by, now)
    return token, text


@transaction.atomic
def withdraw_token(*, token: ApiToken, by: User, now: dt.datetime) -> None:
    """From now on the token opens nothing."""
    token.delete()
    _log(Event.TOKEN_WITHDRAWN, by, now)


def _log(what: Event, by: User, now: dt.datetime) -> None:
    """Tell the organizations in which the person holds an office; what team members do is their own."""
    for organization in my_organizations(by):
        record(what=what, subject=organization, organization=organization, by=by, now=now)
