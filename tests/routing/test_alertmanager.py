"""Decoding Alertmanager's webhook: everything real ones send goes through, everything else names its fault."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from routing.alert import AlertStatus
from routing.fingerprint import fingerprint
from routing.sources import SOURCES, BodyError, source
from routing.sources.alertmanager import decode, glance
from routing.sources.base import ANNOTATION_LIMIT, LABEL_LIMIT, PAIRS_LIMIT


def alert(**changes):
    return {
        "status": "firing",
        "labels": {"alertname": "Disk"},
        "annotations": {},
        "startsAt": "2026-11-20T08:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/g",
        "fingerprint": "60a3c0dbff804b5e",
    } | changes


def body(*alerts, **changes):
    return json.dumps(
        {
            "version": "4",
            "groupKey": "{}:{}",
            "status": "firing",
            "receiver": "oncall",
            "groupLabels": {},
            "commonLabels": {},
            "commonAnnotations": {},
            "externalURL": "http://am",
            "truncatedAlerts": 0,
            "alerts": list(alerts) or [alert()],
        }
        | changes
    ).encode()


def only(data):
    decoded = decode(data)
    assert decoded.rejected == ()
    assert len(decoded.alerts) == 1
    return decoded.alerts[0]


def test_every_recorded_body_goes_through_whole(shared_data):
    paths = sorted((shared_data / "alertmanager").glob("[0-9]*.json"))
    assert len(paths) == 75
    for path in paths:
        sent = json.loads(path.read_bytes())
        decoded = decode(path.read_bytes())
        assert decoded.rejected == (), path.name
        assert [a.fingerprint for a in decoded.alerts] == [a["fingerprint"] for a in sent["alerts"]], path.name
        assert [a.status for a in decoded.alerts] == [a["status"] for a in sent["alerts"]], path.name
        assert all("\0" not in text for a in decoded.alerts for text in (*a.labels.values(), *a.annotations.values()))
        assert decoded.group.truncated == sent["truncatedAlerts"]
        assert decoded.group.key == sent["groupKey"]


def test_the_computed_fingerprint_is_the_one_alertmanager_sends(shared_data):
    for path in sorted((shared_data / "alertmanager").glob("[0-9]*.json")):
        for sent in json.loads(path.read_bytes())["alerts"]:
            assert fingerprint(sent["labels"]) == sent["fingerprint"]


def test_a_missing_fingerprint_is_computed():
    assert (
        only(body(alert(fingerprint="", labels={"instance": "db1", "job": "cron"}))).fingerprint == "60a3c0dbff804b5e"
    )


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("2026-11-20T08:00:00Z", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("2026-11-20T08:00:00.5Z", datetime(2026, 11, 20, 8, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-20T08:00:00.123456789Z", datetime(2026, 11, 20, 8, 0, 0, 123_457, tzinfo=UTC)),
        ("2019-02-28T23:59:59.999999999+05:30", datetime(2019, 2, 28, 18, 30, tzinfo=UTC)),
    ],
)
def test_instants_with_any_precision_and_offset_are_utc(written, means):
    starts_at = only(body(alert(startsAt=written))).starts_at
    assert starts_at == means
    assert starts_at.utcoffset().total_seconds() == 0


def test_a_firing_alert_has_no_end_even_when_its_poster_gave_one():
    assert only(body(alert())).ends_at is None
    assert only(body(alert(endsAt="2030-01-01T00:00:00Z"))).ends_at is None


def test_a_resolved_alert_keeps_its_end():
    seen = only(body(alert(status="resolved", endsAt="2026-11-20T09:00:00Z")))
    assert seen.status is AlertStatus.RESOLVED
    assert seen.ends_at == datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_nul_characters_become_the_replacement_character():
    seen = only(body(alert(labels={"a\0b": "c\0d"}, annotations={"summary": "x\0"}, fingerprint="f\0")))
    assert seen.labels == {"a�b": "c�d"}
    assert seen.annotations == {"summary": "x�"}
    assert seen.fingerprint == "f�"


def test_newer_fields_pass():
    assert only(body(notification_reason="first notification", routeLabels={"a": "b"})).name == "Disk"


def test_the_receiver_is_shown_as_its_owner_wrote_it():
    assert decode(body(receiver=r"payments \(primary\)")).group.receiver == "payments (primary)"
    assert decode(body(receiver=r"oncall\.critical")).group.receiver == "oncall.critical"


def test_absent_maps_and_null_maps_are_empty():
    sent = alert()
    del sent["annotations"]
    assert only(body(sent, groupLabels=None)).annotations == {}


def test_huge_values_are_cut_with_a_mark_that_tells_their_length():
    seen = only(body(alert(labels={"l": "x" * 100_000}, annotations={"a": "y" * 1_000_000})))
    assert len(seen.annotations["a"]) == ANNOTATION_LIMIT
    assert seen.annotations["a"].endswith("… [cut, 1000000 characters]")
    assert len(seen.labels["l"]) == LABEL_LIMIT


def test_countless_labels_are_bounded():
    assert len(only(body(alert(labels={f"l{n}": "" for n in range(5_000)}))).labels) == PAIRS_LIMIT


def test_odd_label_names_pass():
    labels = {"http.status code": "500", "🔥": "yes", "": "empty", "x" * 300: "long"}
    assert only(body(alert(labels=labels))).labels == labels


def test_one_bad_alert_is_handed_back_and_the_rest_is_taken():
    decoded = decode(body(alert(), alert(labels={"a": 1}), alert(status="pending"), alert()))
    assert len(decoded.alerts) == 2
    assert [(bad.index, bad.path) for bad in decoded.rejected] == [
        (1, "$.alerts[1].labels[...]"),
        (2, "$.alerts[2].status"),
    ]
    assert json.loads(decoded.rejected[0].raw)["labels"] == {"a": 1}


@pytest.mark.parametrize(
    ("bad", "path"),
    [
        (alert(labels="x"), "$.alerts[1].labels"),
        (alert(startsAt="yesterday"), "$.alerts[1].startsAt"),
        (alert(startsAt="2026-11-20T08:00:00"), "$.alerts[1].startsAt"),
        (alert(startsAt="9999-12-31T23:59:59-05:00"), "$.alerts[1]"),
        ({}, "$.alerts[1].status"),
        (7, "$.alerts[1]"),
    ],
)
def test_a_rejected_alert_names_its_wrong_part(bad, path):
    assert decode(body(alert(), bad)).rejected[0].path == path


def test_broken_utf8_in_one_alert_rejects_that_alert():
    data = body(alert(), alert(labels={"a": "HERE"})).replace(b"HERE", b"\xff")
    decoded = decode(data)
    assert len(decoded.alerts) == 1
    assert decoded.rejected[0].reason == "not UTF-8"
    assert "�" in decoded.rejected[0].raw


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b"", "$"),
        (b"hello", "$"),
        (b"[]", "$"),
        (b"\xff\xfe", "$"),
        (b'{"version": "4", "alerts": ' + b"[" * 200_000, "$"),
        (b'{"message": "a custom payload"}', "$.version"),
        (body(version="3"), "$.version"),
        (body(version=4), "$.version"),
        (body(status="pending"), "$.status"),
        (body(alerts={}), "$.alerts"),
        (body(groupKey=None), "$.groupKey"),
        (body(alert(labels=[])), "$.alerts[0].labels"),
    ],
)
def test_what_is_no_version_4_webhook_is_refused_with_the_path(data, path):
    with pytest.raises(BodyError) as caught:
        decode(data)
    assert caught.value.path == path


def test_a_body_without_alerts_is_empty_not_wrong():
    assert decode(body(alerts=[])).alerts == ()


def test_a_glance_at_every_recorded_body_says_what_reading_it_says(shared_data):
    for path in sorted((shared_data / "alertmanager").glob("[0-9]*.json")):
        seen, decoded = glance(path.read_bytes()), decode(path.read_bytes())
        firing = [a.labels for a in decoded.alerts if a.status is AlertStatus.FIRING]
        assert seen.severities == {labels.get("severity", "") for labels in firing}, path.name
        assert (seen.group_key, seen.receiver) == (decoded.group.key, decoded.group.receiver), path.name


def test_a_glance_counts_only_firing_alerts_and_says_where_one_has_no_severity():
    over = alert(status="resolved", labels={"severity": "critical"}, endsAt="2026-11-20T09:00:00Z")
    assert glance(body(alert(labels={"severity": "warning"}), over)).severities == {"warning"}
    assert glance(body(alert())).severities == {""}
    assert glance(body(over)).severities == frozenset()


def test_a_bad_alert_among_good_ones_does_not_hide_how_loud_the_good_ones_are():
    seen = glance(body(alert(labels={"severity": "critical"}), {"status": "firing"}, alert(labels={"a": 1})))
    assert seen.severities == {"critical"}


def test_a_glance_names_the_group_as_reading_the_body_does():
    seen = glance(body(receiver="on\\.call\0", groupKey="{}:{a=\0}"))
    decoded = decode(body(receiver="on\\.call\0", groupKey="{}:{a=\0}"))
    assert (seen.group_key, seen.receiver) == (decoded.group.key, decoded.group.receiver)
    assert seen.receiver == "on.call\ufffd"


@pytest.mark.parametrize("data", [b"{", body(version="3"), body({"status": "firing"}), body(alert(startsAt="now"))])
def test_a_glance_refuses_what_reading_refuses_and_names_the_same_fault(data):
    with pytest.raises(BodyError) as glanced:
        glance(data)
    with pytest.raises(BodyError) as read:
        decode(data)
    assert (glanced.value.what, glanced.value.path) == (read.value.what, read.value.path)


@pytest.mark.parametrize("member", SOURCES, ids=lambda member: member.name)
def test_every_source_keeps_the_contract(member):
    assert source(member.name) is member
    assert member.title
    assert member.decode.__doc__
    decoded = member.decode(member.example)
    assert decoded.alerts
    assert not decoded.rejected
    seen = member.glance(member.example)
    assert (seen.group_key, seen.receiver) == (decoded.group.key, decoded.group.receiver)
    for junk in (b"", b"\0", b"null", b"{}", b"[[[", b"\xff", member.example[:-20]):
        with pytest.raises(BodyError):
            member.decode(junk)
        with pytest.raises(BodyError):
            member.glance(junk)
