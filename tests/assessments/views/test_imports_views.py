"""Past rounds on their pages: upload, look, bring in; take out again."""

from __future__ import annotations

import html
import io
import random
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from assessments.models import Mail, Organization, Questionnaire, Response, Round, Team, User
from assessments.services import people
from reports.models import Bundle, Report, ReportState
from tests import factories
from tests.factories import DAY, NOW

SignIn = Callable[[User], Client]

PAGE = "/o/aviary/rounds/import/"
CONFIRM = f"{PAGE}confirm/"
TABLE = "team,integration_1,integration_2,integration_3\n" + "Team Kestrel,5,6,dk\n" * 6 + "Wren,4,4,4\n"


def upload(client: Client, content: str | bytes, mapping: str | None = None, **fields: Any) -> HttpResponse:
    raw = content.encode() if isinstance(content, str) else content
    values = {
        "file": SimpleUploadedFile("past.csv", raw),
        "questionnaire": (Questionnaire.objects.first() or factories.make_questionnaire()).pk,
        "name": "2025 Q4",
        "closed_on": "2025-12-31",
    } | fields
    if mapping is not None:
        values["mapping"] = SimpleUploadedFile("map.yaml", mapping.encode())
    return client.post(PAGE, values)


def signed_in(response: HttpResponse) -> str:
    """The answers as the preview's button sends them back."""
    found = re.search(r'name="import" value="([^"]+)"', response.content.decode())
    assert found is not None
    return html.unescape(found[1])


def words_of(response: HttpResponse) -> str:
    text = re.sub(r"<[^>]*>", " ", response.content.decode())
    return " ".join(html.unescape(text).split())


@pytest.fixture
def wren(kestrel: Team) -> Team:
    return factories.make_team(kestrel.organization, "Wren")


def test_a_file_is_shown_first_and_brought_in_then(
    wren: Team, ada: User, cleo: User, sign_in: SignIn
) -> None:
    client = sign_in(ada)

    shown = upload(client, TABLE)

    assert shown.status_code == 200
    words = words_of(shown)
    assert "Nothing has been kept yet." in words
    assert "Closed 31 December 2025" in words
    assert "Responses 7" in words
    assert "Team Kestrel 6 are shown Wren 1 too few, will not be shown" in words
    assert "4 questions have no answer at all lead_time, deployment_frequency," in words
    assert not Round.objects.exists()

    done = client.post(CONFIRM, {"import": signed_in(shown)}, follow=True)

    made = Round.objects.get()
    assert done.redirect_chain == [(f"/o/aviary/rounds/{made.pk}/", 302)]
    assert "2025 Q4 is there now, with the answers of 7 people." in words_of(done)
    assert dict(made.assessments.values_list("team_name", "responded")) == {"Team Kestrel": 6, "Wren": 1}
    assert list(Response.objects.filter(assessment__team=wren).values_list("answers", flat=True)) == [
        {"integration_1": 4, "integration_2": 4, "integration_3": 4}
    ]
    assert not Mail.objects.exists()
    assert not Report.objects.exists()


def test_confirming_twice_brings_in_once(wren: Team, ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    shown = signed_in(upload(client, TABLE))

    client.post(CONFIRM, {"import": shown})
    again = client.post(CONFIRM, {"import": shown}, follow=True)

    assert "There is a round with this name already." in words_of(again)
    assert Round.objects.count() == 1


def test_an_export_of_limesurvey_with_its_mapping(wren: Team, ada: User, sign_in: SignIn) -> None:
    mapping = 'team_column: Q1\nstatements: {integration_1: "Q2[SQ001]"}\n'
    export = (
        '\ufeff"id","submitdate","token","Q1","Q2[SQ001]"\r\n' + '"1","1980-01-01","t0k3n","Wren","6"\r\n' * 5
    )
    client = sign_in(ada)

    shown = upload(client, export + '"9","","t0k3n","Wren","1"\r\n', mapping)

    assert "Responses 5 and one that was never submitted and does not count" in words_of(shown)
    assert "These columns are not read: id, token." in words_of(shown)
    assert "t0k3n" not in shown.content.decode() + str(
        signing.loads(signed_in(shown), salt=f"past round of {wren.organization_id}")
    )
    client.post(CONFIRM, {"import": signed_in(shown)})
    assert Round.objects.get().assessments.get().responded == 5


def test_every_mistake_is_named_and_the_form_keeps_what_was_typed(
    wren: Team, ada: User, sign_in: SignIn
) -> None:
    client = sign_in(ada)
    bad = upload(client, TABLE + "Wren,9,,\n,1,,\n", name="My quarter")
    unknown = upload(client, TABLE.replace("Wren", "Robin"))
    mapping = upload(client, TABLE, "statements: {a: b")

    assert [each.status_code for each in (bad, unknown, mapping)] == [422] * 3
    assert "Row 9, integration_1: “9” is no answer." in words_of(bad)
    assert "Row 10, team: There is no team. Fill it in." in words_of(bad)
    assert 'value="My quarter"' in bad.content.decode()
    assert "Row 8: There is no team “Robin”." in words_of(unknown)
    assert "map.yaml, line 1: this is not valid YAML" in words_of(mapping)
    assert not Round.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"name": "a\u202eb"}, "name", "characters that cannot be shown"),
        ({"closed_on": "2099-01-01"}, "closed_on", "Give a day that has passed"),
        ({"closed_on": "0001-01-01"}, "closed_on", "Give a day that has passed"),
        ({"closed_on": "31.12.2025"}, "closed_on", "Enter a valid date."),
        ({"questionnaire": "999"}, "questionnaire", "Select a valid choice."),
    ],
)
def test_what_is_wrong_with_a_field_stands_at_it(
    wren: Team, ada: User, sign_in: SignIn, fields: dict[str, str], field: str, reason: str
) -> None:
    response = upload(sign_in(ada), TABLE, **fields)

    assert response.status_code == 422
    assert reason in " ".join(response.context["form"].errors[field])


