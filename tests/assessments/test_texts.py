"""What people typed: shown as it is, and never run by a spreadsheet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.texts import as_markdown, bare_cell, is_showable, safe_cell

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


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("Merge daily, in 5 minutes.", "Merge daily, in 5 minutes."),
        ("# Title", "\\# Title"),
        ("  - item\n2. item\n+ item\n===", "\\- item\n2\\. item\n\\+ item\n\\==="),
        ("[x](http://x) ![y](z)", "\\[x\\](http://x) !\\[y\\](z)"),
        ("<b> &amp; `code`", "\\<b\\> \\&amp; \\`code\\`"),
        ("*a* _b_ ~c~ |d| $e$", "\\*a\\* \\_b\\_ \\~c\\~ \\|d\\| \\$e\\$"),
        ("back\\slash", "back\\\\slash"),
        ("one\r\n\r\n    two\r\n", "one\n\ntwo"),
        ("", ""),
    ],
)  # fmt: skip
def test_markdown_shows_what_was_typed(text: str, escaped: str) -> None:
    assert as_markdown(text) == escaped
