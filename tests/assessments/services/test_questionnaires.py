"""Publishing questionnaires, and who may use them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError

from assessments import queries
from assessments.instrument import Instrument
from assessments.models import (
    Capability,
    Category,
    KeyMetric,
    Organization,
    Questionnaire,
    Round,
    Statement,
    Team,
    User,
    Workshop,
)
from assessments.queries import load_instrument
from assessments.questionnaire_file import digest, read, write
from assessments.services import questionnaires as services
from assessments.services import workshops
from assessments.services.errors import ServiceError
from assessments.services.questionnaires import ComparisonChanged, import_questionnaire
from tests import factories
from tests.factories import DAY, NOW
from tests.instruments import make_instrument, text

pytestmark = pytest.mark.django_db

SMALL = make_instrument({"practice": {"one": 2, "two": 1}}, reverse={"two": [1]})
OTHER = make_instrument({"practice": {"one": 3}})


def test_a_questionnaire_is_published_as_it_was_read(accelerate: Instrument) -> None:
    questionnaire, created = import_questionnaire(instrument=accelerate, now=NOW)

    assert created
    assert questionnaire.published_at == NOW
    assert questionnaire.digest == digest(accelerate)
    assert load_instrument(questionnaire) == accelerate


def test_the_same_content_twice_does_nothing() -> None:
    first, _created = import_questionnaire(instrument=SMALL, now=NOW)
    again, created = import_questionnaire(instrument=SMALL, now=NOW + DAY)

    assert (again, created) == (first, False)
    assert again.published_at == NOW
    assert Statement.objects.count() == 3


def test_other_content_under_the_same_version_is_refused() -> None:
    import_questionnaire(instrument=SMALL, now=NOW)

    with pytest.raises(ServiceError, match=r"published texts do not change\. Give .* version 2"):
        import_questionnaire(instrument=OTHER, now=NOW)
    assert load_instrument(Questionnaire.objects.get()) == SMALL


def test_a_failure_half_way_publishes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **values: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("assessments.services.questionnaires.KeyMetric.objects.bulk_create", fail)

    with pytest.raises(RuntimeError):
        import_questionnaire(instrument=SMALL, now=NOW)
    assert not Questionnaire.objects.exists()


def test_a_published_questionnaire_is_read_once_a_process(django_assert_num_queries: Any) -> None:
    questionnaire, _created = import_questionnaire(instrument=SMALL, now=NOW)
    first = load_instrument(questionnaire)

    with django_assert_num_queries(0):
        assert load_instrument(questionnaire) is first


def test_two_threads_that_read_it_at_once_keep_one(monkeypatch: pytest.MonkeyPatch) -> None:
    questionnaire, _created = import_questionnaire(
        instrument=make_instrument({"practice": {"one": 4}}), now=NOW
    )
    read_it, others = queries._read_instrument, []

    def overtaken(of: Questionnaire) -> Instrument:
        mine = read_it(of)
        if not others:
            others.append(mine)  # so that the other thread is not overtaken, too
            others.append(load_instrument(of))
        return mine

    monkeypatch.setattr(queries, "_read_instrument", overtaken)

    assert load_instrument(questionnaire) is others[1]
    assert load_instrument(questionnaire) is others[1]


# --- What publishing would do -----------------------------------------------------------------


def file_of(instrument: Instrument) -> str:
    """A questionnaire as a file; its metrics have names that fit."""
    return write(instrument).replace("short_name of ", "")


def own(number: int = 1, words: str = "", **changes: Any) -> Instrument:
    """A version of an organization's own questionnaire."""
    made = replace(
        make_instrument({"practice": {"one": 2, "two": 2}}), slug="ours", version=number, **changes
    )
    return replace(made, title=text(words)) if words else made


@pytest.fixture
def shared() -> Questionnaire:
    """What everybody may use: the family that the variants belong to."""
    base = replace(make_instrument({"practice": {"one": 2, "two": 2}}), slug="shared")
    return import_questionnaire(instrument=base, now=NOW)[0]


def publish(organization: Organization, made: Instrument, by: User | None = None) -> Questionnaire:
    """Look at a questionnaire and publish it, as an administrator does."""
    preview = services.preview_questionnaire(organization=organization, text=file_of(made))
    before = preview.before.pk if preview.before else None
    return services.publish_questionnaire(
        organization=organization, text=preview.text, compared=before, by=by, now=NOW
    )[0]


def counted() -> list[int]:
    return [model.objects.count() for model in (Questionnaire, Category, Capability, Statement, KeyMetric)]


