"""The secret of a link, and what is derived from it (docs/method.md, 6.4)."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assessments import tokens

SECRET = bytes(range(32))
INVITATION = uuid.UUID("00000000-0000-4000-8000-000000000001")

secrets = st.binary(min_size=32, max_size=32)
round_ids = st.integers(1, 10**18 - 1)


def test_tv18_hash_and_id_of_a_known_secret() -> None:
    name = "round:2024Q1:team:alpha"

    assert tokens.invitation_hash(SECRET, name) == (
        "c029da4bdffea0a85942e177f05bbbc55df51640a96942433f12f6fa3b457cc2"
    )
    assert tokens.response_id(SECRET, name) == uuid.UUID("dc725a87-f0c7-4050-b5bf-bc31b7c8ff30")


def test_tv18_text_of_a_known_secret() -> None:
    assert tokens.to_text(12, SECRET) == "12-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"


def test_a_secret_depends_on_the_key_the_salt_and_the_invitation() -> None:
    other = uuid.UUID(int=INVITATION.int + 1)
    made = {
        tokens.make_secret("key", "salt", INVITATION),
        tokens.make_secret("key!", "salt", INVITATION),
        tokens.make_secret("key", "salt!", INVITATION),
        tokens.make_secret("key", "salt", other),
    }

    assert len(made) == 4


def test_a_secret_can_be_derived_again() -> None:
    first = tokens.make_secret("key", "salt", INVITATION)

    assert tokens.make_secret("key", "salt", uuid.UUID(str(INVITATION))) == first
    assert len(first) == 32


@given(secrets)
def test_hash_and_id_of_a_secret_share_nothing(secret: bytes) -> None:
    """They are outputs of two derivations: no run of four bytes of one is in the other."""
    digest = bytes.fromhex(tokens.invitation_hash(secret, "round:1"))
    response = tokens.response_id(secret, "round:1").bytes

    assert not any(response[start : start + 4] in digest for start in range(13))
    assert not any(response[start : start + 4] in secret for start in range(13))


@given(secrets)
def test_two_rounds_never_share_a_hash_or_an_id(secret: bytes) -> None:
    one, two = tokens.name_of_round(1), tokens.name_of_round(11)

    assert tokens.invitation_hash(secret, one) != tokens.invitation_hash(secret, two)
    assert tokens.response_id(secret, one) != tokens.response_id(secret, two)


def test_ids_are_valid_random_uuids() -> None:
    assert tokens.response_id(SECRET, "round:1").version == 4


@given(round_ids, secrets)
def test_reading_a_text_gives_what_it_was_made_of(round_id: int, secret: bytes) -> None:
    assert tokens.from_text(tokens.to_text(round_id, secret)) == (round_id, secret)


@given(st.text(max_size=60))
@example("")
@example("12")
@example("-" * 44)
@example("12-" + "é" * 43)
@example("٣-" + "A" * 43)
@example("012-" + "A" * 43)
@example("12-" + "A" * 42 + "B")  # the last letter has bits that no secret has
@example("12-" + "A" * 42 + "=")
@example("12-" + "A" * 42 + "+")
@example(" 12-" + "A" * 43)
@example("9" * 19 + "-" + "A" * 43)
def test_every_other_text_is_refused(text: str) -> None:
    with pytest.raises(tokens.InvalidToken):
        tokens.from_text(text)


@given(round_ids, secrets, st.integers(0, 60), st.characters())
def test_a_changed_token_is_refused_or_another_token(
    round_id: int, secret: bytes, place: int, letter: str
) -> None:
    """Whatever is accepted is exactly what ``to_text`` writes."""
    text = tokens.to_text(round_id, secret)
    changed = text[:place] + letter + text[place + 1 :]

    try:
        found = tokens.from_text(changed)
    except tokens.InvalidToken:
        return
    assert tokens.to_text(*found) == changed
