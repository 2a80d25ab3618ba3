"""The cast and the stage.

ada administers Aviary, cleo coaches it, lee leads Team Kestrel, mia is on it; sam is on
another team, and zoe belongs to another organization altogether.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.db import connections
from django.test import Client

from assessments import access
from assessments.instrument import Instrument
from assessments.models import Organization, OrganizationRole, Team, TeamRole, User
from assessments.questionnaire_file import read
from assessments.services import people, responses

from . import factories
from .receiver import Receiver, running_receiver
from .servers import SERVER

ROOT = Path(__file__).parent.parent
LONG_KEY = "0123456789-abcdefghijklmnopqrstuvwxyz-0123456789-abcdefghijk"
Inside = Callable[..., AbstractContextManager[None]]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL (make test-postgres), leave out what would be the same there: marked ``own_engine``."""
    if SERVER not in os.environ:
        return
    left_out = [item for item in items if item.get_closest_marker("own_engine")]
    items[:] = [item for item in items if item not in set(left_out)]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(autouse=True)
def _new_numbers() -> None:
    """Tests use the numbers of rounds and assessments again, which real databases never do."""
    access._rounds.clear()
    for cache in caches.all(initialized_only=True):
        if isinstance(cache, LocMemCache):  # what is in the database goes with the test
            cache.clear()


@pytest.fixture(autouse=True)
def _inside_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL, what cannot be done inside of one, as which most tests run from beginning to end.

    It cleans up in none; and what a request or a worker would close is the test's own connection, which
    SQLite in memory never closes.
    """
    own = connections["default"]
    if own.vendor != "postgresql":
        return
    rewrite, close = responses._rewrite_tables, own.close
    monkeypatch.setattr(responses, "_rewrite_tables", lambda: own.in_atomic_block or rewrite())
    monkeypatch.setattr(own, "close", lambda: own.in_atomic_block or close())


@pytest.fixture
def aviary(db: None) -> Organization:
    """The organization of the cast."""
    return factories.make_organization("Aviary")


def _official(organization: Organization, name: str, role: str) -> User:
    user = factories.make_user(name)
    people.set_organization_role(organization=organization, email=user.email, name=name, role=role, by=None)
    return user


def _on_team(team: Team, name: str, role: str) -> User:
    user = factories.make_user(name)
    people.add_to_team(team=team, email=user.email, name=name, role=role, by=None)
    return user


@pytest.fixture
def kestrel(aviary: Organization) -> Team:
    """Team Kestrel with six people beside lee and mia."""
    return factories.make_team(aviary, "Team Kestrel", size=6)


@pytest.fixture
def ada(aviary: Organization) -> User:
    """Administers."""
    return _official(aviary, "Ada", OrganizationRole.ADMINISTRATOR)


@pytest.fixture
def cleo(aviary: Organization) -> User:
    """Coaches."""
    return _official(aviary, "Cleo", OrganizationRole.COACH)


@pytest.fixture
def lee(kestrel: Team) -> User:
    """Leads Team Kestrel."""
    return _on_team(kestrel, "Lee", TeamRole.LEAD)


@pytest.fixture
def mia(kestrel: Team) -> User:
    """A member of Team Kestrel."""
    return _on_team(kestrel, "Mia", TeamRole.MEMBER)


@pytest.fixture
def sam(aviary: Organization) -> User:
    """On another team of the same organization."""
    return _on_team(factories.make_team(aviary, "Team Sparrow"), "Sam", TeamRole.MEMBER)


@pytest.fixture
def zoe(db: None) -> User:
    """Administers another organization."""
    return _official(factories.make_organization("Terrarium"), "Zoe", OrganizationRole.ADMINISTRATOR)


@pytest.fixture
def sign_in(client: Client):
    """``sign_in(ada)``: the test client as ada."""

    def enter(user: User) -> Client:
        client.force_login(user)
        return client

    return enter


@pytest.fixture(scope="session")
def accelerate() -> Instrument:
    """The questionnaire that the product ships."""
    path = ROOT / "fixtures" / "questionnaires" / "accelerate-2.yaml"
    return read(path.read_text(encoding="utf-8"), path.name)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A program on this machine that takes webhooks."""
    with running_receiver() as running:
        yield running


@pytest.fixture
def inside(settings: Any, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any) -> Inside:
    """``with inside(folder):`` an installation of its own in this folder, on SQLite."""

    @contextmanager
    def enter(folder: Path, key: str = LONG_KEY) -> Iterator[None]:
        settings.DATA_DIR, settings.MEDIA_ROOT, settings.SECRET_KEY = folder, folder / "files", key
        monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "accelerate_survey.settings")  # of what it starts
        usual = connections["default"]
        own = {**usual.settings_dict, "NAME": str(folder / "survey.sqlite3")}
        connections["default"] = type(usual)(own, "default")
        try:
            with django_db_blocker.unblock():
                yield
        finally:
            connections["default"].close()
            connections["default"] = usual

    return enter
