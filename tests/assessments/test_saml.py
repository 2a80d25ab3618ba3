"""Single sign-on by SAML: what of an identity provider's words is believed."""

from __future__ import annotations

import base64
import datetime as dt
import re
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from django.test import Client
from django.utils import timezone
from onelogin.saml2.constants import OneLogin_Saml2_Constants
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from assessments.models import User
from tests.provider import make_key

HOST = "http://127.0.0.1"
ACS = "/account/sso/saml/acs/"
IDP = "https://idp.example.org/metadata"
MINUTE = dt.timedelta(minutes=1)

METADATA = """<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{idp}">
<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>
<X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
 Location="https://idp.example.org/sso"/></IDPSSODescriptor></EntityDescriptor>"""

RESPONSE = """<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
 xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_response" Version="2.0" IssueInstant="{now}"
 Destination="{acs}" InResponseTo="{asked}"><saml:Issuer>{idp}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
<saml:Assertion ID="_assertion" Version="2.0" IssueInstant="{now}"><saml:Issuer>{idp}</saml:Issuer>
<saml:Subject><saml:NameID>person-7</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
<saml:SubjectConfirmationData NotOnOrAfter="{until}" Recipient="{acs}" InResponseTo="{asked}"/>
</saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{since}" NotOnOrAfter="{until}"><saml:AudienceRestriction>
<saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="{now}"><saml:AuthnContext><saml:AuthnContextClassRef>
urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext>
</saml:AuthnStatement>
<saml:AttributeStatement><saml:Attribute Name="email"><saml:AttributeValue>{email}</saml:AttributeValue>
</saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>"""