def workbook() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(20_000_000))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"team," * 30_000, "Row 1: There are more than 1,000 columns."),
        (b"team," * 900_000, "Row 1: The line is far too long"),
        (b"a" * 5_000_001, "The file is larger than 5 MB."),
        (workbook(), "This is not CSV. Open it in your spreadsheet program"),
        (TABLE.replace("5", "\0").encode(), "This is not CSV."),
        (TABLE.encode("utf-16"), "Row 1: This is not text in UTF-8."),
        (b"", "The submitted file is empty."),
    ],
    ids=["100,000 columns", "a long line", "too large", "a workbook", "NUL", "UTF-16", "empty"],
)
def test_an_upload_that_is_no_table_is_refused_in_a_sentence(
    aviary: Organization, ada: User, sign_in: SignIn, content: bytes, sentence: str
) -> None:
    response = upload(sign_in(ada), content)

    assert response.status_code == 422
    assert sentence in words_of(response)


def test_what_a_file_says_is_escaped(aviary: Organization, ada: User, sign_in: SignIn) -> None:
    factories.make_team(aviary, "Wren")
    mapping = "team_column: Q1\nincomplete: true\nstatements: {integration_1: Q2}\n"
    shown = upload(sign_in(ada), "Q1,Q2,<script>x\nWren,5,1\n", mapping)
    refused = upload(sign_in(ada), "team,integration_1\n<script>x,5\n")

    assert (shown.status_code, refused.status_code) == (200, 422)
    assert b"<script>x" not in shown.content + refused.content


