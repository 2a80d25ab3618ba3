"""Attack 1: somebody holds the whole database, and looks for who answered what.

Many rounds run with a known truth, through the pages and services of the product, in a database of their
own: people answer in random order, some in several sittings, some never finish, some join late, some are
reminded. The attacker then reads every table, every column, and what the database keeps for itself (the
place of a row, the transaction that wrote it, the bytes of the file), once while the rounds are open and once
after they have closed, and tries every trace of a person against every trace of an answer. A storage as
others would have made it, two tables with random keys and no date, is attacked beside it, to show that the
attack bites.

``python -m tests.attacks.database_reader ROUNDS`` prints the figures as JSON, of the DATABASE_URL given.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import random
import re
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import django

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "accelerate_survey.settings"
    django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments import access, queries, tokens
from assessments.models import Invitation, OrganizationRole, Response, Round, Team, User
from assessments.services import people as people_services
from assessments.services import reminders
from assessments.services import rounds as round_services
from assessments.services.responses import COMMENT
from tests import factories
from tests.attacks.matching import Attack, Tally, Traces

TOGETHER = 25
"""Rounds that are open at the same time."""

NAMES = re.compile(
    r"[\w.+-]+@[\w.-]+|[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}|(?:remark|guest)[0-9a-f]{12}"
)
"""What in a row can name a person or an answer: addresses, UUIDs, comments, guests of the naive storage."""

CONTROL = "control_"
"""How the tables of the storage that leaks are called."""


@dataclass
class Person:
    """Somebody who was invited, and the truth about them."""

    email: str
    answers: dict[str, Any]
    finishes: bool
    sittings: list[dict[str, Any]]
    number: str  # twelve digits, by which the comment and the naive storage know this person
    finished: int = 0  # a number that grows with every response that is sent

    @property
    def remark(self) -> str:
        """What this person may write as a comment."""
        return f"remark{self.number[::-1]}"  # another order than that of guests

    @property
    def guest(self) -> str:
        """What the naive storage calls this person: not the address, which is looked for in the bytes."""
        return f"guest{self.number}"


@dataclass
class Play:
    """One round with one team, and who did what in it."""

    round: Round
    team: Team
    client: Client
    people: list[Person] = field(default_factory=list)
    secrets: set[bytes] = field(default_factory=set)  # what has to be gone after the close

    def post(self, name: str) -> None:
        """Press a button on the round's page."""
        answer = self.client.post(reverse(name, args=[self.round.organization.slug, self.round.pk]))
        assert answer.status_code == 302, answer.content
        self.round.refresh_from_db()


