"""Files of deliveries: what each format says, and every mistake by its place."""

from __future__ import annotations

import datetime as dt
import io
import json
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments import delivery_files
from assessments.deliveries import Deployment, Incident
from assessments.delivery_files import DeliveryFileError, Event, Mistake, Options, Problem, read

T0930 = dt.datetime(2026, 5, 4, 9, 30, tzinfo=dt.UTC)
T0950 = dt.datetime(2026, 5, 4, 9, 50, tzinfo=dt.UTC)
T1110 = dt.datetime(2026, 5, 4, 11, 10, tzinfo=dt.UTC)
COMMITS = (int(dt.datetime(2026, 5, 2, 15, 10, tzinfo=dt.UTC).timestamp()),)
HEADER = "kind,key,service,finished_at,succeeded,unplanned,commits,deployment,started_at,resolved_at"
DEPLOYED = "deployment,run-812,shop,2026-05-04T09:30:00Z,,no,2026-05-02T15:10:00Z,,,"
BROKEN = "incident,INC-77,shop,,,,,run-812,2026-05-04T09:50:00Z,2026-05-04T11:10:00Z"
DEPLOYMENT = Deployment("shop", "run-812", T0930, True, False, COMMITS)
INCIDENT = Incident("shop", "INC-77", "run-812", T0950, T1110)


def events(content: str | bytes, **options: str) -> list[Event | None]:
    return list(
        read(io.BytesIO(content.encode() if isinstance(content, str) else content), Options(**options))
    )


def mistakes(content: str | bytes) -> list[tuple[Problem, int, str]]:
    with pytest.raises(DeliveryFileError) as refused:
        events(content)
    return [(mistake.problem, mistake.line, mistake.column) for mistake in refused.value.mistakes]


def table(*lines: str, header: str = HEADER) -> str:
    return "\n".join([header, *lines]) + "\n"


def as_json(**fields: Any) -> str:
    return json.dumps({"kind": "deployment", "key": "1", "finished_at": "2026-05-04T09:30:00Z"} | fields)


# --- Our own format ---------------------------------------------------------------------------


def test_a_table() -> None:
    assert events(table(DEPLOYED, "", BROKEN)) == [DEPLOYMENT, INCIDENT]


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_table_as_a_spreadsheet_saves_it(separator: str, mark: str) -> None:
    text = table(DEPLOYED, BROKEN).replace(",", separator).replace("\n", "\r\n")

    assert events(mark + text) == [DEPLOYMENT, INCIDENT]


ENTRIES = [
    {
        "kind": "deployment",
        "key": "run-812",
        "service": "shop",
        "finished_at": "2026-05-04T11:30:00+02:00",
        "commits": [COMMITS[0]],
    },
    {
        "kind": "incident",
        "key": "INC-77",
        "service": "shop",
        "deployment": "run-812",
        "started_at": "2026-05-04T09:50:00Z",
        "resolved_at": "2026-05-04T11:10:00Z",
    },
]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ENTRIES),
        json.dumps(ENTRIES, indent=2),
        "\n".join(json.dumps(entry) for entry in ENTRIES),
        "\n\n".join(json.dumps(entry, indent=2) for entry in ENTRIES) + "\n",
        " [" + ",\r\n".join(json.dumps(entry) for entry in ENTRIES) + "\n ] \n",
        "\ufeff" + json.dumps(ENTRIES),
    ],
)
def test_json(text: str) -> None:
    assert events(text) == [DEPLOYMENT, INCIDENT]


def test_a_single_object() -> None:
    assert events(json.dumps(ENTRIES[0])) == [DEPLOYMENT]


def test_what_is_not_said() -> None:
    (deployment,) = events(
        table("deployment,7,2026-05-04T09:30:00Z", header="kind,key,finished_at"), service="x"
    )
    (incident,) = events('{"kind": "incident", "key": 7, "started_at": 1777888200, "resolved_at": null}')

    assert deployment == Deployment("x", "7", T0930, True, False, ())
    assert incident == Incident("", "7", "", T0950, None)


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("FALSE", False), ("1", True), ("0", False)])
def test_yes_and_no(text: str, value: bool) -> None:
    (found,) = events(
        table(f"deployment,1,2026-05-04T09:30:00Z,{text}", header="kind,key,finished_at,succeeded")
    )

    assert isinstance(found, Deployment)
    assert found.succeeded is value


