"""Questionnaires on their pages: listed, uploaded, made of others, looked at, published."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from assessments.forms import RoundForm, ScheduleForm, WorkshopForm
from assessments.instrument import Instrument
from assessments.models import Organization, Questionnaire, Round, Schedule, Team, User, Workshop
from assessments.queries import load_instrument
from assessments.questionnaire_file import read, write
from assessments.services.questionnaires import import_questionnaire
from tests import factories
from tests.factories import NOW
from tests.instruments import make_instrument, text

SignIn = Callable[[User], Client]

LIST = "/o/aviary/questionnaires/"
UPLOAD, PUBLISH = f"{LIST}upload/", f"{LIST}publish/"
VARY = f"{LIST}shared/1/vary/"
HOSTILE = """<script>alert(1)</script> {{ settings.SECRET_KEY }} {% now 'Y' %} %(x)s &amp; ">"""


def as_file(instrument: Instrument) -> str:
    """A questionnaire as a file; its metrics have names that fit."""
    return write(instrument).replace("short_name of ", "")


def made(slug: str = "ours", **changes: Any) -> Instrument:
    """A questionnaire as it is read out of a file."""
    asked = {"practice": {"one": 3, "two": 2}, "culture": {"three": 2}}
    base = make_instrument(asked, reverse={"three": [1, 2]})
    return replace(read(as_file(base), "x"), slug=slug, **changes)


@pytest.fixture
def shared(db: None) -> Questionnaire:
    """What everybody may use."""
    return import_questionnaire(instrument=made("shared"), now=NOW)[0]


def upload(client: Client, content: str | bytes, path: str = UPLOAD) -> HttpResponse:
    data = content.encode() if isinstance(content, str) else content
    return client.post(path, {"file": SimpleUploadedFile("ours.yaml", data)})


def signed_in(response: HttpResponse) -> str:
    """The questionnaire as the preview's button sends it back."""
    found = re.search(r'name="questionnaire" value="([^"]+)"', response.content.decode())
    assert found is not None
    return html.unescape(found[1])


def words_of(response: HttpResponse) -> str:
    found = re.sub(r"<[^>]*>", " ", response.content.decode())
    return " ".join(html.unescape(found).split())


def questions(page: str) -> list[str]:
    """Its questions, without the names by which they are told apart."""
    rows = re.findall(r"<fieldset.*?</fieldset>", page, re.DOTALL)
    return [re.sub(r' (name|id|aria-describedby)="[^"]*"', "", row) for row in rows]


def publish(client: Client, shown: HttpResponse) -> HttpResponse:
    return client.post(PUBLISH, {"questionnaire": signed_in(shown)}, follow=True)


# --- Upload, look, publish --------------------------------------------------------------------


def test_a_file_is_looked_at_first_and_published_then(
    aviary: Organization, shared: Questionnaire, ada: User, sign_in: SignIn
) -> None:
    client = sign_in(ada)
    shown = upload(client, as_file(made(variant_of="shared", title=text("Our questions"))))

    words = words_of(shown)
    assert shown.status_code == 200
    assert "Nothing has been published yet." in words
    assert "3 capabilities with 7 statements, and 4 figures about delivery" in words
    assert "Compared with shared 1." in words
    assert "3 capabilities: their trends go on." in words
    assert Questionnaire.objects.count() == 1

    done = publish(client, shown)

    assert done.redirect_chain == [(LIST, 302)]
    assert "ours 1 is published." in words_of(done)
    ours = Questionnaire.objects.get(slug="ours")
    assert (ours.organization, ours.family) == (aviary, "shared")
    assert "published the questionnaire ours 1." in words_of(client.get("/o/aviary/log/"))


