"""``manage.py import_questionnaire`` and ``export_questionnaire``."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from assessments.models import Questionnaire
from assessments.questionnaire_file import write
from tests.instruments import make_instrument

pytestmark = pytest.mark.django_db

FILE = Path(__file__).parents[3] / "fixtures" / "questionnaires" / "accelerate-2.yaml"
SMALL = write(make_instrument()).replace("short_name of ", "")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A small file."""
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def imported(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    call_command("import_questionnaire", path)
    return capsys.readouterr().out


def test_a_file_is_published(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert imported(small, capsys) == "test 1: published.\n"
    assert Questionnaire.objects.get().published_at


def test_the_same_file_twice_does_nothing(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(small, capsys)

    assert imported(small, capsys) == "test 1: is published already, nothing to do.\n"
    assert Questionnaire.objects.count() == 1


def test_a_changed_file_under_the_same_version_is_refused(small: Path) -> None:
    call_command("import_questionnaire", small, verbosity=0)
    small.write_text(SMALL.replace("Statement 1", "Something else"), encoding="utf-8")

    with pytest.raises(CommandError, match="published texts do not change"):
        call_command("import_questionnaire", small)


def test_a_mistake_is_told_with_its_line(small: Path) -> None:
    small.write_text(SMALL.replace("version: 1", "version: one"), encoding="utf-8")

    with pytest.raises(CommandError, match=r"^small\.yaml, line 2: expected a whole number"):
        call_command("import_questionnaire", small)
    assert not Questionnaire.objects.exists()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("import_questionnaire", tmp_path / "none.yaml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read: Is a directory"):
        call_command("import_questionnaire", tmp_path)


def test_a_file_in_another_encoding_is_told(small: Path) -> None:
    small.write_bytes("title: Größe".encode("latin-1"))

    with pytest.raises(CommandError, match=r"small\.yaml is not UTF-8 text \(byte 9\)"):
        call_command("import_questionnaire", small)


@pytest.mark.parametrize(
    ("old", "new"), [("version: 1", "version: 99999"), ("slug: test", f"slug: {'a' * 51}")]
)
def test_what_the_database_has_no_room_for_is_told(small: Path, old: str, new: str) -> None:
    small.write_text(SMALL.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(CommandError):
        call_command("import_questionnaire", small)


# --- And out again ----------------------------------------------------------------------------


def test_the_shipped_file_comes_out_as_it_went_in(capsys: pytest.CaptureFixture[str]) -> None:
    imported(FILE, capsys)

    call_command("export_questionnaire", "accelerate-2")

    assert capsys.readouterr().out == FILE.read_text(encoding="utf-8")


def test_it_comes_out_into_a_file(small: Path, tmp_path: Path) -> None:
    call_command("import_questionnaire", small)

    call_command("export_questionnaire", "test-1", out=tmp_path / "out.yaml")

    assert (tmp_path / "out.yaml").read_bytes() == small.read_bytes()


@pytest.mark.parametrize("name", ["test-2", "other-1", "test", "test-one", ""])
def test_what_is_not_published_is_told_with_what_is(small: Path, name: str) -> None:
    call_command("import_questionnaire", small)

    with pytest.raises(CommandError, match="Published are: test-1"):
        call_command("export_questionnaire", name)


def test_without_any_questionnaire_it_says_none() -> None:
    with pytest.raises(CommandError, match="Published are: none"):
        call_command("export_questionnaire", "test-1")


def test_a_file_that_cannot_be_written_is_told(small: Path, tmp_path: Path) -> None:
    call_command("import_questionnaire", small)

    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        call_command("export_questionnaire", "test-1", out=tmp_path / "nowhere" / "out.yaml")