def certificate_of(key: rsa.RSAPrivateKey) -> str:
    """A certificate for a key, as PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example.org")])
    now = timezone.now()
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, now - MINUTE, now + 60 * MINUTE)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@dataclass(frozen=True)
class Word:
    """What the provider says, and how."""

    email: str
    audience: str = ""
    ago: dt.timedelta = dt.timedelta()
    key: rsa.RSAPrivateKey | None = None
    is_signed: bool = True
    algorithm: str = OneLogin_Saml2_Constants.RSA_SHA256


@dataclass(frozen=True)
class Saml:
    """An identity provider that is set up here."""

    key: rsa.RSAPrivateKey = field(default_factory=make_key)

    def answer(self, asked: str, word: Word) -> str:
        """A response to a request, ready to be posted."""
        now = timezone.now() - word.ago
        times = {"now": now, "since": now - MINUTE, "until": now + 5 * MINUTE}
        text = RESPONSE.format(
            **{name: f"{at:%Y-%m-%dT%H:%M:%SZ}" for name, at in times.items()},
            acs=f"{HOST}{ACS}",
            asked=asked,
            idp=IDP,
            audience=word.audience or f"{HOST}/account/sso/saml/metadata/",
            email=word.email,
        )
        if word.is_signed:
            pem = (word.key or self.key).private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            signed = OneLogin_Saml2_Utils.add_sign(
                text, pem.decode(), certificate_of(self.key), sign_algorithm=word.algorithm
            )
            text = signed.decode()
        return base64.b64encode(text.encode()).decode()


@pytest.fixture
def saml(settings: Any, tmp_path: Path) -> Saml:
    """One whose metadata lie in a file."""
    made = Saml()
    lines = certificate_of(made.key).splitlines()[1:-1]
    (tmp_path / "idp.xml").write_text(METADATA.format(idp=IDP, certificate="".join(lines)))
    settings.SOCIALACCOUNT_PROVIDERS = {
        "saml": {
            "APPS": [
                {
                    "provider_id": "saml",
                    "name": "Aviary account",
                    "client_id": "saml",
                    "settings": {
                        "idp": {"metadata_url": (tmp_path / "idp.xml").as_uri(), "entity_id": ""},
                        "attribute_mapping": {"uid": ["email"], "email": ["email"]},
                        "verified_email": ["example.org"],
                    },
                }
            ]
        }
    }
    return made


@pytest.fixture
def browser() -> Client:
    """One that comes by the address in SITE_URL."""
    return Client(headers={"host": "127.0.0.1"})


def ask(browser: Client) -> str:
    """Begin; the number of the request."""
    there = browser.get("/account/sso/saml/")
    (given,) = parse_qs(urlsplit(there["Location"]).query)["SAMLRequest"]
    found = re.search(r'ID="(\w+)"', zlib.decompress(base64.b64decode(given), -15).decode())
    assert found
    return found[1]


def bring(browser: Client, response: str) -> Any:
    """Come back with what the provider said."""
    there = browser.post(ACS, {"SAMLResponse": response, "RelayState": "https://evil.example/"})
    assert there.status_code == 302, there.content
    return browser.get(there["Location"])


def is_in(browser: Client) -> bool:
    return browser.get("/account/security/").status_code == 200


def test_who_is_known_by_the_address_comes_in(browser: Client, saml: Saml, lee: User) -> None:
    answer = bring(browser, saml.answer(ask(browser), Word(lee.email)))
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert is_in(browser)


def test_what_was_said_once_is_not_believed_twice(browser: Client, saml: Saml, lee: User) -> None:
    said = saml.answer(ask(browser), Word(lee.email))
    bring(browser, said)
    browser.post("/account/logout/")
    assert bring(browser, said).status_code in (400, 401, 403, 502)
    assert not is_in(browser)


def test_what_nobody_asked_for_is_not_believed(browser: Client, saml: Saml, lee: User) -> None:
    ask(browser)
    assert bring(browser, saml.answer("made_up", Word(lee.email))).status_code in (400, 401, 403, 502)
    assert not is_in(browser)


@pytest.mark.parametrize(
    "changes",
    [
        {"is_signed": False},
        {"key": make_key()},
        {"audience": "https://another.example/"},
        {"ago": 60 * MINUTE},
        {"algorithm": OneLogin_Saml2_Constants.RSA_SHA1},
    ],
    ids=["unsigned", "signed by another", "for another", "too old", "signed by SHA-1"],
)
def test_what_is_not_the_providers_word_to_us_is_not_believed(
    browser: Client, saml: Saml, lee: User, changes: dict[str, Any]
) -> None:
    said = saml.answer(ask(browser), replace(Word(lee.email), **changes))
    assert bring(browser, said).status_code in (400, 401, 403, 502)
    assert not is_in(browser)


def test_a_word_that_is_changed_is_not_believed(browser: Client, saml: Saml, lee: User, mia: User) -> None:
    said = base64.b64decode(saml.answer(ask(browser), Word(mia.email))).decode()
    other = base64.b64encode(said.replace(mia.email, lee.email).encode()).decode()
    assert bring(browser, other).status_code in (400, 401, 403, 502)
    assert not is_in(browser)


def test_what_was_said_to_one_browser_no_other_brings(browser: Client, saml: Saml, lee: User) -> None:
    said = saml.answer(ask(browser), Word(lee.email))
    other = Client(headers={"host": "127.0.0.1"})
    ask(other)
    assert bring(other, said).status_code in (400, 401, 403, 502)
    assert not is_in(other)
    bring(browser, said)
    assert is_in(browser)


def test_a_document_type_is_not_even_read(browser: Client, saml: Saml, lee: User, tmp_path: Path) -> None:
    """Nor what it would have our parser fetch."""
    (tmp_path / "hidden").write_text(lee.email)
    said = base64.b64decode(saml.answer(ask(browser), Word(lee.email))).decode()
    kind = f'<!DOCTYPE r [<!ENTITY x SYSTEM "{(tmp_path / "hidden").as_uri()}">]>'
    for text in (kind + said, kind + said.replace(lee.email, "&x;")):
        assert bring(browser, base64.b64encode(text.encode()).decode()).status_code in (400, 401, 403, 502)
        assert not is_in(browser)


def test_an_address_that_the_provider_has_no_say_in_is_nobodys(
    browser: Client, saml: Saml, lee: User
) -> None:
    User.objects.filter(pk=lee.pk).update(email="lee@elsewhere.example")
    answer = bring(browser, saml.answer(ask(browser), Word("lee@elsewhere.example")))
    assert answer.status_code == 403
    assert not is_in(browser)


def test_what_is_no_answer_at_all_is_told_in_words(browser: Client, saml: Saml, db: None) -> None:
    ask(browser)
    assert bring(browser, "no answer").status_code in (400, 401, 403, 502)
    assert browser.post(ACS).status_code in (302, 400, 401)


def test_the_provider_is_told_who_we_are(browser: Client, saml: Saml, db: None) -> None:
    told = browser.get("/account/sso/saml/metadata/")
    assert told.status_code == 200
    assert f"{HOST}{ACS}" in told.content.decode()
