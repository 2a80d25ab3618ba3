"""Addresses of the app that tells."""

from django.urls import include, path

from . import bundle_views, compare_views, views
from .api import endpoints

urlpatterns = [
    path("api/v1/", include(endpoints.urlpatterns)),
    path("help/results/", views.reading_results, name="reading_results"),
    path("o/<slug:org>/rounds/<int:round_id>/compare/", compare_views.compare, name="compare"),
    path(
        "o/<slug:org>/rounds/<int:round_id>/comparison.<ending:ending>",
        compare_views.comparison_table,
        name="comparison_table",
    ),
    path("o/<slug:org>/rounds/<int:round_id>/reports/", bundle_views.bundles, name="bundles"),
    path("o/<slug:org>/rounds/<int:round_id>/reports/<int:bundle_id>/", bundle_views.bundle, name="bundle"),
    path(
        "o/<slug:org>/rounds/<int:round_id>/reports/<int:bundle_id>/reports.zip",
        bundle_views.bundle_zip,
        name="bundle_zip",
    ),
    path(
        "o/<slug:org>/rounds/<int:round_id>/reports/<int:bundle_id>/cancel/",
        bundle_views.cancel_bundle,
        name="cancel_bundle",
    ),
    path(
        "o/<slug:org>/rounds/<int:round_id>/reports/<int:bundle_id>/again/",
        bundle_views.retry_bundle,
        name="retry_bundle",
    ),
    path("o/<slug:org>/rounds/<int:round_id>/summary.pdf", bundle_views.summary_pdf, name="summary_pdf"),
    path("o/<slug:org>/teams/<slug:team>/rounds/<int:round_id>/", views.results, name="results"),
    path("o/<slug:org>/teams/<slug:team>/rounds/<int:round_id>/wall/", views.wall, name="wall"),
    path(
        "o/<slug:org>/teams/<slug:team>/rounds/<int:round_id>/report.pdf", views.report_pdf, name="report_pdf"
    ),
    path(
        "o/<slug:org>/teams/<slug:team>/rounds/<int:round_id>/scores.<ending:ending>",
        views.scores_table,
        name="scores_table",
    ),
]
