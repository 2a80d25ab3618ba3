"""All addresses."""

from django.urls import include, path

urlpatterns = [
    path("account/", include("allauth.account.urls")),
    path("", include("assessments.urls")),
    path("", include("reports.urls")),
]