def test_a_preview_stores_nothing(aviary: Organization, shared: Questionnaire) -> None:
    before = counted()
    preview = services.preview_questionnaire(
        organization=aviary, text=file_of(own(variant_of="shared", words="Ours"))
    )

    assert counted() == before
    assert (preview.instrument.slug, preview.before, preview.is_published) == ("ours", shared, False)
    assert preview.difference is not None
    assert preview.difference.retold == ("title",)


def test_every_mistake_is_told_with_its_line(aviary: Organization) -> None:
    wrong = file_of(own()).replace("en: Statement 1 of one", "en: ''").replace("version: 1", "version: x")

    with pytest.raises(ValidationError) as caught:
        services.preview_questionnaire(organization=aviary, text=wrong)

    assert caught.value.messages[0] == "Line 2: expected a whole number from 1 on."
    assert re.fullmatch(r"Line \d+: expected a text\.", caught.value.messages[1])


def test_fifty_mistakes_are_enough_at_once(aviary: Organization) -> None:
    with pytest.raises(ValidationError) as caught:
        services.preview_questionnaire(
            organization=aviary, text="\n".join(f"field{number}: x" for number in range(60))
        )

    assert len(caught.value.messages) == 51
    assert caught.value.messages[-1] == f"And {60 + 9 - 50} more mistakes."


def test_what_is_no_text_is_refused_with_its_line() -> None:
    assert services.decode(b"\xef\xbb\xbfslug: a") == "slug: a"
    with pytest.raises(ValidationError, match=r"Line 2: this is not text in UTF-8"):
        services.decode("slug: a\ntitle: é".encode("latin-1"))
    with pytest.raises(ValidationError, match="larger than 1 MB"):
        services.decode(b"x" * 1_000_001)


# --- Publishing it ----------------------------------------------------------------------------


def test_what_an_organization_publishes_is_its_own_and_logged(aviary: Organization, ada: User) -> None:
    published = publish(aviary, own(), by=ada)
    entry = LogEntry.objects.get()

    assert (published.organization, published.family, published.published_at) == (aviary, "ours", NOW)
    assert (entry.actor, entry.object_repr) == (ada, "ours 1")
    assert entry.additional_data == {"organization": aviary.pk, "what": "questionnaire_published"}


def test_publishing_twice_publishes_once(aviary: Organization, ada: User, shared: Questionnaire) -> None:
    made = file_of(own(variant_of="shared"))
    once, twice = (
        services.publish_questionnaire(
            organization=aviary, text=made, compared=shared.pk, by=ada, now=NOW + number * DAY
        )
        for number in range(2)
    )

    assert (once[0], once[1], twice[0], twice[1]) == (twice[0], True, once[0], False)
    assert LogEntry.objects.count() == 1
    assert services.preview_questionnaire(organization=aviary, text=made).is_published


def test_two_administrators_do_not_publish_under_one_number(aviary: Organization) -> None:
    publish(aviary, own(words="Ada's"))

    with pytest.raises(ServiceError, match=r"ours 1 is published with other content.* version 2"):
        publish(aviary, own(words="Bo's"))
    publish(aviary, own(3, words="Later"))
    with pytest.raises(ServiceError, match="version 4"):
        publish(aviary, own(words="Bo's"))


def test_what_was_shown_beside_another_version_is_shown_anew(aviary: Organization) -> None:
    first = publish(aviary, own(words="First"))
    publish(aviary, own(2, words="Meanwhile"))

    with pytest.raises(ComparisonChanged) as caught:
        services.publish_questionnaire(
            organization=aviary, text=file_of(own(3, words="Mine")), compared=first.pk, by=None, now=NOW
        )

    assert str(caught.value.preview.before) == "ours 2"
    assert Questionnaire.objects.count() == 2


@pytest.mark.parametrize("whose", ["everybody", "a stranger"])
def test_a_name_that_is_taken_tells_nothing_of_whose_it_is(
    aviary: Organization, zoe: User, whose: str
) -> None:
    holder = None if whose == "everybody" else Organization.objects.get(slug="terrarium")
    import_questionnaire(instrument=own(words="Theirs"), organization=holder, now=NOW)

    for number in (1, 2):
        with pytest.raises(ServiceError) as caught:
            publish(aviary, own(number))
        assert str(caught.value) == (
            "The slug “ours” is taken. Choose another one. If this is a version of a questionnaire that you "
            "use, write “family: ours” below the slug, so that trends go on."
        )
    assert Questionnaire.objects.count() == 1


