"""What people typed: shown as it is, and never run by a spreadsheet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.texts import bare_cell, is_showable, safe_cell

DANGEROUS = ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "＋1", "－1", "＠A1", "\u200b=1", "\ufeff=1", "\u00a0=1", "\u3000=1", "\u2009=1", "\x0b=1"]  # fmt: skip  # noqa: E501, RUF001


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_cell_is_a_formula(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["Kestrel", "5 or less", "a=b", "", 70, 0, -3, None])
def test_other_cells_stay(value: object) -> None:
    assert safe_cell(value) == value


@given(st.text())
def test_every_text_is_kept_or_quoted(text: str) -> None:
    assert str(safe_cell(text)).removeprefix("'") in (text, text.removeprefix("'"))


@given(st.text())
def test_a_quoted_text_is_read_as_it_was(text: str) -> None:
    quoted_before = text.startswith("'") and safe_cell(text[1:]) == text

    assert bare_cell(str(safe_cell(text))) == (text[1:] if quoted_before else text)


@pytest.mark.parametrize("text", ["Ann", "Zoë\n\t", "李", "O’Neil", ""])
def test_what_people_type_can_be_shown(text: str) -> None:
    assert is_showable(text)


@pytest.mark.parametrize("text", ["a\0", "\x1b[1m", "\u202eevil", "\ud800", "\ue000"])
def test_what_nobody_types_cannot(text: str) -> None:
    assert not is_showable(text)