@given(st.lists(st.sampled_from([DEPLOYED, BROKEN]), min_size=1, max_size=40), st.integers(1, 60))
def test_pieces_do_not_matter(lines: list[str], chunk: int) -> None:
    """JSON comes to the same, wherever the pieces end in which it is read."""
    columns = HEADER.split(",")
    text = json.dumps([dict(zip(columns, line.split(","), strict=True)) for line in lines], indent=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery_files, "CHUNK", chunk)
        found = events(text)

    assert found == [DEPLOYMENT if line == DEPLOYED else INCIDENT for line in lines]


# --- What other tools hand out ----------------------------------------------------------------

GITHUB: dict[str, Any] = {
    "url": "https://api.github.com/repos/octo/shop/deployments/42",
    "id": 42,
    "sha": "a84d88e7554fc1fa21bcbc4efae3c782a70d2b9d",
    "ref": "main",
    "task": "deploy",
    "environment": "production",
    "created_at": "2026-05-04T09:20:00Z",
    "updated_at": "2026-05-09T09:20:00Z",
    "statuses_url": "https://api.github.com/repos/octo/shop/deployments/42/statuses",
}


def statuses(*told: tuple[str, str]) -> list[dict[str, str]]:
    return [{"state": state, "created_at": f"2026-05-04T{time}:00Z"} for state, time in told]


@pytest.mark.parametrize(
    ("told", "succeeded"),
    [
        ([("inactive", "11:10"), ("success", "09:30"), ("in_progress", "09:21")], True),
        ([("success", "09:50"), ("success", "09:30"), ("failure", "09:25")], True),
        ([("error", "09:30"), ("queued", "09:20")], False),
        ([("failure", "09:50"), ("failure", "09:30")], False),
    ],
)
def test_github(told: list[tuple[str, str]], succeeded: bool) -> None:
    text = json.dumps([GITHUB | {"statuses": statuses(*told)}])

    assert events(text, service="shop") == [Deployment("shop", "42", T0930, succeeded, False, ())]


@pytest.mark.parametrize(
    "changes",
    [
        {"statuses": statuses(("in_progress", "09:30"))},
        {"statuses": []},
        {"statuses": statuses(("success", "09:30")), "environment": "staging"},
    ],
)
def test_github_what_has_not_ended_or_went_elsewhere_is_left_out(changes: dict[str, Any]) -> None:
    assert events(json.dumps(GITHUB | changes)) == [None]


def test_github_with_commits_and_another_environment() -> None:
    entry = GITHUB | {"statuses": statuses(("success", "09:30")), "commits": COMMITS, "environment": "Live"}

    assert events(json.dumps(entry), environment="live") == [Deployment("", "42", T0930, commits=COMMITS)]


def test_github_without_statuses_cannot_tell() -> None:
    assert mistakes(json.dumps([GITHUB])) == [(Problem.NO_STATUSES, 1, "statuses")]


GITLAB: dict[str, Any] = {
    "id": 41,
    "iid": 1,
    "ref": "main",
    "sha": "99d03678b90d914dbb1b109132516d71a4a03ea8",
    "created_at": "2026-05-04T09:20:00.222Z",
    "updated_at": "2026-05-04T09:50:00.000Z",
    "status": "success",
    "deployable": {
        "finished_at": "2026-05-04T11:30:00.000+02:00",
        "commit": {"created_at": "2026-05-04T09:00:00Z"},
    },
    "environment": {"id": 9, "name": "production"},
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Deployment("", "41", T0930)),
        ({"status": "failed"}, Deployment("", "41", T0930, succeeded=False)),
        ({"deployable": None}, Deployment("", "41", T0950)),
        ({"commits": COMMITS}, Deployment("", "41", T0930, commits=COMMITS)),
        ({"status": "running"}, None),
        ({"status": "canceled"}, None),
        ({"environment": {"name": "review/7"}}, None),
        ({"environment": None}, None),
    ],
)
def test_gitlab(changes: dict[str, Any], expected: Deployment | None) -> None:
    """The one commit that it names is the newest, mostly the merge: no lead time is made of it."""
    assert events(json.dumps([GITLAB | changes])) == [expected]


