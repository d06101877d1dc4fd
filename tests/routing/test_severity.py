"""How loud an alert is: the configuration first, well-known words next, and loud where nobody knows."""

from __future__ import annotations

import pytest

from routing.alert import Severity
from routing.severity import grade

MAPPING = {"page": Severity.WARNING, "cosmic": Severity.INFO}


@pytest.mark.parametrize(
    ("labels", "severity", "reason"),
    [
        ({"severity": "critical"}, Severity.CRITICAL, 'severity="critical"'),
        ({"severity": " Warning "}, Severity.WARNING, 'severity=" Warning "'),
        ({"severity": "p3"}, Severity.WARNING, 'severity="p3" means warning'),
        ({"severity": "none"}, Severity.INFO, 'severity="none" means info'),
        ({"severity": "page"}, Severity.WARNING, 'severity="page" means warning'),
        ({"severity": "COSMIC"}, Severity.INFO, 'severity="COSMIC" means info'),
        ({"severity": "whatever"}, Severity.CRITICAL, 'severity="whatever" is not known, so critical'),
        ({"severity": ""}, Severity.CRITICAL, "no severity label, so critical"),
        ({}, Severity.CRITICAL, "no severity label, so critical"),
    ],
)
def test_a_label_means_a_severity_with_a_reason(labels, severity, reason):
    graded = grade(labels, MAPPING, Severity.CRITICAL)
    assert (graded.severity, graded.reason) == (severity, reason)