class Theatre:
    """Plays rounds."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.number = 0
        self.finished = 0

    def play(self, size: int) -> Iterator[list[Play]]:
        """Rounds that run at the same time: yielded while they are open, and again when all have closed."""
        plays = [self._open() for _ in range(size)]
        # everybody's sittings, mixed; who joins late comes in half-way
        turns = self._turns(plays)
        for play, person in turns[: len(turns) // 2]:
            self._answer(play, person)
        rest = turns[len(turns) // 2 :]
        for play in plays[::3]:
            latecomer = self._add(play)
            play.post("invite_newcomers")
            rest += [(play, latecomer)] * len(latecomer.sittings)
        for play in plays[1::3]:
            soon = play.round.closes_at - 2 * factories.DAY
            assert reminders.due_reminder(round=play.round, now=soon)
            reminders.send_reminders(round=play.round)
        self.chance.shuffle(rest)
        for play, person in rest:
            self._answer(play, person)
        for play in plays:
            play.secrets |= set(_secrets(play))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as PostgreSQL does by itself now and then, and keeps samples
        call_command("run_schedule", stdout=io.StringIO())  # as every minute
        yield plays
        for play in plays:
            play.post("close_round")
        yield plays

    def _open(self) -> Play:
        self.number += 1
        organization = factories.make_organization(f"Organization {self.number}")
        membership = people_services.set_organization_role(
            organization=organization,
            email=f"ada-{self.number}@example.org",
            name="Ada",
            role=OrganizationRole.ADMINISTRATOR,
            by=None,
        )
        client = Client(headers={"host": "127.0.0.1"})
        client.force_login(membership.user)
        team = factories.make_team(organization, f"Team {self.number}")
        made = factories.make_round(organization, now=timezone.now())
        play = Play(made, team, client)
        for _ in range(self.chance.randint(5, 9)):
            self._add(play)
        play.post("open_round")
        return play

    def _add(self, play: Play) -> Person:
        """A new person on the team, with all that they will answer."""
        # letters at random: the order of addresses is not that in which people joined
        email = f"{self.chance.getrandbits(48):012x}-{self.number}@example.org"
        people_services.add_to_team(team=play.team, email=email, name="Somebody", by=None)
        instrument = queries.load_instrument(play.round.questionnaire)
        taken = [person.answers for person in play.people]
        while not (answers := factories.random_answers(instrument, self.chance)) or answers in taken:
            pass
        keys = list(answers)
        cuts = sorted(self.chance.sample(range(len(keys) + 1), min(len(keys), self.chance.randint(0, 2))))
        edges = [0, *cuts, len(keys)]
        sittings = [{key: answers[key] for key in keys[start:end]} for start, end in pairwise(edges)]
        number = f"{self.chance.getrandbits(48):012x}"
        person = Person(email, answers, self.chance.random() < 0.85, sittings, number)
        play.people.append(person)
        return person

    def _turns(self, plays: Iterable[Play]) -> list[tuple[Play, Person]]:
        turns = [(play, person) for play in plays for person in play.people for _ in person.sittings]
        self.chance.shuffle(turns)
        return turns

    def _answer(self, play: Play, person: Person) -> None:
        """One sitting; whoever finishes, does so in the last, and may leave a comment."""
        given, last = person.sittings.pop(0), not person.sittings
        if last and self.chance.random() < 0.7:
            given |= {COMMENT: person.remark}
        invitation = Invitation.objects.get(assessment__round=play.round, email=person.email)
        token = round_services.link_token(invitation, play.round)
        play.secrets.add(token.encode())
        factories.answer(token, given, complete=last and person.finishes, now=timezone.now())
        if last and person.finishes:
            self.finished += 1
            person.finished = self.finished
            _answer_naively(person)


def _secrets(play: Play) -> Iterator[bytes]:
    """What leads from people to answers while the round is open, and what was never sent."""
    yield play.round.salt.encode()
    for invitation in Invitation.objects.filter(assessment__round=play.round):
        secret = round_services.secret_of(invitation, play.round)
        pk = tokens.response_id(secret, tokens.name_of_round(play.round.pk))
        yield from (secret, secret.hex().encode(), pk.bytes, pk.hex.encode(), str(pk).encode())
        yield str(invitation.token_hash).encode()
    yield from (person.remark.encode() for person in play.people if not person.finishes)


# --- The storage that leaks ----------------------------------------------------------------------


def make_naive_storage() -> None:
    """Who has answered and what was answered, in two tables that share nothing."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {CONTROL}people (id char(32) PRIMARY KEY, guest text)")
        cursor.execute(f"CREATE TABLE {CONTROL}answers (id char(32) PRIMARY KEY, remark text)")


def _answer_naively(person: Person) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {CONTROL}people VALUES (%s, %s)", [uuid.uuid4().hex, person.guest])
        cursor.execute(f"INSERT INTO {CONTROL}answers VALUES (%s, %s)", [uuid.uuid4().hex, person.remark])


# --- The attacker --------------------------------------------------------------------------------


def read_everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, with what the database adds of its own."""
    own = {"sqlite": "rowid AS place", "postgresql": "ctid AS place, xmin AS written, cmin AS step"}
    tables = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT {own[connection.vendor]}, t.* FROM "{table}" t')
            columns = [column[0] for column in cursor.description]
            tables[table] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return tables


def find_traces(
    tables: Mapping[str, list[dict[str, Any]]], names: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Whatever stands in rows that name one person (or answer): {table.column: {person: value}}."""
    traces: dict[str, dict[str, Any]] = {}
    for table, rows in tables.items():
        for row in rows:
            if len(named := _named(row, names)) == 1:
                for column, value in row.items():
                    if value is not None:
                        traces.setdefault(f"{table}.{column}", {})[min(named)] = _comparable(column, value)
    return traces


