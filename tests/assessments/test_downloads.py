"""Tables as answers."""

from __future__ import annotations

import pytest

from assessments.downloads import table_response
from assessments.tables import FORMATS, Table

TABLE = Table("birds", {}, ["name"], [{"name": "Füchse"}])


@pytest.mark.parametrize(
    ("ending", "kind", "begin"),
    [
        ("csv", "text/csv; charset=utf-8", b"\xef\xbb\xbfname\r\n"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
        ("json", "application/json", b'{\n "what": "birds"'),
    ],
)
def test_a_table_is_a_file_of_its_kind_that_nobody_on_the_way_keeps(
    ending: str, kind: str, begin: bytes
) -> None:
    answer = table_response(TABLE, "some-birds", ending)

    assert answer["Content-Type"] == kind
    assert answer["Content-Disposition"] == f'attachment; filename="some-birds.{ending}"'
    assert "no-store" in answer["Cache-Control"]
    assert answer.content == FORMATS[ending][1](TABLE) or ending == "xlsx"  # which says when it was made
    assert answer.content.startswith(begin)
