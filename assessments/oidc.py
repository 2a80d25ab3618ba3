"""OpenID Connect as django-allauth does it, with every token's signature looked at."""

from typing import Any

import jwt
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse

ALGORITHMS = {f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)} | {"EdDSA"}
"""How a provider may sign: with a key of its own, never with one that others know, too."""


def issuer_of(server_url: str) -> str:
    """How a provider has to call itself; the setting may also name the page where it describes itself."""
    return server_url.partition("/.well-known/")[0].rstrip("/")


class SignedTokens(OpenIDConnectOAuth2Adapter):
    """django-allauth believes a token that came over TLS; we also want its signature, and one at all."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself. Raises OAuth2Error where that is about another one."""
        config: dict[str, Any] = super().openid_config
        server = issuer_of(self.get_provider().app.settings["server_url"])
        if config["issuer"].rstrip("/") != server:
            raise OAuth2Error(f"{server} calls itself {config['issuer']}")
        return config

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any
    ) -> SocialLogin:
        """Who it is; the token and what was asked with it have to be about the same person."""
        if "id_token" not in kwargs["response"]:
            raise OAuth2Error("no id_token")
        login = super().complete_login(request, app, token, **kwargs)
        said = login.account.extra_data
        if "userinfo" in said and said["userinfo"].get("sub") != said["id_token"].get("sub"):
            raise OAuth2Error("userinfo is about somebody else")
        return login

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        if jwt.get_unverified_header(id_token).get("alg") not in ALGORITHMS:
            raise OAuth2Error("signed in a way that proves nothing")
        return jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )


def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The person comes back with a code."""
    return OAuth2CallbackView.adapter_view(SignedTokens(request, provider_id))(request)