def test_what_changed_meanwhile_is_shown_anew(wren: Team, ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    shown = upload(client, TABLE)
    people.change_organization(
        organization=wren.organization, name="Aviary", time_zone="UTC", language="en", minimum_responses=7,
        keep_responses_days=None, by=None,
    )  # fmt: skip

    again = client.post(CONFIRM, {"import": signed_in(shown)})

    assert "Something has changed meanwhile." in words_of(again)
    assert "Team Kestrel 6 too few, will not be shown" in words_of(again)
    assert not Round.objects.exists()
    client.post(CONFIRM, {"import": signed_in(again)})
    assert Round.objects.get().minimum_responses == 7


def test_a_team_that_was_renamed_meanwhile_is_told(wren: Team, ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    shown = upload(client, TABLE.replace("Wren", "WREN"))
    people.change_team(team=wren, name="Robin", group=None, by=None)

    response = client.post(CONFIRM, {"import": signed_in(shown)}, follow=True)

    assert "Row 8: There is no team “WREN”." in words_of(response)
    assert not Round.objects.exists()


def test_a_preview_is_good_for_its_organization_only(
    wren: Team, ada: User, zoe: User, client: Client
) -> None:
    client.force_login(ada)
    shown = signed_in(upload(client, TABLE))
    client.force_login(zoe)

    for value in (shown, shown[:-1], "", signing.dumps({})):
        response = client.post("/o/terrarium/rounds/import/confirm/", {"import": value}, follow=True)
        assert "This preview is no longer good." in words_of(response)
    assert not Round.objects.exists()


def test_five_thousand_responses_come_back_from_the_preview(
    aviary: Organization, ada: User, sign_in: SignIn, accelerate: Any
) -> None:
    """To the questionnaire that is shipped, answered evenly at random."""
    questionnaire = factories.make_questionnaire(accelerate)
    chance = random.Random(1)
    keys = [statement.key for statement in accelerate.statements]
    rows = (",".join(["wren", *chance.choices("1234567", k=len(keys))]) for _ in range(5_000))
    factories.make_team(aviary, "Wren")
    client = sign_in(ada)
    shown = upload(client, "\n".join([",".join(["team", *keys]), *rows]), questionnaire=questionnaire.pk)

    done = client.post(CONFIRM, {"import": signed_in(shown)})

    assert done.status_code == 302
    assert Round.objects.get().assessments.get().responded == 5_000


def test_a_preview_costs_the_same_for_many_teams(
    aviary: Organization, ada: User, sign_in: SignIn, django_assert_num_queries: Any
) -> None:
    factories.make_questionnaire()
    client = sign_in(ada)
    for teams in (["A"], ["B", "C", "D"]):
        for name in teams:
            factories.make_team(aviary, name)
        content = "team,integration_1\n" + "".join(f"{name},5\n" for name in teams)
        upload(client, content)  # what is kept once a process is read
        with django_assert_num_queries(24):
            upload(client, content)


def test_an_empty_file_has_all_columns(wren: Team, ada: User, sign_in: SignIn) -> None:
    factories.make_questionnaire()
    client = sign_in(ada)
    assert f"{PAGE}test-1.csv" in client.get(PAGE).content.decode()

    template = client.get(f"{PAGE}test-1.csv")

    assert template["Content-Disposition"] == 'attachment; filename="test-1.csv"'
    assert upload(client, template.content + b"Wren,1,2,3,4,5,6,dk\n").status_code == 200


# --- The round's pages ------------------------------------------------------------------------


def test_no_page_claims_to_know_how_many_were_asked(
    kestrel: Team, ada: User, lee: User, client: Client
) -> None:
    made = factories.imported_round(kestrel.organization, {"Team Kestrel": [5] * 6})
    where = f"/o/aviary/teams/{kestrel.slug}/"
    client.force_login(ada)
    pages = [words_of(client.get(address)) for address in (f"/o/aviary/rounds/{made.pk}/", "/o/aviary/")]
    client.force_login(lee)
    own = [where, f"{where}rounds/{made.pk}/", f"{where}rounds/{made.pk}/wall/"]
    pages += [words_of(client.get(address)) for address in own]

    assert not re.search(r"\b6 of [06]\b", " ".join(pages))
    assert "closed on 31 December 2025, brought in from a file" in pages[0]
    known = "The answers were brought in from a file; how many were asked is not known."
    assert [known in page for page in pages] == [True, False, False, True, True]
    assert "Before anybody answered, this was promised" not in pages[3]
    assert "Make the PDF" in pages[3]


def test_administrators_find_the_page_beside_a_new_round(
    aviary: Organization, ada: User, cleo: User, client: Client
) -> None:
    for user, finds in ((ada, True), (cleo, False)):
        client.force_login(user)
        assert (PAGE in client.get("/o/aviary/").content.decode()) is finds


def test_an_imported_round_is_removed_with_its_documents(
    kestrel: Team, ada: User, sign_in: SignIn, django_capture_on_commit_callbacks: Any
) -> None:
    made = factories.imported_round(kestrel.organization, {"Team Kestrel": [5] * 6})
    report = Report.objects.create(
        assessment=made.assessments.get(), state=ReportState.READY, file=ContentFile(b"%PDF", "a.pdf")
    )
    bundle = Bundle.objects.create(
        round=made, asked_by=ada, asked_at=NOW, language="en", state="ready", file=ContentFile(b"PK", "a.zip")
    )
    storage = report.file.storage
    assert storage.exists(report.file.name)
    client = sign_in(ada)
    address = f"/o/aviary/rounds/{made.pk}/"
    assert f"{address}remove/" in client.get(address).content.decode()

    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(f"{address}remove/", follow=True)

    assert response.redirect_chain == [("/o/aviary/", 302)]
    assert "2025 Q4 is removed." in words_of(response)
    assert not Round.objects.exists()
    assert not any(storage.exists(each.file.name) for each in (report, bundle))
    assert "Ada removed the round 2025 Q4." in words_of(client.get("/o/aviary/log/"))


def test_a_round_that_was_held_here_cannot_be_removed(kestrel: Team, ada: User, sign_in: SignIn) -> None:
    made = factories.closed_round(kestrel.organization, kestrel, [5] * 6, now=NOW - 9 * DAY)
    client = sign_in(ada)
    address = f"/o/aviary/rounds/{made.pk}/"

    response = client.post(f"{address}remove/", follow=True)

    assert "Only a round that was brought in from a file can be removed." in words_of(response)
    assert f"{address}remove/" not in client.get(address).content.decode()


def test_the_log_tells_of_imports(kestrel: Team, ada: User, sign_in: SignIn) -> None:
    factories.imported_round(kestrel.organization, {"Team Kestrel": [5] * 6}, by=ada)
    factories.imported_round(
        kestrel.organization, {"Team Kestrel": [5] * 6}, "2025 Q3", closed_on=NOW.date() - 300 * DAY
    )
    words = words_of(sign_in(ada).get("/o/aviary/log/"))

    assert "Ada brought in the round 2025 Q4 from a file." in words
    assert "The round 2025 Q3 was brought in from a file on the server." in words
