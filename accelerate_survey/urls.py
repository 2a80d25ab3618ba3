"""All addresses."""

from django.http import Http404
from django.urls import include, path
from django.views.defaults import page_not_found

urlpatterns = [
    # whoever changed their own address would be asked, and counted, a second time: administrators change it
    path("account/email/", page_not_found, {"exception": Http404()}, name="account_email"),
    path("account/", include("allauth.account.urls")),
    path("", include("assessments.urls")),
    path("", include("reports.urls")),
]