def _named(row: Mapping[str, Any], names: Mapping[str, str]) -> set[str]:
    text = " ".join(str(value) for value in row.values())
    found = {names[name.replace("-", "")] for name in NAMES.findall(text) if name.replace("-", "") in names}
    user = row.get("user_id")
    return found | ({names[f"user{user}"]} if f"user{user}" in names else set())


def _comparable(column: str, value: Any) -> Any:
    if column == "place" and isinstance(value, str):  # PostgreSQL's "(page,number)"
        return tuple(int(part) for part in re.findall(r"\d+", value))
    if column == "written":
        return int(value)
    if isinstance(value, uuid.UUID):
        return value.hex
    return value if isinstance(value, int | float | str | dt.datetime) else json.dumps(value, default=str)


def names_of_people(plays: Iterable[Play]) -> dict[str, str]:
    """By what a row can name a person, without hyphens: address, invitation, account."""
    emails = {person.email for play in plays for person in play.people}
    invitations = Invitation.objects.filter(email__in=emails).values_list("pk", "email")
    users = User.objects.filter(email__in=emails).values_list("pk", "email")
    return (
        {email.replace("-", ""): email for email in emails}
        | {person.guest: person.email for play in plays for person in play.people}
        | {pk.hex: email for pk, email in invitations}
        | {f"user{pk}": email for pk, email in users}
    )


def names_of_answers(plays: Iterable[Play]) -> dict[str, str]:
    """By what a row can name an answer: the response's id, the comment. Whose it is, only the truth tells."""
    found = {}
    for play in plays:
        owners = {json.dumps(person.answers, sort_keys=True): person.email for person in play.people}
        for response in Response.objects.filter(assessment__round=play.round):
            answers = {key: value for key, value in response.answers.items() if key != COMMENT}
            if owner := owners.get(json.dumps(answers, sort_keys=True)):
                found[response.pk.hex] = owner
        found |= {person.remark: person.email for person in play.people}
    return found


def find_bytes(
    tables: Mapping[str, list[dict[str, Any]]], answers: Mapping[str, str], people: Iterable[str]
) -> tuple[Traces, Traces]:
    """Where in SQLite's file and journal people and answers stand, and the answers as they are now."""
    data = b"".join(path.read_bytes() for path in _files() if path.suffix != ".sqlite3-shm")
    of_people = {person: person for person in people}
    ids = {name: owner for name, owner in answers.items() if not name.startswith("remark")}
    final = {
        row["id"] + row["answers"]: ids[row["id"]]
        for row in tables["assessments_response"]
        if row["id"] in ids
    }
    return _places(data, "person", of_people), _places(data, "response", ids) | _places(data, "final", final)


def _places(data: bytes, what: str, names: Mapping[str, str]) -> dict[str, dict[str, int]]:
    found = {owner: name.encode() for name, owner in names.items() if name.encode() in data}
    return {
        f"bytes.first {what}": {owner: data.find(name) for owner, name in found.items()},
        f"bytes.last {what}": {owner: data.rfind(name) for owner, name in found.items()},
    }


def _files() -> list[Path]:
    """The files of the database, with SQLite's journal and without PostgreSQL's."""
    if connection.vendor == "sqlite":
        path = Path(str(settings.DATABASES["default"]["NAME"]))
        return sorted(path.parent.glob(f"{path.name}*"))
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("SHOW data_directory")
        (folder,) = cursor.fetchone()
        cursor.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
        (number,) = cursor.fetchone()
    return [path for path in (Path(folder) / "base" / str(number)).iterdir() if path.is_file()]


