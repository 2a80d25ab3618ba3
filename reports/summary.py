"""From frozen scores to the summary of an organization, in which no team is named."""

from django.utils.timezone import localtime

from assessments.models import Round
from assessments.queries import compared_assessments, groups_of, load_instrument
from assessments.scale import translate

from .comparison import build_comparison, places_of
from .summary_content import Summary, categories_of, counted_teams, low_of


def build_summary(of: Round, language: str) -> Summary:
    """The content of a closed round's summary: five queries, however many teams."""
    instrument = load_instrument(of.questionnaire)
    assessments = list(compared_assessments(of))
    comparison = build_comparison(of, language, tree=places_of(groups_of(of.organization)))
    counted = counted_teams(comparison, {each.team.slug: each.responded for each in assessments})
    return Summary(
        organization=of.organization.name,
        round=of.name,
        closed_on=localtime(of.closed_at).date(),
        language=language,
        questionnaire=translate(instrument.title, language),
        questionnaire_version=f"{instrument.slug} {instrument.version}",
        minimum=of.minimum_responses,
        invited=None if of.imported else sum(each.invited for each in assessments),
        responded=sum(each.responded for each in assessments),
        teams=len(assessments),
        counted=len(counted.teams),
        categories=categories_of(counted),
        low_in_most=low_of(counted.low_in_most),
    )
