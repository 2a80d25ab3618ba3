"""Forms: what may be posted, and in which words it is refused."""

import datetime as dt
import re
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout, LayoutObject, Submit
from crispy_forms.utils import TEMPLATE_PACK, render_crispy_form
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator
from django.db.models import QuerySet
from django.forms.models import model_to_dict
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.functional import cached_property, lazy
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from . import answers_file
from .delivery_files import LENGTHS, MAXIMUM_BYTES, PRODUCTION, Options, Problem
from .disclosure import FLOOR
from .instrument import Capability, Category, Instrument
from .models import (
    SUBJECTS,
    ActionState,
    Goal,
    Group,
    Organization,
    OrganizationRole,
    Questionnaire,
    Round,
    Scope,
    Team,
    TeamRole,
    User,
)
from .models.rounds import MOST_REMINDERS
from .models.schedules import LAST_DAY
from .pages import Page, pages_of
from .queries import newest_questionnaires, usable_questionnaires
from .questionnaire_file import (
    FEWEST_STATEMENTS,
    KEY_LENGTH,
    MOST_STATEMENTS,
    NAME_LENGTH,
    RESERVED_KEYS,
    STATEMENT_LENGTH,
)
from .roster_file import Person, RosterFileError, read_addresses
from .scale import DONT_KNOW, InvalidAnswer, Scale, Texts, translate
from .services import imports
from .services.deliveries import WORDS
from .services.rosters import refusal
from .services.webhooks import check_address
from .texts import is_showable

HINDRANCES_MAXIMUM = 3
COMMENT_LENGTH = 2000
NOTE_LENGTH = 5000
PARAGRAPH_LENGTH = 2000
PEOPLE_AT_ONCE = 200
PEOPLE_LENGTH = 50_000
LONGEST_EXPERIMENT = dt.timedelta(days=366)


def plain_text(value: str) -> None:
    """Refuse characters that no person types and no page can show."""
    if not is_showable(value):
        raise ValidationError(_("The text has characters that cannot be shown. Please type it again."))


def plain_line(value: str) -> None:
    """Refuse the same, and line breaks: what goes into headings and subjects is one line."""
    plain_text(value)
    if set(value) & set("\n\r\t"):
        raise ValidationError(_("This has to be one line."))


NOT_OF_THIS_KIND = gettext_lazy("The name of this file ends in none of these: %(allowed_extensions)s.")


class UploadField(forms.FileField):
    """A file of certain kinds, known by its name; whether it is one, its reader finds out."""

    def __init__(self, *endings: str, **kwargs: Any) -> None:
        accept = ",".join(f".{ending}" for ending in endings)
        widget = forms.FileInput(attrs={"accept": accept})
        validators = [FileExtensionValidator(endings, message=NOT_OF_THIS_KIND)]
        super().__init__(widget=widget, validators=validators, **kwargs)


class PostForm(forms.Form):
    """A form of ours: posted, laid out by crispy, with one button."""

    button = gettext_lazy("Save")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.layout = Layout(*self.fields, Submit("", self.button, css_id=""))


