"""Public holidays of the place a person lives in, from the `holidays` package."""

from __future__ import annotations

from datetime import date
from functools import lru_cache


@lru_cache(maxsize=1024)
def public_holidays(code: str, year: int) -> frozenset[date]:
    """The public holidays of a year by ISO 3166 code ("DE", "US-CA"); an empty code has none.

    Raises:
        ValueError: there is no such country or part of it.
    """
    if not code:
        return frozenset()
    import holidays  # noqa: PLC0415 - several megabytes that only places with holidays need

    country, _, part = code.partition("-")
    try:
        return frozenset(holidays.country_holidays(country.upper(), subdiv=part.upper() or None, years=year))
    except NotImplementedError:
        raise ValueError(f"there are no holidays for {code!r}: use an ISO 3166 code such as DE or US-CA") from None
