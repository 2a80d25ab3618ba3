"""The cast and the stage.

ada administers Aviary, cleo coaches it, lee leads Team Kestrel, mia is on it; sam is on
another team, and zoe belongs to another organization altogether.
"""

from pathlib import Path

import pytest
from django.core.cache import caches
from django.test import Client

from assessments import queries
from assessments.instrument import Instrument
from assessments.models import Organization, OrganizationRole, Team, TeamRole, User
from assessments.questionnaire_file import read
from assessments.services import people

from . import factories

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _new_numbers() -> None:
    """Tests use the numbers of rounds and assessments again, which real databases never do."""
    queries._asked.clear()
    for cache in caches.all(initialized_only=True):
        cache.clear()


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
    path = ROOT / "fixtures" / "questionnaires" / "accelerate-1.yaml"
    return read(path.read_text(encoding="utf-8"), path.name)