DEVLAKE = "cicd_deployment_id,result,environment,finished_date,first_commit_authored_date"


def test_devlake() -> None:
    """Rows that follow each other are of one deployment: of several repositories or pull requests."""
    found = events(
        table(
            "pipeline1,SUCCESS,PRODUCTION,2026-05-04 09:30:00.000,2026-05-02 15:10:00.000",
            "pipeline1,SUCCESS,PRODUCTION,2026-05-04 09:10:00.000,2026-05-02 15:10:00.000",
            "pipeline2,SUCCESS,PRODUCTION,2026-05-04T09:50:00.000+00:00,NULL",
            "pipeline2,FAILURE,PRODUCTION,2026-05-04T09:50:00.000+00:00,\\N",
            "pipeline3,ABORT,PRODUCTION,2026-05-04 09:50:00,",
            "pipeline4,SUCCESS,STAGING,2026-05-04 09:50:00,",
            "pipeline5,SUCCESS,PRODUCTION,NULL,",
            header=DEVLAKE,
        )
    )

    assert [event for event in found if event] == [
        Deployment("", "pipeline1", T0930, commits=COMMITS * 2),
        Deployment("", "pipeline2", T0950, succeeded=False),
    ]
    assert found.count(None) == 3


def test_devlake_one_deployment_has_no_end_of_commits() -> None:
    """Adding to ever more of them would take minutes, and no cell of ours may hold them either."""
    row = "pipeline1,SUCCESS,PRODUCTION,2026-05-04 09:30:00,2026-05-02 15:10:00"

    assert len(events(table(*[row] * 5000, header=DEVLAKE))) == 1
    found = mistakes(table(*[row] * 5001, header=DEVLAKE))
    assert found == [(Problem.TOO_MANY_COMMITS, 5002, "first_commit_authored_date")]


def test_devlake_incidents() -> None:
    lines = ["gh:1,2026-05-04 09:50:00,2026-05-04 11:10:00,pipeline1", "gh:2,2026-05-04 09:50:00,,"]

    assert events(table(*lines, header="id,created_date,resolution_date,deployment_id")) == [
        Incident("", "gh:1", "pipeline1", T0950, T1110),
        Incident("", "gh:2", "", T0950, None),
    ]


def test_devlake_pull_requests_alone_do_not_tell() -> None:
    header = "id,project_name,first_commit_sha,pr_cycle_time,deployment_commit_id"

    assert mistakes(table("pr1,project1,08d2,4478,5", header=header)) == [(Problem.NEEDS_A_JOIN, 0, "")]


# --- Mistakes ---------------------------------------------------------------------------------


def test_every_mistake_is_named_by_line_and_column() -> None:
    lines = (
        "release,1,shop,2026-05-04T09:30:00Z,,,,,,",
        "deployment,,shop,yesterday,maybe,,,,,",
        DEPLOYED,
        "deployment,2,shop,2026-05-04T09:30:00,,,1777888200 soon,,,",
        "incident,3,,,,,,,2026-05-04T09:30:00Z,2026-05-04T09:29:00Z",
        "incident,4,,,,,,,,,surplus",
    )
    with pytest.raises(DeliveryFileError) as refused:
        events(table(*lines))

    assert sorted(refused.value.mistakes, key=lambda mistake: (mistake.line, mistake.column)) == [
        Mistake(Problem.UNKNOWN_KIND, 2, "kind", "release"),
        Mistake(Problem.NOT_A_TIME, 3, "finished_at", "yesterday"),
        Mistake(Problem.MISSING, 3, "key"),
        Mistake(Problem.NOT_YES_OR_NO, 3, "succeeded", "maybe"),
        Mistake(Problem.NOT_A_TIME, 5, "commits", "soon"),
        Mistake(Problem.NO_ZONE, 5, "finished_at", "2026-05-04T09:30:00"),
        Mistake(Problem.ENDS_BEFORE_IT_STARTS, 6, "resolved_at", "2026-05-04T09:29:00Z"),
        Mistake(Problem.EXTRA_CELLS, 7, "", "surplus"),
        Mistake(Problem.MISSING, 7, "started_at"),
    ]


