"""Addresses for other programs."""

from django.urls import path

from . import views

urlpatterns = [
    path("health/", views.ready, name="health"),
    path("health/alive/", views.alive, name="alive"),
    path("metrics", views.show_metrics, name="metrics"),
]
