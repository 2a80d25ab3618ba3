"""``manage.py create_organization``: the first step of a real installation."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from assessments.models import Organization, User

pytestmark = pytest.mark.django_db


def create(name: str = "Aviary", administrator: str = "ada@example.org") -> None:
    call_command("create_organization", name, administrator=administrator)


def test_an_organization_is_made_with_its_administrator(capsys: pytest.CaptureFixture[str]) -> None:
    create()

    assert Organization.objects.get().memberships.get().role == "administrator"
    assert User.objects.get().email == "ada@example.org"


def test_the_printed_link_lets_the_administrator_in(
    capsys: pytest.CaptureFixture[str], client: Client
) -> None:
    create()
    link = re.search(r"http://127\.0\.0\.1:8000(\S+)", capsys.readouterr().out)[1]

    form = client.get(link, follow=True)
    password = {"password1": "a long enough password", "password2": "a long enough password"}
    client.post(form.redirect_chain[-1][0], password)

    assert User.objects.get().check_password("a long enough password")


@pytest.mark.parametrize(
    ("name", "address"), [("", "ada@example.org"), ("!", "a@example.org"), ("Aviary", "ada")]
)
def test_a_mistake_is_told_and_nothing_is_made(name: str, address: str) -> None:
    with pytest.raises(CommandError):
        create(name, address)
    assert not Organization.objects.exists()
    assert not User.objects.exists()


def test_a_second_one_of_the_name_is_refused_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    create()

    with pytest.raises(CommandError, match="There is an organization with this address already"):
        create()
    assert Organization.objects.count() == 1
