"""Words for what was measured, rounded as people say it."""

from collections.abc import Callable

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from assessments.deliveries import FEW, Figures, ten_of_band, ten_of_share

from ..content import Measured

register = template.Library()

USUAL = {
    "daily": gettext_lazy("Most weeks had some on three days or more."),
    "weekly": gettext_lazy("Most weeks had one or more."),
    "monthly": gettext_lazy("Most months had one or more, but not most weeks."),
    "rarely": gettext_lazy("Most months had none."),
}


@register.filter
def figure(measured: Measured, key: str) -> str:
    """What the events say about one key metric, or about rework, in sentences."""
    return WORDS[key](measured.figures)


@register.filter
def quick_check(measured: Measured) -> list[tuple[str, str]]:
    """Each figure on the scale from 0 to 10 of DORA's Quick Check; what cannot be told is not there."""
    figures = measured.figures
    bands = [
        (_("lead time"), figures.lead_time and figures.lead_time.band),
        (_("deployment frequency"), figures.frequency.band),
        (_("recovery"), figures.recovery and figures.recovery.band),
    ]
    shares = [
        (_("failures"), None if figures.failure_rate is None else figures.failure_rate.share),
        (_("rework"), figures.rework),
    ]
    values = [(name, ten_of_band(band)) for name, band in bands if band]
    values += [(name, ten_of_share(share)) for name, share in shares if share is not None]
    return [(name, number_format(round(value, 1), 1)) for name, value in values]


def duration(hours: float) -> str:
    """A length of time, rounded: minutes below two hours, hours below two days, then days."""
    if hours < 2:
        number = round(hours * 60)
        return ngettext("%(number)d minute", "%(number)d minutes", number) % {"number": number}
    if hours < 48:
        return _("%(number)d hours") % {"number": round(hours)}
    return _("%(number)d days") % {"number": round(hours / 24)}


def _percent(share: float) -> str:
    return f"{round(share * 100)}\u00a0%"


def _frequency(figures: Figures) -> str:
    found = figures.frequency
    if not found.deployments:
        return _("No deployment.")
    return " ".join(
        [
            ngettext("%(number)d deployment", "%(number)d deployments", found.deployments)
            % {"number": found.deployments},
            _("on %(with)d of %(days)d days, %(rate)s a week. %(usual)s The longest pause was %(gap)s.")
            % {
                "rate": number_format(round(found.per_week, 1), 1),
                "with": found.days_with,
                "days": found.days,
                "usual": USUAL[found.usual],
                "gap": duration(found.longest_gap * 24),
            },
        ]
    )


def _lead_time(figures: Figures) -> str:
    found = figures.lead_time
    if found is None:
        return _("Nobody told when the commits were made.")
    text = ngettext(
        "%(median)s for the one commit.",
        "%(median)s for the middle one of %(number)d commits, 85 %% of them within %(p85)s; "
        "%(oldest)s for the oldest commit of a deployment.",
        found.commits,
    ) % {
        "median": duration(found.median),
        "number": found.commits,
        "p85": duration(found.p85),
        "oldest": duration(found.oldest),
    }
    if not found.excluded:
        return text
    left_out = ngettext(
        "%(number)d commit that is later than its deployment was left out.",
        "%(number)d commits that are later than their deployments were left out.",
        found.excluded,
    )
    return f"{text} {left_out % {'number': found.excluded}}"


def _failure_rate(figures: Figures) -> str:
    found = figures.failure_rate
    if found is None:
        return _("Without deployments there is no rate.")
    return _(
        "%(failed)d of %(all)d deployments caused incidents, %(share)s (95 %% interval %(low)s to %(high)s)."
    ) % {
        "failed": found.failed,
        "all": figures.frequency.deployments,
        "share": _percent(found.share),
        "low": _percent(found.low),
        "high": _percent(found.high),
    }


def _recovery(figures: Figures) -> str:
    found = figures.recovery
    if found is None:
        return _("No deployment caused an incident.")
    if found.deployments < FEW:
        cases = [
            duration(hours) if recovered else _("more than %(time)s, still open") % {"time": duration(hours)}
            for hours, recovered in found.cases
        ]
        return _("So few that each is named: %(cases)s.") % {"cases": "; ".join(cases)}
    if found.median is None:
        return _("No middle can be told: %(open)d of %(all)d were still open at the end.") % {
            "open": found.open,
            "all": found.deployments,
        }
    text = _("%(median)s for the middle one of %(number)d failed deployments.") % {
        "median": duration(found.median),
        "number": found.deployments,
    }
    return f"{text} {_still_open(found.open)}" if found.open else text


def _still_open(number: int) -> str:
    return ngettext(
        "%(number)d was still open at the end and counts as longer than that.",
        "%(number)d were still open at the end and count as longer than that.",
        number,
    ) % {"number": number}


def _rework(figures: Figures) -> str:
    if figures.rework is None:
        return _("Without deployments there is no rate.")
    unplanned = round(figures.rework * figures.frequency.deployments)
    return ngettext(
        "%(number)d of %(all)d deployments was unplanned, %(share)s.",
        "%(number)d of %(all)d deployments were unplanned, %(share)s.",
        unplanned,
    ) % {
        "number": unplanned,
        "all": figures.frequency.deployments,
        "share": _percent(figures.rework),
    }


WORDS: dict[str, Callable[[Figures], str]] = {
    "lead_time": _lead_time,
    "deployment_frequency": _frequency,
    "time_to_restore": _recovery,
    "change_failure_rate": _failure_rate,
    "rework": _rework,
}
