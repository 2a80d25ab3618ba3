"""Forms: what may be posted, and in which words it is refused."""

import datetime as dt
import zoneinfo
from collections.abc import Mapping
from functools import cache
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout, LayoutObject, Submit
from crispy_forms.utils import TEMPLATE_PACK
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.models import model_to_dict
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.functional import cached_property, lazy
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from .delivery_files import LENGTHS, MAXIMUM_BYTES, PRODUCTION, Options, Problem
from .disclosure import FLOOR
from .instrument import Capability, Instrument
from .models import (
    ActionState,
    Goal,
    Group,
    Organization,
    OrganizationRole,
    Questionnaire,
    Round,
    Team,
    TeamRole,
    User,
)
from .models.rounds import MOST_REMINDERS
from .models.schedules import LAST_DAY
from .pages import Page, pages_of
from .queries import newest_questionnaires
from .roster_file import Person, RosterFileError, read_addresses
from .scale import DONT_KNOW, InvalidAnswer, Scale, translate
from .services.deliveries import WORDS
from .services.rosters import refusal
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

    file = forms.FileField(
        label=gettext_lazy("Spreadsheet"), widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"})
    )
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
            "Such as Ann Smith &lt;ann@example.org&gt;, or the address alone. "
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


class CareForm(PostForm):
    """Which of an organization's teams are in a coach's care."""

    teams = forms.ModelMultipleChoiceField(
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

    file = forms.FileField(
        label=gettext_lazy("File"), widget=forms.FileInput(attrs={"accept": ".csv,.json,.jsonl,.ndjson"})
    )
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
        self.fields["questionnaire"].queryset = Questionnaire.objects.exclude(  # type: ignore[attr-defined]
            published_at=None
        ).order_by("slug", "-version")

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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["questionnaire"].queryset = newest_questionnaires()  # type: ignore[attr-defined]
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
        Questionnaire.objects.exclude(published_at=None).order_by("-published_at", "-version"),
        label=gettext_lazy("Questionnaire"),
        empty_label=None,
    )


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
            self.template, {"title": self.title, "definition": self.definition, "key": self.key, "rows": rows}
        )


@cache
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


class ResponseForm(forms.Form):
    """One page of the questionnaire. Its cleaned data are answers as they are stored."""

    def __init__(self, page: Page, instrument: Instrument, language: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page = page
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
        self.fields["hindrances"].choices = capability_choices(  # type: ignore[attr-defined]
            instrument, language
        )
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(
            Field(
                "hindrances",
                data_limit=HINDRANCES_MAXIMUM,
                data_limit_reached=_("Three are chosen. Take one back to choose another."),
            ),
            "comment",
        )

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