@pytest.mark.parametrize(
    ("fields", "problem", "column"),
    [
        ({"key": True}, Problem.NOT_A_TEXT, "key"),
        ({"key": ["1"]}, Problem.NOT_A_TEXT, "key"),
        ({"key": "x" * 201}, Problem.TOO_LONG, "key"),
        ({"service": "x" * 101}, Problem.TOO_LONG, "service"),
        ({"key": "a\u202eb"}, Problem.NOT_SHOWABLE, "key"),
        ({"key": "a\nb"}, Problem.NOT_SHOWABLE, "key"),
        ({"key": "\ud800"}, Problem.NOT_SHOWABLE, "key"),
        ({"finished_at": "1999-12-31T23:59:59Z"}, Problem.NOT_IN_CENTURY, "finished_at"),
        ({"finished_at": "9999-12-31T23:59:59-23:59"}, Problem.NOT_IN_CENTURY, "finished_at"),
        ({"finished_at": 1777888200000}, Problem.NOT_A_TIME, "finished_at"),
        ({"finished_at": "2026-05-04"}, Problem.NO_ZONE, "finished_at"),
        ({"finished_at": None}, Problem.MISSING, "finished_at"),
        ({"succeeded": "perhaps"}, Problem.NOT_YES_OR_NO, "succeeded"),
        ({"unplanned": {}}, Problem.NOT_A_TEXT, "unplanned"),
        ({"commits": [{}]}, Problem.NOT_A_TIME, "commits"),
        ({"commits": [1777888200] * 5001}, Problem.TOO_MANY_COMMITS, "commits"),
    ],
)
def test_a_wrong_field(fields: dict[str, Any], problem: Problem, column: str) -> None:
    assert mistakes(f"{as_json()}\n{as_json(**fields)}") == [(problem, 2, column)]


@pytest.mark.parametrize(
    ("options", "problem", "column"),
    [
        ({"service": "x" * 101}, Problem.TOO_LONG, "service"),
        ({"service": "a\0b"}, Problem.NOT_SHOWABLE, "service"),
        ({"environment": "a\u202eb"}, Problem.NOT_SHOWABLE, "environment"),
    ],
)
def test_what_is_said_beside_the_file_is_checked_too(
    options: dict[str, str], problem: Problem, column: str
) -> None:
    """Else an address could bring in what no database and no page can hold."""
    with pytest.raises(DeliveryFileError) as refused:
        events(as_json(), **options)

    assert [(wrong.problem, wrong.line, wrong.column) for wrong in refused.value.mistakes] == [
        (problem, 0, column)
    ]


def test_what_is_quoted_can_be_shown() -> None:
    """Half a pair cannot even be sent: the page with the mistake would crash."""
    with pytest.raises(DeliveryFileError) as refused:
        events(as_json(commits=["\ud800\x1b[2J"]))

    assert refused.value.mistakes[0].given == "\ufffd\ufffd[2J"


