"""Publishing questionnaires."""

from __future__ import annotations

from typing import Any

import pytest

from assessments.instrument import Instrument
from assessments.models import Questionnaire, Statement
from assessments.queries import load_instrument
from assessments.questionnaire_file import digest
from assessments.services.errors import ServiceError
from assessments.services.questionnaires import import_questionnaire
from tests.factories import DAY, NOW
from tests.instruments import make_instrument

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