def test_a_preview_shows_every_page_as_respondents_see_it_and_can_send_nothing(
    aviary: Organization, kestrel: Team, ada: User, sign_in: SignIn
) -> None:
    instrument = made()
    shown = upload(sign_in(ada), as_file(instrument)).content.decode()
    preview = shown[shown.index('class="as-asked"') :]
    published = import_questionnaire(instrument=instrument, organization=aviary, now=NOW)[0]
    running = factories.open_round(aviary, questionnaire=published, now=timezone.now())
    respondent = Client()
    respondent.get(f"/respond/{factories.tokens_of(running)[0]}/")

    for number in (1, 2, 3):
        page = respondent.get(f"/respond/{number}/").content.decode()
        rows = questions(page)
        assert rows
        assert set(rows) <= set(questions(preview))
        assert re.findall(r"<h1>.*?</h1>", page)[0] in preview
    assert "<form" not in preview
    assert "<script" not in preview
    assert "data-autosave" not in preview


def test_each_language_is_shown(ada: User, sign_in: SignIn) -> None:
    german = as_file(made()).replace("languages:\n  - en", "languages:\n  - en\n  - de")
    german = re.sub(r"^( *)en: (.*)$", r"\1en: \2\n\1de: DE \2", german, flags=re.MULTILINE)
    german = german.replace("de: DE Short", "de: S")
    shown = upload(sign_in(ada), german).content.decode()

    assert re.findall(r'class="as-asked" lang="(\w+)"', shown) == ["en", "de"]
    assert "DE Statement 1 of one" in shown
    assert len(re.findall(r' id="([^"]+)"', shown)) == len(set(re.findall(r' id="([^"]+)"', shown)))


