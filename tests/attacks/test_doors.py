"""Every door through which a file or an answer comes in: whatever it is, it is refused in a sentence.

What each reader makes of hostile files is tested beside it (tests/assessments/test_*_file.py).
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments import forms, limits
from assessments.models import Comment, Deployment, Group, Response, Round, Team, TeamMembership, User
from assessments.services import deliveries
from tests import factories
from tests.attacks.hostile import taken_back
from tests.attacks.test_hostile_texts import TOKEN

pytestmark = pytest.mark.django_db

ENDINGS = ("csv", "xlsx", "json", "yaml")
WRITTEN = (Round, Team, Group, User, TeamMembership, Deployment, Comment)
ANSWERED = {200, 302, 303, 404, 413, 415, 422}
PAST = {"name": "Past", "closed_on": "2024-05-01"}
INPUTS = int(os.environ.get("FUZZED_INPUTS", "200"))
"""Of each of two kinds; make attack asks for more."""

Door = Callable[[str, bytes], HttpResponse]


def _bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 50_000_000)
    return packed.getvalue()


FILES: dict[str, bytes] = {
    "nothing": b"",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "a program": b"MZ\x90\x00#!/bin/sh\nrm -rf /\n",
    "a bomb": _bomb(),
    "a million columns": b"," * 1_000_000,
    "a tower": b"[" * 100_000,
    "entities": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
    "references": b"a: &a [x, x]\n"
    + b"".join(b"%c: &%c [*%c, *%c]\n" % (n, n, n - 1, n - 1) for n in range(98, 120)),
    "too large": b"team,e-mail\n" + b"a,b\n" * 1_500_000,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """How often strangers may try is tested elsewhere."""
    monkeypatch.setattr(limits, "MISSES_A_MINUTE", 10**9)


@pytest.fixture
def doors(client: Client, kestrel: Team, ada: User, lee: User) -> dict[str, Door]:
    """Where files come in, by the names of the form and its field, each opened by somebody who may."""
    questionnaire = factories.make_questionnaire()
    org, team = kestrel.organization.slug, kestrel.slug
    token = deliveries.make_token(team=kestrel, name="CI", by=None, now=timezone.now())[1]
    about = PAST | {"questionnaire": questionnaire.pk}
    lead = Client()
    lead.force_login(lee)
    client.force_login(ada)

    def form(who: Client, address: str, field: str, **other: Any) -> Door:
        def send(name: str, content: bytes) -> HttpResponse:
            return who.post(address, {field: SimpleUploadedFile(name, content)} | other)

        return send

    def past(name: str, content: bytes) -> HttpResponse:
        answers = SimpleUploadedFile("past.csv", b"a,b\n1,2\n")
        mapping = SimpleUploadedFile(name, content)
        return client.post(reverse("import_round", args=[org]), about | {"file": answers, "mapping": mapping})

    def pipeline(name: str, content: bytes) -> HttpResponse:
        kind = {"csv": "text/csv", "json": "application/json"}.get(name.rpartition(".")[2], "text/plain")
        key = {"authorization": f"Bearer {token}"}
        return client.post(reverse("receive_deliveries"), content, content_type=kind, headers=key)

    return {
        "RosterForm.file": form(client, reverse("roster", args=[org]), "file"),
        "DeliveriesForm.file": form(lead, reverse("deliveries", args=[org, team]), "file"),
        "ImportForm.file": form(client, reverse("import_round", args=[org]), "file", **about),
        "ImportForm.mapping": past,
        "QuestionnaireFileForm.file": form(client, reverse("upload_questionnaire", args=[org]), "file"),
        "a pipeline": pipeline,
    }


def test_every_field_for_files_is_a_door(doors: dict[str, Door]) -> None:
    fields = {
        f"{form.__name__}.{name}"
        for form in vars(forms).values()
        if isinstance(form, type) and issubclass(form, forms.PostForm)
        for name, field in form.base_fields.items()
        if isinstance(field, forms.UploadField)
    }
    assert fields == doors.keys() - {"a pipeline"}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("what", FILES)
def test_what_is_no_file_of_ours_is_refused(doors: dict[str, Door], what: str, ending: str) -> None:
    before = [model._default_manager.count() for model in WRITTEN]
    found = {name: send(f"file.{ending}", FILES[what]).status_code for name, send in doors.items()}

    assert set(found.values()) <= {413, 415, 422}, found
    assert [model._default_manager.count() for model in WRITTEN] == before


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.csv", "a\x00.csv", "x" * 300 + ".csv", "\u202evsc.exe", "csv"]
)
def test_no_name_of_a_file_does_harm(doors: dict[str, Door], name: str) -> None:
    for send in doors.values():
        assert send(name, b"a,b\n1,2\n").status_code in {415, 422}


# --- Anything at all --------------------------------------------------------------------------

WORDS = "team|e-mail|role|Team Kestrel|dk|5|kind|id|at|{|[".split("|")
CELL = st.one_of(st.sampled_from(WORDS), st.text(max_size=8))
TABLE = (
    st.lists(st.lists(CELL, max_size=5).map(",".join), max_size=5)
    .map("\n".join)
    .map(lambda text: text.encode("utf-8", "surrogatepass"))
)
ANYTHING = st.one_of(st.binary(max_size=200), TABLE)


@given(data=st.data())
@settings(max_examples=INPUTS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_at_any_door_are_answered(doors: dict[str, Door], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(doors)))
    ending, content = data.draw(st.sampled_from(ENDINGS)), data.draw(ANYTHING)
    with taken_back():
        assert doors[name](f"file.{ending}", content).status_code in ANSWERED


ANSWER = st.one_of(
    st.sampled_from(["", "1", "5", "7", "8", "0", "-1", "dk", "5.0", "true", "\0"]), st.text(max_size=9)
)


@given(data=st.data())
@settings(max_examples=INPUTS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_answers_are_answered(client: Client, kestrel: Team, data: st.DataObject) -> None:
    """Also by scripts, with keys that nobody asked for, twice, and by links that are none."""
    token, keys = _asked(kestrel)
    client.cookies["respond"] = data.draw(st.sampled_from([token, token, token, TOKEN, "", "x"]))
    fields = data.draw(
        st.dictionaries(st.sampled_from(keys), st.one_of(ANSWER, st.lists(ANSWER, max_size=3)), max_size=6)
    )
    page = data.draw(st.sampled_from(["1/", "2/", "99/", "review/"]))
    headers = data.draw(st.sampled_from([{}, {"accept": "application/json"}]))
    with taken_back():
        assert client.post(f"/respond/{page}", fields, headers=headers).status_code in ANSWERED


def _asked(team: Team) -> tuple[str, list[str]]:
    """A link of somebody who is asked now, and the names that a form may hold."""
    running = Round.objects.filter(organization=team.organization).first()
    if running is None:
        factories.make_team(team.organization, "Asked", 4)
        running = factories.open_round(team.organization, now=timezone.now())
    asked = Team.objects.get(name="Asked")
    keys = [*factories.answers_of(factories.make_instrument(), 5), "hindrances", "comment", "go", "_", "\0"]
    return factories.tokens_of(running, asked)[0], keys


def test_an_answer_that_is_sent_twice_counts_once(client: Client, kestrel: Team) -> None:
    """The last one, as with any form; never both."""
    client.cookies["respond"], keys = _asked(kestrel)
    for sent in (["5", "2"], ["x", "2"]):
        client.post("/respond/1/", {keys[0]: sent})
        assert [each.answers for each in Response.objects.exclude(answers={})] == [{keys[0]: 2}]


def test_what_a_browser_shows_is_gone_after_signing_out(client: Client, kestrel: Team, lee: User) -> None:
    client.force_login(lee)
    page = f"/o/{kestrel.organization.slug}/teams/{kestrel.slug}/"
    told = client.get(page)
    assert (told.status_code, "no-store" in told["Cache-Control"]) == (200, True)
    before = client.cookies["sid"].value
    client.post("/account/logout/")
    assert client.cookies["sid"].value != before
    assert client.get(page).status_code == 302