def test_nor_can_the_command_line_take_an_organizations_name(aviary: Organization) -> None:
    publish(aviary, own())

    with pytest.raises(ServiceError, match="is taken"):
        import_questionnaire(instrument=own(2), now=NOW)


def test_what_everybody_uses_already_need_not_be_published(aviary: Organization) -> None:
    published, _new = import_questionnaire(instrument=read(file_of(own()), "ours.yaml"), now=NOW)
    preview = services.preview_questionnaire(organization=aviary, text=file_of(own()))

    assert preview.is_published
    assert publish(aviary, own()) == published
    assert not LogEntry.objects.exists()


def test_who_is_slower_by_a_moment_is_told_the_same(
    aviary: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two organizations at once: the other one's row is seen only when one's own is written."""
    publish(aviary, own())
    monkeypatch.setattr(services, "_published", lambda instrument, organization: None)
    monkeypatch.setattr(Questionnaire, "full_clean", lambda self: None)

    with pytest.raises(ServiceError, match="is taken"):
        import_questionnaire(instrument=own(words="Theirs"), now=NOW)
    assert counted()[0] == 1


# --- Who may use what -------------------------------------------------------------------------


@pytest.fixture
def terrarium(zoe: User) -> Organization:
    return Organization.objects.get(slug="terrarium")


def test_an_organization_uses_its_own_and_everybodys(
    aviary: Organization, terrarium: Organization, shared: Questionnaire
) -> None:
    ours, newer = publish(aviary, own()), publish(aviary, own(2, words="Newer"))
    theirs = publish(terrarium, replace(own(), slug="theirs"))

    assert set(queries.usable_questionnaires(aviary)) == {shared, ours, newer}
    assert list(queries.newest_questionnaires(aviary)) == [newer, shared]
    assert list(queries.newest_questionnaires(terrarium)) == [shared, theirs]
    assert [queries.next_version(aviary, slug) for slug in ("ours", "theirs", "shared")] == [3, 1, 1]


def test_a_draft_is_used_by_nobody(aviary: Organization) -> None:
    draft = services._write(own(), aviary)

    assert draft.published_at is None
    assert list(queries.usable_questionnaires(aviary)) == []


def test_another_organizations_questionnaire_can_be_used_nowhere(
    aviary: Organization, terrarium: Organization, kestrel: Team, shared: Questionnaire
) -> None:
    theirs = publish(terrarium, replace(own(), slug="theirs"))

    with pytest.raises(ValidationError, match="belongs to another organization"):
        factories.make_round(aviary, questionnaire=theirs)
    with pytest.raises(ValidationError, match="belongs to another organization"):
        factories.set_schedule(aviary, questionnaire=theirs)
    with pytest.raises(ValidationError, match="belongs to another organization"):
        workshops.hold_workshop(team=kestrel, questionnaire=theirs, name="In May", by=None, now=NOW)
    assert not Round.objects.exists()
    assert not Workshop.objects.exists()


def test_a_new_version_is_laid_beside_what_was_asked_last(
    aviary: Organization, kestrel: Team, shared: Questionnaire
) -> None:
    first = publish(aviary, own(variant_of="shared"))
    made = own(2, words="Next", variant_of="shared")
    assert queries.compared_with(aviary, made) == first  # the newest there is

    factories.make_round(aviary, "Planned", questionnaire=first)
    factories.closed_round(aviary, kestrel, [5] * 6, questionnaire=shared)
    assert queries.compared_with(aviary, made) == shared  # what was asked, not what is planned
    assert queries.compared_with(aviary, own(2)) is None  # of another family


def test_the_version_before_is_its_own_or_else_its_familys(
    aviary: Organization, terrarium: Organization, shared: Questionnaire
) -> None:
    publish(terrarium, replace(own(variant_of="shared"), slug="theirs"))
    first = publish(aviary, own(variant_of="shared"))
    second = publish(aviary, own(2, words="Second", variant_of="shared"))

    assert queries.predecessor(second) == first
    assert queries.predecessor(first) == shared
    assert queries.predecessor(shared) is None


def test_rounds_of_a_family_are_one_trend(aviary: Organization, kestrel: Team, shared: Questionnaire) -> None:
    ours = publish(aviary, own(variant_of="shared"))
    first = factories.closed_round(aviary, kestrel, [4] * 6, name="Q1", questionnaire=shared)
    second = factories.closed_round(
        aviary, kestrel, [6] * 6, name="Q2", questionnaire=ours, now=NOW + 90 * DAY
    )

    line = queries.line_of(second.assessments.get())
    assert [assessment.round for assessment in line] == [second, first]
    assert list(queries.comparable_rounds(second)) == [first]
