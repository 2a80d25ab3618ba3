"""In which language pages are read. It is kept in a cookie, so on the device alone."""

import datetime as dt

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST


# without a token, so that pages which need no cookie set none; another site could change a language, no more
@csrf_exempt
@login_not_required
@never_cache
@require_POST
def choose_language(request: HttpRequest, start: str) -> HttpResponse:
    """Remember a language and go back to the page; one that there is not changes nothing.

    The browser says which page that was: pages of links that open nothing must not differ by their
    address. From one that does not say, the way leads to ``start``.
    """
    page = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    response = redirect(page if is_ours else start)
    language = request.POST.get("language")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=dt.timedelta(days=365),
            secure=request.is_secure(),
            httponly=True,
            samesite="Lax",
        )
    return response
