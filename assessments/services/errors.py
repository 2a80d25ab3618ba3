"""Why a service refused. The text is a sentence for the person who asked."""


class ServiceError(Exception):
    """Nothing was changed; the message says what is wrong and what to do."""


class RoundNotOpen(ServiceError):
    """Answers came when the round does not take any."""
