"""All addresses."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path, re_path

from assessments.views import sign_in
from assessments.views.sign_in import unless_sso_only


def nothing(request: HttpRequest, **parts: str) -> HttpResponse:
    """What django-allauth wants an address of, and is not offered."""
    raise Http404


sign_in_patterns = [
    path("login/", account.login, name="account_login"),
    path("login/passkey/", unless_sso_only(passkeys.login_webauthn), name="mfa_login_webauthn"),
    path("login/second/", mfa.authenticate, name="mfa_authenticate"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("signup/", account.signup, name="account_signup"),
    # whoever changed their own address would be asked, and counted, a second time: administrators change it
    path("email/", nothing, name="account_email"),
    path("password/change/", unless_sso_only(account.password_change), name="account_change_password"),
    path("password/set/", unless_sso_only(account.password_set), name="account_set_password"),
    path("password/reset/", unless_sso_only(account.password_reset), name="account_reset_password"),
    path(
        "password/reset/done/",
        unless_sso_only(account.password_reset_done),
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        unless_sso_only(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        unless_sso_only(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("security/", sign_in.security, name="mfa_index"),
    path("security/", sign_in.security, name="mfa_list_webauthn"),
    path("security/again/", account.reauthenticate, name="account_reauthenticate"),
    path("security/again/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("security/again/passkey/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("security/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("security/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("security/passkeys/new/", passkeys.add_webauthn, name="mfa_add_webauthn"),
    path("security/passkeys/<int:pk>/remove/", passkeys.remove_webauthn, name="mfa_remove_webauthn"),
    path("security/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("security/codes/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("security/sessions/end/", sign_in.end_other_sessions, name="account_end_other_sessions"),
    path("security/sessions/<int:session_id>/end/", sign_in.end_session, name="account_end_session"),
    path("sso/<slug:provider>/", sign_in.sign_on, name="sign_on"),
    path("sso/<slug:provider_id>/callback/", sign_in.oidc_callback, name="openid_connect_callback"),
    path("sso/<slug:organization_slug>/acs/", sign_in.saml_acs, name="saml_acs"),
    path("sso/<slug:organization_slug>/acs/finish/", sign_in.saml_finish_acs, name="saml_finish_acs"),
    path("sso/<slug:organization_slug>/metadata/", sign_in.saml_metadata, name="saml_metadata"),
    path("sso/<slug:organization_slug>/sls/", nothing, name="saml_sls"),  # not offered
]
"""What we use of django-allauth, by the names that it looks for."""

handler500 = "accelerate_survey.operations.failures.say_what_failed"
urlpatterns = [
    path("account/", include(sign_in_patterns)),
    path("", include("assessments.urls")),
    path("", include("reports.urls")),
    path("", include("accelerate_survey.operations.urls")),
]
