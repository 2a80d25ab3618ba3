"""Addresses of the app that asks."""

from django.urls import path, re_path

from .views import home, mails, organizations, questionnaires, respond, rounds, teams

urlpatterns = [
    path("", home.home, name="home"),
    path("mails/", mails.mails, name="mails"),
    path("questionnaires/<slug:slug>/<int:version>/", questionnaires.questionnaire, name="questionnaire"),
    path("respond/", respond.start, name="respond_start"),
    path("respond/<int:number>/", respond.page, name="respond_page"),
    path("respond/review/", respond.review, name="respond_review"),
    path("respond/thanks/", respond.thanks, name="respond_thanks"),
    re_path(r"^respond/(?P<token>\d+-[A-Za-z0-9_-]{43})/$", respond.enter, name="respond_enter"),
    path("respond/<path:rest>", respond.unknown, name="respond_unknown"),
    path("o/<slug:org>/", organizations.organization, name="organization"),
    path("o/<slug:org>/roles/", organizations.roles, name="roles"),
    path("o/<slug:org>/roles/<int:membership_id>/remove/", organizations.remove_role, name="remove_role"),
    path("o/<slug:org>/groups/new/", organizations.create_group, name="create_group"),
    path("o/<slug:org>/teams/new/", organizations.create_team, name="create_team"),
    path("o/<slug:org>/teams/<slug:team>/", teams.team, name="team"),
    path("o/<slug:org>/teams/<slug:team>/change/", teams.change_team, name="change_team"),
    path("o/<slug:org>/teams/<slug:team>/archive/", teams.archive_team, name="archive_team"),
    path("o/<slug:org>/teams/<slug:team>/people/new/", teams.add_person, name="add_person"),
    path(
        "o/<slug:org>/teams/<slug:team>/people/<int:membership_id>/remove/",
        teams.remove_person,
        name="remove_person",
    ),
    path("o/<slug:org>/rounds/new/", rounds.create_round, name="create_round"),
    path("o/<slug:org>/rounds/<int:round_id>/", rounds.round_page, name="round"),
    path("o/<slug:org>/rounds/<int:round_id>/open/", rounds.open_round, name="open_round"),
    path("o/<slug:org>/rounds/<int:round_id>/invite/", rounds.invite_newcomers, name="invite_newcomers"),
    path("o/<slug:org>/rounds/<int:round_id>/close/", rounds.close_round, name="close_round"),
]