@pytest.mark.parametrize(
    ("content", "problem", "line"),
    [
        ("", Problem.NO_EVENTS, 0),
        ("\n \n", Problem.NO_EVENTS, 0),
        ("[]", Problem.NO_EVENTS, 0),
        (HEADER, Problem.NO_EVENTS, 0),
        ("name,e-mail\nAnn,ann@example.org\n", Problem.NOT_KNOWN, 0),
        ('{"a": 1}', Problem.NOT_KNOWN, 0),
        ('{"a": 1', Problem.NOT_JSON, 1),
        (f"{as_json()}\nnonsense", Problem.NOT_JSON, 2),
        (f"[{as_json()}", Problem.NOT_JSON, 1),
        (f"[{as_json()}\n{as_json()}]", Problem.NOT_JSON, 2),
        (f"[{as_json()}]\n[]", Problem.NOT_JSON, 2),
        ("[1]", Problem.NOT_JSON, 1),
        ("[" * 300_000, Problem.NOT_JSON, 1),
        ('[{"kind": ' + "[" * 300_000, Problem.NOT_JSON, 1),
        ('{"kind": "' + "x" * 1_300_000 + '"}', Problem.LINE_TOO_LONG, 1),
        ("x" * 1_300_000, Problem.LINE_TOO_LONG, 1),
        ('{"kind": nonsense}' + f"\n{as_json()}" * 20_000, Problem.NOT_JSON, 1),
        (f'[{as_json()},\n{{"kind" "key"}}' + f",\n{as_json()}" * 20_000, Problem.NOT_JSON, 2),
        (",".join("abcdefghij" * 11) + "\n", Problem.TOO_MANY_COLUMNS, 1),
        (table('deployment,"a"b'), Problem.NOT_CSV, 2),
        (table('deployment,"' + "x" * 140_000), Problem.NOT_CSV, 2),
        (table(DEPLOYED).encode() + b"deployment,\xff\n", Problem.NOT_UTF8, 3),
        (as_json().encode() + b"\n\n{\xff}\n", Problem.NOT_UTF8, 3),
        (table(DEPLOYED).encode("utf-16"), Problem.NOT_UTF8, 1),
        (b"PK\x03\x04\x00\x00\xff", Problem.NOT_UTF8, 1),
    ],
)
def test_no_such_file(content: str | bytes, problem: Problem, line: int) -> None:
    assert mistakes(content) == [(problem, line, "")]


def test_two_columns_of_one_name_are_refused() -> None:
    assert mistakes("kind,key,Key\ndeployment,a,b\n") == [(Problem.COLUMN_TWICE, 1, "key")]


def test_only_the_first_mistakes_are_told() -> None:
    with pytest.raises(DeliveryFileError) as refused:
        events(table(*["deployment,,,nope"] * 70))

    assert (len(refused.value.mistakes), refused.value.more) == (50, 90)


def test_after_a_mistake_nothing_comes_out() -> None:
    found: list[Event | None] = []
    with pytest.raises(DeliveryFileError):
        found.extend(read(io.BytesIO(table(DEPLOYED, "nonsense", BROKEN).encode())))

    assert INCIDENT not in found


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for begin in (b"", b"[", b"{", HEADER.encode() + b"\n", as_json().encode()):
        with suppress(DeliveryFileError):
            events(begin + content)


# --- Size -------------------------------------------------------------------------------------


class Endless(io.RawIOBase):
    """A file of as many lines as asked for, which are made as they are read."""

    def __init__(self, begin: bytes, line: bytes, lines: int, end: bytes = b"") -> None:
        self.begin, self.line, self.lines, self.end = begin, line, lines, end
        self.place = 0

    def _length(self) -> int:
        return len(self.begin) + self.lines * len(self.line) + len(self.end)

    def seek(self, place: int, whence: int = 0) -> int:
        self.place = place
        return place

    def read(self, size: int = -1) -> bytes:
        """The bytes from here on, made of whole lines."""
        stop = min(self.place + size, self._length())
        first = max(self.place - len(self.begin), 0) // len(self.line)
        count = min(size // len(self.line) + 2, self.lines - first)
        known = self.begin if first == 0 else b""
        offset = 0 if first == 0 else len(self.begin) + first * len(self.line)
        text = known + self.line * max(count, 0)
        if first + count >= self.lines:
            text += self.end
        piece = text[self.place - offset : stop - offset]
        self.place += len(piece)
        return piece


def peak(stream: Endless) -> tuple[int, int]:
    """Bytes held at most while a file is read, and the number of its events."""
    tracemalloc.start()
    try:
        number = sum(1 for _event in read(stream))  # type: ignore[arg-type]
        return tracemalloc.get_traced_memory()[1], number
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["csv", "json", "lines"])
def test_memory_does_not_grow_with_the_file(kind: str) -> None:
    shapes = {
        "csv": (f"{HEADER}\n".encode(), f"{DEPLOYED}\n".encode(), b""),
        "json": (b"[" + as_json().encode(), b",\n" + as_json().encode(), b"]"),
        "lines": (b"", as_json().encode() + b"\n", b""),
    }
    begin, line, end = shapes[kind]
    small, few = peak(Endless(begin, line, 2_000, end))
    large, many = peak(Endless(begin, line, 20_000, end))

    assert many - few == 18_000
    assert large < small * 1.2
    assert large < 2_000_000