def capability_choices(instrument: Instrument, language: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """All capabilities by category, each with its name."""
    return [
        (
            translate(category.name, language),
            [(capability.key, translate(capability.name, language)) for capability in category.capabilities],
        )
        for category in instrument.categories
    ]


class TeamForm(PostForm):
    """A team's name and its place in the tree."""

    name = forms.CharField(label=gettext_lazy("Name of the team"), max_length=100, validators=[plain_line])
    group = forms.ModelChoiceField(
        Group.objects.none(),
        label=gettext_lazy("Group"),
        required=False,
        empty_label=gettext_lazy("No group"),
    )

    def __init__(self, organization: Organization, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].queryset = organization.groups.all()  # type: ignore[attr-defined]


class GoalForm(PostForm):
    """What a team wants its experiments to lead to."""

    button = gettext_lazy("Save the goal")

    goal = forms.ChoiceField(
        label=gettext_lazy("What should your experiments lead to?"),
        help_text=gettext_lazy("The results propose what to try next with this in view."),
        choices=Goal.choices,
        widget=forms.RadioSelect,
    )


class GroupForm(PostForm):
    """A group's name and the group that it is part of."""

    name = forms.CharField(label=gettext_lazy("Name of the group"), max_length=100, validators=[plain_line])
    parent = forms.ModelChoiceField(
        Group.objects.none(),
        label=gettext_lazy("Part of"),
        required=False,
        empty_label=gettext_lazy("The whole organization"),
    )

    def __init__(self, organization: Organization, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = organization.groups.all()  # type: ignore[attr-defined]


class PersonForm(PostForm):
    """A person, by address."""

    button = gettext_lazy("Add")

    name = forms.CharField(label=gettext_lazy("Name"), max_length=150, validators=[plain_line])
    email = forms.EmailField(label=gettext_lazy("E-mail address"))
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=())
    sign_in = forms.BooleanField(
        label=gettext_lazy("Send a mail with which they can sign in and see results"), required=False
    )

    def __init__(self, roles: list[tuple[str, Any]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = roles  # type: ignore[attr-defined]


ORGANIZATION_ROLES = [(role.value, role.label) for role in OrganizationRole]
TEAM_ROLES = [(role.value, role.label) for role in (TeamRole.MEMBER, TeamRole.LEAD)]


class RosterForm(PostForm):
    """A spreadsheet with people, teams and groups."""

    button = gettext_lazy("Show what would change")

    file = UploadField("csv", "xlsx", label=gettext_lazy("Spreadsheet"))
    whole = forms.BooleanField(
        label=gettext_lazy("The file is the whole roster of the teams that it names"),
        help_text=gettext_lazy("Then people who are not in it are taken off these teams."),
        required=False,
    )


class PeopleForm(PostForm):
    """People by their addresses, as a mail program copies them."""

    button = gettext_lazy("Add")

    people = forms.CharField(
        label=gettext_lazy("Addresses"),
        help_text=gettext_lazy(
            "Such as Ann Smith <ann@example.org>, or the address alone. "
            "Separate them by commas, semicolons or line breaks. All of them become members of the team."
        ),
        max_length=PEOPLE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 8}),
    )

    def clean_people(self) -> list[Person]:
        """The people; every bad address is named."""
        try:
            found = read_addresses(self.cleaned_data["people"])
        except RosterFileError as error:
            raise refusal(error) from error
        if len(found) > PEOPLE_AT_ONCE:
            raise ValidationError(
                _("These are %(number)d people. Add at most %(most)d at once, or upload a file.")
                % {"number": len(found), "most": PEOPLE_AT_ONCE}
            )
        return found


class SomeOf(forms.ModelMultipleChoiceField):
    """Rows to choose from. A number that is larger than any row's is one of none, also to SQLite."""

    def clean(self, value: Any) -> Any:
        """Those that were chosen."""
        try:
            return super().clean(value)
        except OverflowError as error:
            sentence = self.error_messages["invalid_choice"]
            raise forms.ValidationError(sentence, params={"value": max(value, key=len)}) from error


class CareForm(PostForm):
    """Which of an organization's teams are in a coach's care."""

    teams = SomeOf(
        Team.objects.none(),
        label=gettext_lazy("Which teams are in your care?"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, organization: Organization, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = organization.teams.filter(archived_at=None)
        self.fields["teams"].queryset = asked  # type: ignore[attr-defined]
        self.helper["teams"].wrap(Field, wrapper_class="field-columns")


class NoteForm(PostForm):
    """A coach's note about a team."""

    button = gettext_lazy("Save the note")

    text = forms.CharField(
        label=gettext_lazy("Note"),
        help_text=gettext_lazy("No page shows it to anybody else."),
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        validators=[plain_text],
    )


class DeliveriesForm(PostForm):
    """A file with deployments and incidents."""

    button = gettext_lazy("Bring in")

    file = UploadField("csv", "json", "jsonl", "ndjson", label=gettext_lazy("File"))
    service = forms.CharField(
        label=gettext_lazy("Service"),
        help_text=gettext_lazy("Of events that name none. Leave it empty if the team has only one."),
        required=False,
        max_length=LENGTHS["service"],
        validators=[plain_line],
    )
    environment = forms.CharField(
        label=gettext_lazy("Environment"),
        help_text=gettext_lazy("In exports of GitHub, GitLab and DevLake only deployments to it count."),
        initial=PRODUCTION,
        max_length=LENGTHS["service"],
        validators=[plain_line],
    )
    only_check = forms.BooleanField(label=gettext_lazy("Only say what is in the file"), required=False)

    def clean_file(self) -> Any:
        """Refuse what is too large to be read while somebody waits."""
        file = self.cleaned_data["file"]
        if file.size > MAXIMUM_BYTES:
            raise ValidationError(WORDS[Problem.TOO_LARGE])
        return file

    @property
    def options(self) -> Options:
        """What the file itself may not say."""
        return Options(self.cleaned_data["service"], self.cleaned_data["environment"])


class DeliveryTokenForm(PostForm):
    """What a pipeline's token is called."""

    button = gettext_lazy("Make the token")

    name = forms.CharField(
        label=gettext_lazy("Name"),
        help_text=gettext_lazy(
            "Such as the pipeline that will hold it. The token itself is shown on the next page."
        ),
        max_length=100,
        validators=[plain_line],
    )


class WebhookForm(PostForm):
    """An address of another program, and what it is told."""

    url = forms.CharField(
        label=gettext_lazy("Address"),
        help_text=gettext_lazy(
            "Where the program takes messages, such as a chat server’s incoming webhook: https://…"
        ),
        widget=forms.URLInput(attrs={"autocapitalize": "off", "spellcheck": "false"}),
        validators=[check_address],
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("What it is told"),
        choices=[(event.value, event.label) for event in SUBJECTS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one thing that it is told.")},
    )


class ApiTokenForm(PostForm):
    """What a program's token is called, what it may read, and for how long."""

    button = gettext_lazy("Make the token")

    name = forms.CharField(
        label=gettext_lazy("Name"),
        help_text=gettext_lazy(
            "Such as the program that will hold it. The token itself is shown on the next page."
        ),
        max_length=100,
        validators=[plain_line],
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What may it read?"),
        help_text=gettext_lazy("Never more than you may see yourself."),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one thing that it may read.")},
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("How long is it good?"),
        choices=[
            (30, gettext_lazy("30 days")),
            (90, gettext_lazy("90 days")),
            (365, gettext_lazy("a year")),
        ],
        coerce=int,
        initial=90,
        widget=forms.RadioSelect,
    )


def paragraph(label: Any, help_text: Any, *, rows: int = 3) -> forms.CharField:
    """The field for a few sentences, or none."""
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=PARAGRAPH_LENGTH,
        widget=forms.Textarea(attrs={"rows": rows}),
        validators=[plain_text],
    )


class ActionForm(PostForm):
    """An experiment: about what, what is tried, and who sees to it."""

    capability_key = forms.ChoiceField(label=gettext_lazy("Capability"))
    title = forms.CharField(
        label=gettext_lazy("What we try"),
        help_text=gettext_lazy("One sentence, such as “Merge every branch on the day it was made”."),
        max_length=200,
        validators=[plain_line],
    )
    first_step = paragraph(
        gettext_lazy("First step"), gettext_lazy("So small that it can be done in the coming days.")
    )
    measure = paragraph(
        gettext_lazy("How we will tell that it works"),
        gettext_lazy("What will be different, and where you will see it."),
    )
    owner = forms.ModelChoiceField(
        User.objects.none(),
        label=gettext_lazy("Who sees to it"),
        required=False,
        empty_label=gettext_lazy("Nobody in particular"),
    )
    due = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )

    def __init__(
        self, instrument: Instrument, people: QuerySet[User], today: dt.date, *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["capability_key"].choices = capability_choices(  # type: ignore[attr-defined]
            instrument, get_language() or instrument.languages[0]
        )
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]

    def clean_due(self) -> dt.date | None:
        """Refuse a new day that has passed already, or that nobody here will see."""
        due: dt.date | None = self.cleaned_data["due"]
        if due and "due" in self.changed_data and not self.today <= due < self.today + LONGEST_EXPERIMENT:
            raise ValidationError(_("Give a day from today on, and within a year."))
        return due


class FinishActionForm(PostForm):
    """What became of an experiment."""

    button = gettext_lazy("End the experiment")

    state = forms.ChoiceField(
        label=gettext_lazy("What becomes of it?"),
        choices=[
            (ActionState.KEPT.value, gettext_lazy("kept: we go on working like this")),
            (ActionState.CHANGED.value, gettext_lazy("changed: we go on in another way")),
            (ActionState.DROPPED.value, gettext_lazy("dropped: we do not go on with it")),
        ],
        widget=forms.RadioSelect,
    )
    outcome = paragraph(
        gettext_lazy("What came of it"),
        gettext_lazy("What you saw and what you learned. It opens your next report."),
        rows=4,
    )


class QuestionnaireField(forms.ModelChoiceField):
    """A questionnaire by its title and version."""

    def label_from_instance(self, obj: Questionnaire) -> str:
        """How it is called in the list."""
        title = translate(obj.title, get_language() or "en")
        return _("%(title)s, version %(version)d") % {"title": title, "version": obj.version}


def _which_clock() -> str:
    return _("Time zone: %(zone)s.") % {"zone": timezone.get_current_timezone_name()}


WHICH_CLOCK = lazy(_which_clock, str)()
"""By which clock a time is meant, as known when the form is shown."""


def moment(label: Any) -> forms.DateTimeField:
    """The field for a day and a time of day."""
    return forms.DateTimeField(
        label=label,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        help_text=WHICH_CLOCK,
        validators=[_in_this_century],
    )


def _in_this_century(value: dt.datetime) -> None:
    """Refuse a day at the end of all calendars, which no other time zone has."""
    if not 2000 <= value.year < 2100:
        raise ValidationError(_("Give a year from 2000 to 2099."))


class SeenForm(forms.Form):
    """When the news was made that somebody has seen."""

    until = forms.DateTimeField(widget=forms.HiddenInput, validators=[_in_this_century])


def days_for_the_team() -> forms.IntegerField:
    """The field for how long a team has its results to itself."""
    return forms.IntegerField(
        label=gettext_lazy("Days for the team alone"),
        min_value=0,
        max_value=30,
        help_text=gettext_lazy("So long a team sees its own result before coaches and administrators do."),
    )


def number_of_reminders() -> forms.IntegerField:
    """The field for how often to remind."""
    return forms.IntegerField(
        label=gettext_lazy("Reminders"),
        min_value=0,
        max_value=MOST_REMINDERS,
        help_text=gettext_lazy(
            "Each comes when half of the time that was left has passed, only to those whose answers are "
            "not complete. Nobody sees who they are."
        ),
    )


class RoundForm(PostForm):
    """A round: what is asked, and until when."""

    button = gettext_lazy("Make the round")

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        validators=[plain_line],
        help_text=gettext_lazy("For example “2026, third quarter”. Everybody who answers sees it."),
    )
    questionnaire = QuestionnaireField(
        Questionnaire.objects.none(), label=gettext_lazy("Questionnaire"), empty_label=None
    )
    closes_at = moment(gettext_lazy("Closes"))
    team_first_days = days_for_the_team()

    def __init__(self, organization: Organization, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization = organization
        usable = usable_questionnaires(organization)
        self.fields["questionnaire"].queryset = usable  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        """Refuse a name that another round has."""
        name: str = self.cleaned_data["name"]
        if Round.objects.filter(organization=self.organization, name=name).exists():
            raise ValidationError(_("There is a round with this name already."))
        return name


class PlannedRoundForm(PostForm):
    """A round that has not been opened yet."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, validators=[plain_line])
    opens_at = moment(gettext_lazy("Opens"))
    closes_at = moment(gettext_lazy("Closes"))
    reminders = number_of_reminders()
    team_first_days = days_for_the_team()

    def __init__(self, planned: Round, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial=model_to_dict(planned), **kwargs)
        if not planned.opens_itself:
            # it opens when somebody says so
            self.fields["opens_at"].disabled = True
            self.fields["opens_at"].widget = forms.HiddenInput()


class ImportForm(PostForm):
    """A past round out of a file, with a mapping where it comes from LimeSurvey."""

    button = gettext_lazy("Show what would be brought in")

    file = UploadField("csv", label=gettext_lazy("File with the answers"))
    mapping = UploadField(
        "yaml",
        "yml",
        label=gettext_lazy("Mapping"),
        help_text=gettext_lazy(
            "For an export of LimeSurvey: what its columns and codes mean. Else leave it out."
        ),
        required=False,
    )
    questionnaire = QuestionnaireField(
        Questionnaire.objects.none(),
        label=gettext_lazy("Questionnaire"),
        empty_label=None,
        help_text=gettext_lazy("The version whose words were used."),
    )
    name = forms.CharField(
        label=gettext_lazy("Name of the round"),
        max_length=100,
        validators=[plain_line],
        help_text=gettext_lazy("For example “2024 Q3”."),
    )
    closed_on = forms.DateField(
        label=gettext_lazy("Closed on"),
        help_text=gettext_lazy("The last day on which answers were given."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )

    def __init__(self, organization: Organization, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usable = usable_questionnaires(organization)
        self.fields["questionnaire"].queryset = usable  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        """Refuse what is too large to be read while somebody waits."""
        file = self.cleaned_data["file"]
        if file.size > answers_file.MAXIMUM_BYTES:
            raise ValidationError(imports.WORDS[answers_file.Problem.TOO_LARGE])
        return file


class ScheduleForm(PostForm):
    """When rounds come by themselves, and how."""

    button = gettext_lazy("Save the schedule")

    is_active = forms.BooleanField(label=gettext_lazy("Rounds come by themselves"), required=False)
    months = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Months"),
        choices=list(MONTHS.items()),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("In each of these a round opens. Every three months is a good rhythm."),
        error_messages={"required": gettext_lazy("Choose at least one month.")},
    )
    day = forms.IntegerField(
        label=gettext_lazy("Day of the month"),
        min_value=1,
        max_value=LAST_DAY,
        help_text=gettext_lazy("From 1 to 28, which every month has."),
    )
    time = forms.TimeField(
        label=gettext_lazy("Time of day"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=WHICH_CLOCK,
    )
    days_open = forms.IntegerField(label=gettext_lazy("Days for answering"), min_value=1, max_value=LAST_DAY)
    reminders = number_of_reminders()
    team_first_days = days_for_the_team()
    questionnaire = QuestionnaireField(
        Questionnaire.objects.none(),
        label=gettext_lazy("Questionnaire"),
        empty_label=None,
        help_text=gettext_lazy("The newest version of each."),
    )

    def __init__(self, organization: Organization, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        newest = newest_questionnaires(organization)
        self.fields["questionnaire"].queryset = newest  # type: ignore[attr-defined]
        self.helper["months"].wrap(Field, wrapper_class="field-columns")


class WorkshopForm(PostForm):
    """A workshop: which questionnaire the team goes through. The newest comes first."""

    button = gettext_lazy("Begin")

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        validators=[plain_line],
        help_text=gettext_lazy(
            "For example “Workshop in May”. Answers will be agreed openly, not anonymously."
        ),
    )
    questionnaire = QuestionnaireField(
        Questionnaire.objects.none(), label=gettext_lazy("Questionnaire"), empty_label=None
    )

    def __init__(self, organization: Organization, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usable = usable_questionnaires(organization).order_by("-published_at", "-version")
        self.fields["questionnaire"].queryset = usable  # type: ignore[attr-defined]


@cache
def time_zones() -> list[tuple[str, str]]:
    """All time zones that this machine knows."""
    return [(zone, zone.replace("_", " ")) for zone in sorted(zoneinfo.available_timezones())]


class OrganizationForm(PostForm):
    """How an organization asks."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, validators=[plain_line])
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=time_zones,
        help_text=gettext_lazy("Rounds open and close, and mails tell times, by this clock."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=settings.LANGUAGES,
        help_text=gettext_lazy(
            "Mails and PDF reports are written in it. Pages are in the language of who reads them."
        ),
    )
    minimum_responses = forms.IntegerField(
        label=gettext_lazy("Answers needed before a result is shown"),
        min_value=FLOOR,
        max_value=100,
        help_text=gettext_lazy(
            "At least 4: with fewer, an answer could be traced to one person. More protects people better "
            "and shows less of small teams. A round that is open keeps the number that it promised."
        ),
    )
    keep_responses_days = forms.IntegerField(
        label=gettext_lazy("Days for which answers are kept after a round has closed"),
        required=False,
        min_value=1,
        max_value=36_500,
        help_text=gettext_lazy(
            "Leave it empty to keep them for ever; 400 days is a good choice. Afterwards single answers and "
            "comments are deleted and cannot be brought back. Scores, reports and trends stay."
        ),
    )


class ForgetForm(PostForm):
    """Whose address is to be removed, and that it is meant."""

    button = gettext_lazy("Remove the person for good")

    email = forms.EmailField(label=gettext_lazy("E-mail address"))
    sure = forms.BooleanField(label=gettext_lazy("I know that this cannot be undone"))


class LostDeviceForm(PostForm):
    """Who lost a device, and whether what they signed in with is lost with it."""

    button = gettext_lazy("End their sessions")

    email = forms.EmailField(label=gettext_lazy("E-mail address"))
    second_factors = forms.BooleanField(
        required=False,
        label=gettext_lazy("Take their second factors away, too"),
        help_text=gettext_lazy(
            "For somebody who lost their authenticator app or passkey and has no recovery codes. The "
            "password alone then lets them in until they set up another."
        ),
    )


class AnswerField(forms.Field):
    """One question: a value of its scale, *don't know*, or nothing."""

    widget = forms.RadioSelect

    def __init__(self, scale: Scale, language: str, label: str, help_text: str = "") -> None:
        super().__init__(required=False, label=label, help_text=help_text)
        self.scale = scale
        self.language = language

    @cached_property
    def choices(self) -> list[tuple[str, str]]:
        """What can be chosen, with its words; made only when the question is shown."""
        options = [
            (str(option.value), translate(option.label, self.language)) for option in self.scale.options
        ]
        return [*options, (DONT_KNOW, translate(self.scale.dont_know, self.language))]

    def to_python(self, value: str | None) -> Any:
        """The answer as it is stored; None where nothing was chosen."""
        try:
            return self.scale.parse(value or "")
        except InvalidAnswer as error:
            raise ValidationError(_("Choose one of the answers shown.")) from error


class CapabilityBlock(LayoutObject):
    """A capability's heading over the rows of its statements."""

    template = "assessments/respond/capability.html"
    row_template = "assessments/respond/likert_row.html"

    def __init__(self, capability: Capability, language: str) -> None:
        self.title = "" if capability.untitled else translate(capability.name, language)
        self.definition = "" if capability.untitled else translate(capability.definition, language)
        self.key = capability.key
        self.fields = [
            Field(statement.key, template=self.row_template) for statement in capability.statements
        ]

    def render(self, form: Any, context: Any, template_pack: Any = TEMPLATE_PACK, **kwargs: Any) -> str:
        """The block as HTML."""
        rows = self.get_rendered_fields(form, context, template_pack, **kwargs)
        return render_to_string(
            self.template,
            {
                "title": self.title,
                "definition": self.definition,
                "key": form.add_prefix(self.key),
                "rows": rows,
            },
        )


@lru_cache(maxsize=512)  # not without end: every preview has an instrument of its own
def answer_fields(instrument: Instrument, number: int, language: str) -> dict[str, AnswerField]:
    """The questions of a page as form fields. They keep nothing of a request, so all forms share them."""
    page = pages_of(instrument)[number - 1]
    statements = {
        statement.key: AnswerField(instrument.scale, language, translate(statement.text, language))
        for capability in page.capabilities
        for statement in capability.statements
    }
    return statements | {
        metric.key: AnswerField(
            metric.scale,
            language,
            translate(metric.question, language),
            translate(metric.definition, language),
        )
        for metric in page.key_metrics
    }


def filled(html: str, answers: Mapping[str, Any], keys: Iterable[str]) -> str:
    """The questions as HTML with what was chosen. Drawing them anew takes longer than all else on a page."""
    for key in keys:
        chosen = answers.get(key, ())
        for value in chosen if isinstance(chosen, list) else [chosen]:
            shown = f'name="{key}" value="{value}"'
            html = html.replace(shown, f"{shown} checked", 1)
    return mark_safe(html)  # noqa: S308  our own templates made it, and keys and values are the questionnaire's


@cache
def unanswered(instrument: Instrument, number: int, language: str) -> str:
    """The questions of a page as HTML, with nothing chosen; in the active language, which is this one."""
    return str(render_crispy_form(ResponseForm(pages_of(instrument)[number - 1], instrument, language)))


@cache
def unanswered_review(instrument: Instrument, language: str) -> str:
    """The same for the last page."""
    return str(render_crispy_form(ReviewForm(instrument, language)))


class ResponseForm(forms.Form):
    """One page of the questionnaire. Its cleaned data are answers as they are stored."""

    def __init__(self, page: Page, instrument: Instrument, language: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page = page
        self.instrument = instrument
        self.language = language
        self.fields.update(answer_fields(instrument, page.number, language))

    @property
    def helper(self) -> FormHelper:
        """How the page is laid out; made only when it is shown."""
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True  # both are in the page's own form element
        helper.layout = Layout(
            *(CapabilityBlock(capability, self.language) for capability in self.page.capabilities),
            *(
                Field(metric.key, template="assessments/respond/band_row.html")
                for metric in self.page.key_metrics
            ),
        )
        return helper

    @property
    def rows(self) -> str:
        """The questions with the answers that are stored, as HTML; for a form that was not sent."""
        empty = unanswered(self.instrument, self.page.number, self.language)
        return filled(empty, self.initial, self.page.keys)

    @property
    def answers(self) -> dict[str, Any]:
        """What to store. A blank changes nothing: an answer cannot be unchosen, but a page can be stale."""
        return {key: value for key, value in self.cleaned_data.items() if value is not None}

    def clean(self) -> dict[str, Any]:
        """Refuse what was not asked here."""
        extra = set(self.data) - set(self.fields) - {"csrfmiddlewaretoken", "go"}
        if extra:
            raise ValidationError(_("The form has answers to questions that are not asked on this page."))
        return self.cleaned_data


class ReviewForm(forms.Form):
    """The last page: what holds the team back, and anything else."""

    hindrances = forms.MultipleChoiceField(
        label=gettext_lazy("What holds your team back most?"),
        help_text=gettext_lazy("Choose up to three."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    comment = forms.CharField(
        label=gettext_lazy("Anything else your team should hear?"),
        help_text=gettext_lazy(
            "Your team mates may recognise your style, so write nothing that you would not say aloud. "
            "Comments are shown to the team only, shuffled, and only where at least three people wrote one."
        ),
        required=False,
        max_length=COMMENT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        validators=[plain_text],
    )

    def __init__(self, instrument: Instrument, language: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instrument = instrument
        self.language = language
        self.fields["hindrances"].choices = capability_choices(  # type: ignore[attr-defined]
            instrument, language
        )

    @property
    def helper(self) -> FormHelper:
        """How the page is laid out; made only when it is drawn."""
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        helper.layout = Layout(
            Field(
                "hindrances",
                data_limit=HINDRANCES_MAXIMUM,
                data_limit_reached=_("Three are chosen. Take one back to choose another."),
            ),
            "comment",
        )
        return helper

    @property
    def rows(self) -> str:
        """The questions with what was said, as HTML; for a form that was not sent."""
        html = filled(unanswered_review(self.instrument, self.language), self.initial, ["hindrances"])
        comment = escape(self.initial.get("comment") or "")
        return mark_safe(html.replace("</textarea>", f"{comment}</textarea>", 1))  # noqa: S308  both are escaped

    def clean_hindrances(self) -> list[str]:
        """Refuse more than three."""
        chosen: list[str] = self.cleaned_data["hindrances"]
        if len(chosen) > HINDRANCES_MAXIMUM:
            raise ValidationError(
                _("You chose %(number)d. Please keep the three biggest.") % {"number": len(chosen)}
            )
        return chosen

    @property
    def answers(self) -> Mapping[str, Any]:
        """What to store: None where nothing was said."""
        return {
            "hindrances": self.cleaned_data["hindrances"] or None,
            "comment": self.cleaned_data["comment"].strip() or None,
        }


# --- Questionnaires of one's own ---------------------------------------------------------------


class QuestionnaireFileForm(PostForm):
    """A questionnaire as a file."""

    button = gettext_lazy("Show it")

    file = UploadField("yaml", "yml", label=gettext_lazy("Questionnaire"))


def line_of_a_questionnaire(value: str) -> None:
    """Refuse what no questionnaire may say."""
    if not value.isprintable():
        raise ValidationError(_("The text has characters that cannot be shown. Please type it again."))


def slug_of_a_questionnaire(value: str) -> None:
    """Refuse what cannot stand in a file and in an address."""
    if not re.fullmatch(r"[a-z0-9_]+", value) or value in RESERVED_KEYS:
        raise ValidationError(_("Use small letters, digits and underscores, such as our_questions."))


class VariantForm(PostForm):
    """What a questionnaire of one's own takes over from another one, and what it adds."""

    button = gettext_lazy("Show it")

    slug = forms.CharField(
        label=gettext_lazy("Short name"),
        help_text=gettext_lazy(
            "Small letters, digits and underscores. With a name that you used before, this becomes the next "
            "version."
        ),
        max_length=KEY_LENGTH,
        validators=[slug_of_a_questionnaire],
    )

    def __init__(self, base: Instrument, language: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.base = base
        for code in base.languages:
            self.fields[f"title-{code}"] = forms.CharField(
                label=self._in(_("Title"), code),
                max_length=NAME_LENGTH,
                validators=[line_of_a_questionnaire],
                initial=base.title[code],
            )
        for capability in base.capabilities:
            self._ask(capability, language)
        blocks = [VariantBlock(category, language) for category in base.categories]
        titles = [f"title-{code}" for code in base.languages]
        self.helper.layout = Layout(*titles, "slug", *blocks, Submit("", self.button, css_id=""))

    def _in(self, label: str, code: str) -> str:
        """A label that says in which language, where there are several."""
        if len(self.base.languages) == 1:
            return label
        return _("%(label)s, in the language “%(code)s”") % {"label": label, "code": code}

    def _ask(self, capability: Capability, language: str) -> None:
        name = translate(capability.name, language)
        self.fields[f"asked-{capability.key}"] = forms.MultipleChoiceField(
            label=name,
            choices=[(each.key, translate(each.text, language)) for each in capability.statements],
            initial=[each.key for each in capability.statements],
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )
        for code in self.base.languages:
            self.fields[f"added-{capability.key}-{code}"] = forms.CharField(
                label=self._in(_("Add to “%(name)s”") % {"name": name}, code),
                required=False,
                max_length=PARAGRAPH_LENGTH,
                widget=forms.Textarea(attrs={"rows": 1}),
                validators=[plain_text],
            )

    def clean(self) -> dict[str, Any]:
        """Refuse what could not be answered, scored or told apart."""
        self.added = {each.key: self._added(each) for each in self.base.capabilities}
        number = len(self.asked) + sum(map(len, self.added.values()))
        if not number:
            self.add_error(None, _("Nothing is asked. Leave at least one capability in."))
        if number > MOST_STATEMENTS:
            self.add_error(
                None,
                _("These are %(number)d statements. More than %(most)d take longer than ten minutes.")
                % {"number": number, "most": MOST_STATEMENTS},
            )
        return self.cleaned_data

    def _added(self, capability: Capability) -> list[Texts]:
        """The new statements of a capability: one a line, each in every language."""
        fields = {code: f"added-{capability.key}-{code}" for code in self.base.languages}
        lines = {
            code: [line.strip() for line in self.cleaned_data.get(field, "").splitlines() if line.strip()]
            for code, field in fields.items()
        }
        last = fields[self.base.languages[-1]]
        if len({len(each) for each in lines.values()}) > 1:
            self.add_error(last, _("Give each statement in every language, in the same order."))
            return []
        for code, field in fields.items():
            for problem in self._problems(capability, code, lines[code]):
                self.add_error(field, problem)
        kept = self.cleaned_data.get(f"asked-{capability.key}", [])
        if 0 < len(kept) + len(lines[self.base.languages[0]]) < FEWEST_STATEMENTS:
            self.add_error(
                f"asked-{capability.key}",
                _("Ask at least two statements, or none: one alone is too shaky a measure."),
            )
        return [dict(zip(lines, texts, strict=True)) for texts in zip(*lines.values(), strict=True)]

    def _problems(
        self, capability: Capability, code: str, lines: list[str]
    ) -> Iterator[str | ValidationError]:
        kept = self.cleaned_data.get(f"asked-{capability.key}", [])
        asked = [each.text[code] for each in capability.statements if each.key in kept]
        for line in dict.fromkeys(lines):
            if len(line) > STATEMENT_LENGTH:
                yield _("A statement has at most %(most)d characters.") % {"most": STATEMENT_LENGTH}
            try:
                line_of_a_questionnaire(line)
            except ValidationError as error:
                yield error
            if (*asked, *lines).count(line) > 1:
                yield _("“%(statement)s” would be asked twice.") % {"statement": line}

    @property
    def asked(self) -> list[str]:
        """The keys of the statements that stay."""
        chosen = (self.cleaned_data.get(f"asked-{each.key}", []) for each in self.base.capabilities)
        return [key for keys in chosen for key in keys]

    @property
    def title(self) -> Texts:
        """The title in every language."""
        return {code: self.cleaned_data[f"title-{code}"] for code in self.base.languages}


class VariantBlock(LayoutObject):
    """A category's heading over its capabilities, each with its statements and a place for more."""

    template = "assessments/questionnaires/vary_category.html"

    def __init__(self, category: Category, language: str) -> None:
        self.category = category
        self.title = translate(category.name, language)

    def render(self, form: Any, context: Any, template_pack: Any = TEMPLATE_PACK, **kwargs: Any) -> str:
        """The block as HTML."""
        capabilities = [
            {
                "asked": form[f"asked-{each.key}"],
                "added": [form[f"added-{each.key}-{code}"] for code in form.base.languages],
                "reversed": each.statements[0].reversed,
            }
            for each in self.category.capabilities
        ]
        return render_to_string(self.template, {"title": self.title, "capabilities": capabilities})
