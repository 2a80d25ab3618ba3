"""Addresses of the app that tells."""

from django.urls import path

from . import views

urlpatterns = [
    path("help/results/", views.reading_results, name="reading_results"),
    path("o/<slug:org>/teams/<slug:team>/rounds/<int:round_id>/", views.results, name="results"),
    path("o/<slug:org>/teams/<slug:team>/rounds/<int:round_id>/wall/", views.wall, name="wall"),
    path(
        "o/<slug:org>/teams/<slug:team>/rounds/<int:round_id>/report.pdf", views.report_pdf, name="report_pdf"
    ),
    path(
        "o/<slug:org>/teams/<slug:team>/rounds/<int:round_id>/scores.csv", views.scores_csv, name="scores_csv"
    ),
]
