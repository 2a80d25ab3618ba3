"""What was answered. Nothing here tells by whom or when (docs/method.md, 6.4)."""

import json
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .base import Freezable
from .rounds import Assessment

# A null takes an answer away; SQLite has a function for just this (RFC 7396). PostgreSQL keeps with each
# row the number of the transaction that wrote it, so there a save writes all of the team's rows anew:
# none tells when it was saved, nor that it was. They are locked in one order, so nobody waits in a circle.
_MERGE = {
    "sqlite": """
        UPDATE assessments_response
        SET answers = JSON_PATCH(answers, %(answers)s), complete = (complete OR %(complete)s)
        WHERE id = %(pk)s
    """,
    "postgresql": """
        WITH team AS (
            SELECT id FROM assessments_response
            WHERE assessment_id = (SELECT assessment_id FROM assessments_response WHERE id = %(pk)s)
            ORDER BY id FOR UPDATE
        )
        UPDATE assessments_response AS r
        SET answers = JSONB_STRIP_NULLS(
                r.answers || (CASE WHEN r.id = %(pk)s THEN %(answers)s ELSE '{}' END)::jsonb
            ),
            complete = (r.complete OR (%(complete)s AND r.id = %(pk)s))
        FROM team WHERE r.id = team.id
    """,
}


class CompactEncoder(json.JSONEncoder):
    """Writes JSON as SQLite does, or a space would tell what was saved since the rows were written anew."""

    item_separator = ","
    key_separator = ":"


class Response(Freezable):
    """One person's answers, in progress or complete: knows *what*, never *who* or *when*.

    While the round is open the id is derived from the token of a link; closing replaces the
    row by a sealed one with a random id, in random order. ``answers`` maps the keys of
    statements and key metrics to a value or ``"dk"``; beside them stand ``"hindrances"``
    (keys of capabilities) and, until the close, ``"comment"``.
    """

    frozen_when = Q(assessment__round__closed_at__isnull=False)
    frozen_parent = ("assessment", Q(round__closed_at__isnull=False))

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="responses")
    answers = models.JSONField(default=dict, blank=True, encoder=CompactEncoder)
    complete = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("response")

    def __str__(self) -> str:
        return "a response"

    @classmethod
    def merge(cls, pk: uuid.UUID, answers: Mapping[str, Any], *, complete: bool) -> bool:
        """Lay answers over those of an open response; False where there is none.

        Every click comes through here. The statement is written by hand, because composing it took
        longer than all the rest of a save.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                _MERGE[connection.vendor],
                {"answers": json.dumps(answers), "complete": complete, "pk": pk.hex},
            )
            return bool(cursor.rowcount)


class Comment(Freezable):
    """A remark, made at the close out of the responses and tied to none of them."""

    frozen_when = Q(assessment__round__closed_at__isnull=False)
    frozen_parent = ("assessment", Q(round__closed_at__isnull=False))

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="comments")
    capability = models.SlugField(blank=True, default="")  # a key; empty for a remark on the whole
    text = models.TextField()

    class Meta:
        verbose_name = _("comment")
        ordering: ClassVar = ["id"]  # random ids: the order tells nothing

    def __str__(self) -> str:
        return self.text[:60]


class Leftover(models.Model):
    """Rows were replaced or deleted, and the database still holds their bytes.

    Written together with the deletion, gone when the bytes are; that they are is tried until it works.
    """

    class Meta:
        verbose_name = _("leftover")

    def __str__(self) -> str:
        return "deleted rows that have not been wiped"
