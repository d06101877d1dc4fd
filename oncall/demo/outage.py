"""The story: a database disk fills, payments and the shop feel it, and one unrelated job fails meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One alert that starts or stops firing."""

    name: str
    service: str
    severity: str
    summary: str
    namespace: str
    labels: Mapping[str, str] = field(default_factory=dict)
    resolved: bool = False


@dataclass(frozen=True, slots=True)
class Beat:
    """What is reported at one moment, `at` seconds after the beginning, and what a narrator says to it."""

    at: float
    told: str
    reports: tuple[Report, ...]


_DISK = Report(
    name="PostgresDiskFillingUp",
    service="postgres",
    namespace="postgres",
    severity="warning",
    summary="The disk of postgres-main-0 will be full in 40 minutes",
    labels={"instance": "postgres-main-0"},
)
_DOWN = Report(
    name="PostgresWritesFailing",
    service="postgres",
    namespace="postgres",
    severity="critical",
    summary="postgres-main-0 refuses writes: no space left on device",
    labels={"instance": "postgres-main-0"},
)
_LEDGER = Report(
    name="HighErrorRate",
    service="ledger",
    namespace="ledger",
    severity="critical",
    summary="41% of bookings fail in ledger",
)
_CHECKOUT = Report(
    name="ErrorBudgetBurnFast",
    service="checkout",
    namespace="checkout",
    severity="critical",
    summary="6.2% of orders fail at checkout; the monthly error budget is gone in 14 hours",
    labels={"pod": "checkout-7d9f6c8b5-x2kqp"},
)
_CHECKOUT_SLOW = Report(
    name="LatencyHigh",
    service="checkout",
    namespace="checkout",
    severity="warning",
    summary="The 99th percentile of checkout is 4.8 s",
    labels={"pod": "checkout-7d9f6c8b5-x2kqp"},
)
_CATALOG = Report(
    name="HighErrorRate",
    service="catalog-api",
    namespace="catalog",
    severity="critical",
    summary="18% of requests to catalog-api fail",
)
_LAG = Report(
    name="ConsumerLagGrowing",
    service="kafka",
    namespace="kafka",
    severity="warning",
    summary="orders-to-ledger is 90,000 messages behind and growing",
    labels={"topic": "orders"},
)
_IMAGE = Report(
    name="NodeImageOutdated",
    service="kubernetes",
    namespace="kube-system",
    severity="warning",
    summary="Two nodes run an image that is 40 days old",
)


def _over(report: Report) -> Report:
    return replace(report, resolved=True)


OUTAGE: tuple[Beat, ...] = (
    Beat(0, "A disk fills up; a warning, so nobody is woken.", (_DISK,)),
    Beat(6, "The database refuses writes: platform is paged.", (_DOWN,)),
    Beat(9, "Bookings fail, and orders with them: payments is paged.", (_LEDGER, _CHECKOUT, _CHECKOUT_SLOW)),
    Beat(12, "The shop's catalogue feels it too; messages pile up.", (_CATALOG, _LAG)),
    Beat(20, "Two nodes want a newer image. It has nothing to do with it.", (_IMAGE,)),
    Beat(40, "Somebody freed the disk: writes work again.", (_over(_DOWN), _over(_DISK))),
    Beat(46, "The rest recovers behind it.", (_over(_LEDGER), _over(_CHECKOUT), _over(_CATALOG))),
    Beat(52, "The last warnings clear.", (_over(_CHECKOUT_SLOW), _over(_LAG), _over(_IMAGE))),
)