def test_publishing_twice_publishes_once(ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    shown = upload(client, as_file(made()))

    assert "ours 1 is published." in words_of(publish(client, shown))
    assert "ours 1 was published already." in words_of(publish(client, shown))
    again = words_of(upload(client, as_file(made())))
    assert "This is published already, word for word." in again
    assert Questionnaire.objects.count() == 1


def test_what_another_administrator_did_meanwhile_is_shown_first(ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    mine = upload(client, as_file(made(version=2, title=text("Mine"))))
    publish(client, upload(client, as_file(made())))

    anew = publish(client, mine)

    assert "Look at what differs by now." in words_of(anew)
    assert "Compared with ours 1." in words_of(anew)
    assert Questionnaire.objects.count() == 1
    assert "ours 2 is published." in words_of(publish(client, anew))


def test_a_number_that_was_taken_meanwhile_is_refused(ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    mine = upload(client, as_file(made(title=text("Mine"))))
    publish(client, upload(client, as_file(made())))

    refused = publish(client, mine)

    assert "ours 1 is published with other content" in words_of(refused)
    assert refused.redirect_chain == [(UPLOAD, 302)]


@pytest.mark.parametrize("sent", ["", "nonsense", "of another organization", "changed", "too old"])
def test_only_what_was_shown_here_is_published(
    aviary: Organization, ada: User, zoe: User, sign_in: SignIn, sent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(ada)
    value = signed_in(upload(client, as_file(made())))
    if sent == "of another organization":
        sign_in(zoe)
        value = signed_in(upload(client, as_file(made()), "/o/terrarium/questionnaires/upload/"))
        sign_in(ada)
    elif sent == "too old":
        monkeypatch.setattr(signing.time, "time", lambda: 10**10)
    else:
        value = value.replace("a", "b") if sent == "changed" else sent

    answer = client.post(PUBLISH, {"questionnaire": value}, follow=True)

    assert "This preview is no longer good." in words_of(answer)
    assert not Questionnaire.objects.exists()


# --- What is refused --------------------------------------------------------------------------

SMALL = as_file(make_instrument({"practice": {"one": 2}}))
BAD: dict[str, tuple[str | bytes, str]] = {
    "empty": (b"", "The submitted file is empty."),
    "a remark": (b"# nothing", "Line 1: the file is empty."),
    "an alias": (SMALL.replace("version: 1", "version: &a 1\nfamily: *a"), "an alias (*) stands here"),
    "a bomb": ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "Line 2: an alias (*) stands here"),
    "an abyss of brackets": ("[" * 900_000, "Line 1: this is nested too deeply."),
    "an abyss of lists": ("- " * 400_000, "Line 1: this is nested too deeply."),
    "wrong types": (SMALL.replace("version: 1", "version: [1]"), "Line 2: expected a single value."),
    "a list": ("- a\n- b", "Line 1: expected the fields slug"),
    "a tab": (SMALL.replace("version: 1", "version:\n\t1"), "Line 3: this is not valid YAML"),
    "a field twice": (
        SMALL.replace("version: 1", "version: 1\nversion: 1"),
        "Line 3: 'version' is given twice.",
    ),
    "a mark that turns text round": (
        SMALL.replace("Statement 1 of one", '"a\\u202eb"'),
        "the text has line breaks, control characters or spaces at its ends.",
    ),
    "such a mark as a key": (
        SMALL.replace("version: 1", "version: 1\nx\u202ey: 1"),
        r"'x\u202ey' is not known here",
    ),
    "an object of Python's": (
        SMALL.replace("version: 1", "version: !!python/object/apply:os.system [ls]"),
        "expected a single value",
    ),
    "NUL": (SMALL.replace("version: 1", "version: 1\x00"), "Line 2: this is not valid YAML"),
    "UTF-16": (SMALL.encode("utf-16"), "Line 1: this is not text in UTF-8."),
    "too large": (b"#" * 1_000_001, "The file is larger than 1 MB."),
    "a key that is a button": (SMALL.replace("key: one_1", "key: go"), "the key 'go' is reserved"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_words(ada: User, sign_in: SignIn, name: str) -> None:
    content, reason = BAD[name]

    answer = upload(sign_in(ada), content)

    assert answer.status_code == 422
    assert reason in words_of(answer)
    assert not Questionnaire.objects.exists()


def test_no_file_is_refused_too(ada: User, sign_in: SignIn) -> None:
    assert sign_in(ada).post(UPLOAD, {"file": ""}).status_code == 422


def test_all_mistakes_stand_there_at_once(ada: User, sign_in: SignIn) -> None:
    wrong = SMALL.replace("version: 1", "version: x").replace("en: Why of one", "en: <b>")
    words = words_of(upload(sign_in(ada), wrong.replace("key: one_2", "key: ONE")))

    assert len(re.findall(r"Line \d+:", words)) == 2


def test_a_name_that_is_taken_is_refused(ada: User, shared: Questionnaire, sign_in: SignIn) -> None:
    answer = upload(sign_in(ada), as_file(made("shared", title=text("Other"))))

    assert answer.status_code == 422
    assert "The slug “shared” is taken." in words_of(answer)


# --- Texts that would be more -----------------------------------------------------------------


def hostile() -> Instrument:
    """A questionnaire in which every text would like to be a program."""
    quoted = HOSTILE.replace("'", "''")
    plain = as_file(made()).replace("Don't", "Do not")
    bad = re.sub(r"en: (?!Short|[a-z]+_)(.*)$", rf"en: '{quoted} \1'", plain, flags=re.MULTILINE)
    return read(bad, "x")


def test_no_text_of_a_questionnaire_becomes_mark_up_anywhere(
    aviary: Organization, kestrel: Team, ada: User, sign_in: SignIn
) -> None:
    client = sign_in(ada)
    shown = upload(client, as_file(hostile()))
    publish(client, shown)
    ours = Questionnaire.objects.get()
    running = factories.open_round(aviary, questionnaire=ours, now=timezone.now())
    held = factories.hold_workshop(kestrel)
    respondent = Client()
    respondent.get(f"/respond/{factories.tokens_of(running)[0]}/")
    workshop = f"/o/aviary/teams/team-kestrel/workshops/{held.pk}/"
    public = "/questionnaires/ours/1/"
    pages = [shown, *(client.get(path) for path in (LIST, f"{LIST}ours/1/vary/", public, workshop))]
    pages += [client.get(f"{workshop}{number}/") for number in (1, 3)]
    pages += [respondent.get(f"/respond/{page}") for page in ("", "1/", "2/", "3/", "review/")]
    later = upload(client, as_file(replace(made(), slug="ours", version=2)))

    for page in (*pages, later):
        body = page.content.decode()
        assert page.status_code == 200
        assert "<script>alert" not in body
        assert "{{ settings.SECRET_KEY }}" in html.unescape(body)
        assert "{% now" in html.unescape(body)


# --- One made of another ----------------------------------------------------------------------


def chosen(instrument: Instrument, **changes: Any) -> dict[str, Any]:
    """The form of a variant as it stands there at first, and then changed."""
    fields: dict[str, Any] = {"title-en": "Ours", "slug": "ours"}
    fields |= {f"asked-{each.key}": [s.key for s in each.statements] for each in instrument.capabilities}
    return fields | {name.replace("__", "-"): value for name, value in changes.items()}


def vary(client: Client, of: Questionnaire, path: str = VARY, **changes: Any) -> HttpResponse:
    return client.post(path, chosen(load_instrument(of), **changes))


def test_the_form_shows_every_statement_ticked(ada: User, shared: Questionnaire, sign_in: SignIn) -> None:
    page = sign_in(ada).get(VARY).content.decode()

    boxes = re.findall(r'<input type="checkbox" name="asked-[^>]*>', page)
    assert len(boxes) == 7
    assert all("checked" in box for box in boxes)
    assert 'value="shared_aviary"' in page
    assert page.count("Agreeing counts as low here") == 1


def test_statements_are_left_out_and_added(
    aviary: Organization, ada: User, shared: Questionnaire, sign_in: SignIn
) -> None:
    client = sign_in(ada)
    added = "We rest.\n\nWe play.\n"
    shown = vary(client, shared, asked__one=["one_1", "one_3"], asked__two=[], added__three__en=added)
    words = words_of(shown)

    assert "Left out: “Statement 2 of one”" in words
    assert "Added: “We rest.”" in words
    assert "Name of one; Name of three. Their trends begin anew." in words
    publish(client, shown)
    ours = load_instrument(Questionnaire.objects.get(slug="ours"))
    assert [statement.key for statement in ours.statements] == [
        "one_1", "one_3", "three_1", "three_2", "three_3", "three_4",
    ]  # fmt: skip
    assert (ours.version, ours.family, ours.title) == (1, "shared", {"en": "Ours"})
    assert {statement.reversed for statement in ours.by_key["three"].statements} == {True}


def test_the_same_name_again_is_the_next_version(ada: User, shared: Questionnaire, sign_in: SignIn) -> None:
    client = sign_in(ada)
    publish(client, vary(client, shared, added__two__en="First."))
    publish(client, vary(client, shared, added__two__en="Second."))

    first, second = (load_instrument(each) for each in Questionnaire.objects.filter(slug="ours"))
    assert (first.statements[5].key, second.statements[5].key) == ("two_3", "two_4")
    assert second.version == 2


def test_the_selection_can_be_changed_and_nothing_is_lost(
    ada: User, shared: Questionnaire, sign_in: SignIn
) -> None:
    client = sign_in(ada)
    shown = vary(client, shared, asked__one=["one_1", "one_3"], added__two__en="We <b>rest</b>.")
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', shown.content.decode())
    posted: dict[str, list[str]] = {}
    for name, value in hidden:
        posted.setdefault(name, []).append(html.unescape(value))
    back = client.post(VARY, {**posted, "again": "1"})
    page = back.content.decode()

    assert back.status_code == 200
    assert "We &lt;b&gt;rest&lt;/b&gt;." in page
    assert 'value="one_2">' in page
    assert 'value="one_3" checked' in page
    assert "There is a problem" not in page


def test_a_refusal_at_the_end_gives_the_form_back(ada: User, shared: Questionnaire, sign_in: SignIn) -> None:
    client = sign_in(ada)
    mine = vary(client, shared, added__two__en="Mine.")
    publish(client, vary(client, shared, added__two__en="Another."))

    refused = publish(client, mine)

    assert refused.status_code == 422
    assert "ours 1 is published with other content" in words_of(refused)
    assert ">\nMine.</textarea>" in refused.content.decode()


TOO_MANY = "\n".join(f"Statement number {number}." for number in range(74))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"asked__one": [], "asked__two": [], "asked__three": []}, "Nothing is asked."),
        ({"asked__one": ["one_1"]}, "Ask at least two statements, or none"),
        ({"asked__one": [], "added__one__en": "Alone."}, "Ask at least two statements, or none"),
        ({"added__one__en": TOO_MANY}, "These are 81 statements. More than 80 take longer"),
        ({"added__one__en": "x" * 301}, "A statement has at most 300 characters."),
        ({"added__one__en": "x" * 2001}, "at most 2000 characters"),
        ({"added__one__en": "a\u202eb"}, "characters that cannot be shown"),
        ({"added__one__en": "Twice.\nTwice."}, "“Twice.” would be asked twice."),
        ({"added__one__en": "Statement 1 of one"}, "“Statement 1 of one” would be asked twice."),
        ({"added__one__en": "TODO"}, "the text is still to be written"),
        ({"title__en": ""}, "This field is required."),
        ({"title__en": "a\u200eb"}, "characters that cannot be shown"),
        ({"title__en": "x" * 151}, "at most 150 characters"),
        ({"slug": "Our Own"}, "Use small letters, digits and underscores"),
        ({"slug": "team"}, "Use small letters, digits and underscores"),
        ({"slug": "shared"}, "The slug “shared” is taken."),
        ({"asked__one": ["two_1"]}, "two_1 is not one of the available choices"),
    ],
)
def test_a_bad_selection_is_refused_in_words(
    ada: User, shared: Questionnaire, sign_in: SignIn, changes: dict[str, Any], reason: str
) -> None:
    answer = vary(sign_in(ada), shared, **changes)

    assert answer.status_code == 422
    assert reason in words_of(answer)
    assert Questionnaire.objects.count() == 1


def in_two_languages() -> Instrument:
    both = as_file(made("shared")).replace("languages:\n  - en", "languages:\n  - en\n  - de")
    both = re.sub(r"^( *)en: (.*)$", r"\1en: \2\n\1de: DE \2", both, flags=re.MULTILINE)
    return read(both.replace("de: DE Short", "de: S").replace("de: DE name", "de: N"), "x")


def test_a_statement_is_added_in_every_language(ada: User, sign_in: SignIn, db: None) -> None:
    shared = import_questionnaire(instrument=in_two_languages(), now=NOW)[0]
    client = sign_in(ada)
    fields = {"title__de": "Unsere", "added__two__en": "One.\nTwo."}
    assert "Add to “Name of one”, in the language “de”" in words_of(client.get(VARY))

    refused = vary(client, shared, **fields, added__two__de="Eins.")
    assert "Give each statement in every language, in the same order." in words_of(refused)
    publish(client, vary(client, shared, **fields, added__two__de="Eins.\nZwei."))

    ours = load_instrument(Questionnaire.objects.get(slug="ours"))
    assert [each.text for each in ours.by_key["two"].statements[2:]] == [
        {"en": "One.", "de": "Eins."},
        {"en": "Two.", "de": "Zwei."},
    ]


# --- Who sees and uses what -------------------------------------------------------------------


@pytest.fixture
def theirs(zoe: User) -> Questionnaire:
    """What belongs to another organization."""
    holder = Organization.objects.get(slug="terrarium")
    return import_questionnaire(instrument=made("theirs"), organization=holder, now=NOW)[0]


def test_another_organizations_questionnaire_is_offered_and_taken_nowhere(
    kestrel: Team, ada: User, shared: Questionnaire, theirs: Questionnaire, sign_in: SignIn
) -> None:
    aviary = kestrel.organization
    client = sign_in(ada)
    forms = [RoundForm(aviary), ScheduleForm(aviary), WorkshopForm(aviary)]
    assert [list(form.fields["questionnaire"].queryset) for form in forms] == [[shared]] * 3

    assert "theirs" not in words_of(client.get(LIST))
    assert client.get(f"{LIST}theirs/1/vary/").status_code == 404
    assert client.post(f"{LIST}theirs/1/vary/", chosen(made())).status_code == 404
    what = {"questionnaire": theirs.pk, "name": "x", "team_first_days": 0}
    made_round = client.post("/o/aviary/rounds/new/", what | {"closes_at": "2090-01-01T10:00"})
    schedule = what | {"months": [1], "day": 1, "time": "09:00", "days_open": 7, "reminders": 1}
    scheduled = client.post("/o/aviary/schedule/", schedule)
    workshop = client.post("/o/aviary/teams/team-kestrel/workshops/new/", what)
    for refused in (made_round, scheduled, workshop):
        assert refused.status_code == 422
        assert "That choice is not one of the available choices" in words_of(refused)
    assert [model.objects.count() for model in (Round, Schedule, Workshop)] == [0, 0, 0]


def test_but_whoever_knows_its_address_can_read_it(client: Client, theirs: Questionnaire) -> None:
    assert client.get("/questionnaires/theirs/1/").status_code == 200
    assert client.get("/questionnaires/theirs/1.yaml").status_code == 200


@pytest.mark.parametrize("number", [1, 4])
def test_the_list_asks_the_same_however_long_it_is(
    aviary: Organization, kestrel: Team, ada: User, shared: Questionnaire, sign_in: SignIn, number: int,
    django_assert_num_queries: Any,
) -> None:  # fmt: skip
    for version in range(1, number + 1):
        ours = import_questionnaire(
            instrument=made(version=version, title=text(f"T{version}")), organization=aviary, now=NOW
        )[0]
        factories.make_round(aviary, f"Round {version}", questionnaire=ours)
    factories.set_schedule(aviary, questionnaire=ours)
    client = sign_in(ada)

    with django_assert_num_queries(5):
        words = words_of(client.get(LIST))

    assert f"T{number} ours {number}, your own 2 rounds, the schedule" in words  # one of them by the schedule
    assert "Test shared 1, for everybody 0 rounds" in words


def test_the_schedule_does_not_change_by_itself(
    aviary: Organization, ada: User, shared: Questionnaire, sign_in: SignIn
) -> None:
    factories.set_schedule(aviary, questionnaire=shared)
    client = sign_in(ada)
    done = publish(client, vary(client, shared, added__two__en="More."))

    assert "The schedule goes on asking shared 1 until you choose another one there." in words_of(done)


# --- In public --------------------------------------------------------------------------------


def test_the_file_is_the_one_that_it_came_from(client: Client, accelerate: Instrument, db: None) -> None:
    import_questionnaire(instrument=accelerate, now=NOW)
    answer = client.get("/questionnaires/accelerate/2.yaml")

    assert answer.content.decode() == write(accelerate)
    assert answer["Content-Type"] == "application/yaml; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="accelerate-2.yaml"'


def test_the_public_page_says_what_differs_from_before(client: Client, shared: Questionnaire) -> None:
    later = made("shared", version=2, source=text("Elsewhere"))
    import_questionnaire(instrument=later, now=NOW)

    first, second = (words_of(client.get(f"/questionnaires/shared/{version}/")) for version in (1, 2))
    assert "What differs" not in first
    assert "What differs from shared 1" in second
    assert "Other texts source" in second