@dataclass
class Reader:
    """Holds the database at one moment, and what it found at that moment of all rounds."""

    chance: random.Random
    attacks: dict[str, Attack] = field(default_factory=dict)
    joined: int = 0

    def attack(self, plays: list[Play]) -> None:
        """Read all there is, and try to link the people of each round to their answers."""
        tables = read_everything()
        people_names, answer_names = names_of_people(plays), names_of_answers(plays)
        self.joined += sum(
            1
            for rows in tables.values()
            for row in rows
            if _named(row, people_names) and _named(row, answer_names)
        )
        people, answers = find_traces(tables, people_names), find_traces(tables, answer_names)
        if connection.vendor == "sqlite":
            of_people, of_answers = find_bytes(tables, answer_names, set(people_names.values()))
            people, answers = people | of_people, answers | of_answers
        for play in plays:
            self._on(play, people, answers)

    def _on(self, play: Play, people: Traces, answers: Traces) -> None:
        senders = [person for person in play.people if person.finishes]
        team = [person.email for person in senders]
        order = {"known order": {person.email: person.finished for person in senders}}
        stored, leaking = _apart(people)
        sealed, leaked = _apart(answers)
        self._named("stored").on_team(team, stored, sealed)
        self._named("stored, order known").on_team(team, order, sealed)
        self._named("naive").on_team(team, leaking, leaked)
        everybody = {person.email: int(person.finishes) for person in play.people}
        self._named("who answered").on_team(list(everybody), stored, {"has answered": everybody})

    def _named(self, name: str) -> Attack:
        return self.attacks.setdefault(name, Attack(self.chance))

    def figures(self) -> dict[str, Any]:
        """What was found, to be printed."""
        return {"rows that name both": self.joined} | {
            name: _figures(attack) for name, attack in self.attacks.items()
        }


def _apart(traces: Traces) -> tuple[Traces, Traces]:
    """The product's traces, and those of the storage that leaks."""
    naive = {name: values for name, values in traces.items() if name.startswith(CONTROL)}
    return {name: values for name, values in traces.items() if name not in naive}, naive


def _figures(attack: Attack) -> dict[str, Any]:
    pair, tally = attack.best()
    return {
        "matchers": len(attack.tallies),
        "best": " / ".join(pair),
        **_numbers(tally),
        "p of all": min(1.0, tally.p * len(attack.tallies)),
        "leaks": [{"pair": " / ".join(pair), **_numbers(tally)} for pair, tally in attack.leaks().items()],
    }


def _numbers(tally: Tally) -> dict[str, float]:
    return {
        "people": tally.people,
        "links": tally.links,
        "expected": round(tally.expected, 1),
        "rate": round(tally.rate, 4),
        "z": round(tally.z, 2),
        "p": tally.p,
    }


def count_left_over(plays: Iterable[Play]) -> int:
    """How many of the rounds' secrets stand in the files of the database."""
    data = b"".join(path.read_bytes() for path in _files())
    return sum(secret in data for play in plays for secret in play.secrets)


def run(rounds: int, seed: int) -> dict[str, Any]:
    """Play the rounds and attack them; the figures."""
    chance = random.Random(seed)
    theatre, during, after = Theatre(chance), Reader(chance), Reader(chance)
    Path(settings.STATIC_ROOT).mkdir(parents=True)  # the pages would miss it
    call_command("migrate", verbosity=0)
    make_naive_storage()
    before = left = 0
    for start in range(0, rounds, TOGETHER):
        factories.make_questionnaire()
        opened = theatre.play(min(TOGETHER, rounds - start))
        plays = next(opened)
        during.attack(plays)
        before += count_left_over(plays)
        next(opened)
        after.attack(plays)
        left += count_left_over(plays)
        _start_anew()
    return {
        "database": connection.vendor,
        "rounds": rounds,
        "seed": seed,
        "secrets in the files, open": before,
        "secrets in the files, closed": left,
        "open": during.figures(),
        "closed": after.figures(),
    }


def _start_anew() -> None:
    call_command("flush", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        for table in ("people", "answers"):
            cursor.execute(f"DELETE FROM {CONTROL}{table}")
    access._rounds.clear()


if __name__ == "__main__":
    count = int(sys.argv[1])
    print(
        json.dumps(
            run(count, int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().getrandbits(32))
        )
    )
