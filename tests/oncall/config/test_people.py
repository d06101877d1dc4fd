from __future__ import annotations

from datetime import timedelta

import pytest

from oncall.person import Away, ContactRule, QuietHours, Role


def person(loaded, text, **replaced):
    return loaded(people=f"ana:\n  name: Ana Ruiz\n  email: ana@shop.example\n{text}", **replaced).people["ana"]


def rules(*pairs):
    return tuple(ContactRule(channel=channel, after=timedelta(minutes=after)) for channel, after in pairs)


def test_everything_a_person_may_have_is_read(loaded):
    ana = person(
        loaded,
        '  mobile: "+34 600 111 222"\n  timezone: Europe/Madrid\n  language: es\n  role: editor\n'
        "  aliases: [Ana R., ruiz]\n  holidays: es-md\n  quiet_hours: 22:00-07:30\n"
        "  contact: {webhook: https://pager.example/ana}\n"
        "  important: [{via: voice, after: 3m}, {via: sms}]\n  ordinary: [{via: email, after: 4m}]\n",
    )
    assert (ana.name, ana.timezone, ana.language, ana.role) == ("Ana Ruiz", "Europe/Madrid", "es", Role.EDITOR)
    assert ana.aliases == ("Ana R.", "ruiz")
    assert ana.holidays == "ES-MD"
    assert ana.quiet_hours == QuietHours(since=1320, until=450)
    assert ana.address("webhook") == "https://pager.example/ana"
    assert ana.ordinary == rules(("email", 4))


def test_a_mobile_number_is_for_texts_and_calls_without_its_spaces(loaded):
    ana = person(loaded, '  mobile: "+34 600 111 222"\n')
    assert ana.address("sms") == ana.address("voice") == "+34600111222"


def test_another_address_for_calls_wins_over_the_mobile(loaded):
    ana = person(loaded, '  mobile: "+34600111222"\n  contact: {voice: "+34910000000"}\n')
    assert (ana.address("sms"), ana.address("voice")) == ("+34600111222", "+34910000000")


def test_everybody_has_the_built_in_phone_under_their_id(loaded):
    assert person(loaded, "").address("phone") == "ana"


def test_rules_are_kept_in_the_order_they_are_used(loaded):
    ana = person(loaded, '  mobile: "+34600111222"\n  important: [{via: voice, after: 3m}, {via: sms}]\n')
    assert ana.important == rules(("sms", 0), ("voice", 3))


def test_without_rules_a_person_is_asked_by_what_they_have_loudest_last(loaded):
    ana = person(loaded, '  mobile: "+34600111222"\n')
    assert ana.important == rules(("email", 0), ("sms", 1), ("voice", 3))


def test_the_companys_rules_hold_for_those_who_give_none_as_far_as_they_have_the_channels(loaded):
    defaults = "defaults: {fallback_team: ops, important: [{via: sms}, {via: email, after: 2m}]}\n"
    ana = person(loaded, "", oncall=defaults)
    assert ana.important == rules(("email", 2))


def test_a_rule_may_be_written_without_a_list(loaded):
    assert person(loaded, "  important: {via: email}\n").important == rules(("email", 0))


def test_somebody_with_no_channel_is_asked_on_the_built_in_phone_and_that_is_said(told):
    lines = told(people="ana: {name: Ana Ruiz}\n")
    assert lines == ["people.yaml:1: warning: ana can be reached in the browser only. Add mobile, slack or email"]


def test_somebody_whom_the_companys_rules_do_not_reach_is_said(told):
    """They have an address, so the directory looks well, and at night nobody looks at a browser."""
    lines = told(
        people="ana: {name: Ana Ruiz, email: ana@shop.example}\n",
        oncall="defaults: {fallback_team: ops, important: [{via: slack}, {via: sms, after: 1m}]}\n",
    )
    assert lines == [
        (
            "people.yaml:1: warning: person ana has no slack or sms, by which defaults ask, so only the phone in the browser"
            " rings. Give them slack or sms, or important: rules of their own"
        )
    ]


def test_people_may_be_spread_over_files(loaded):
    directory = loaded(people__europe="ben: {name: Ben Okafor, email: ben@shop.example, role: viewer}\n")
    assert set(directory.people) == {"ana", "ben"}


def test_a_person_in_two_files_is_told_with_both_places(told):
    lines = told(people__europe="# Europe\nana: {name: Ana, email: b@shop.example}\n")
    assert lines == ["people/europe.yaml:2: error: person ana stands twice. Remove one; the other is at people.yaml:1"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("  role: king\n", "role is 'king'"),
        ("  quiet_hours: late\n", "quiet_hours is 'late'"),
        ("  away: {}\n", "away has neither a file nor a url"),
        ("  away: {file: nowhere.ics}\n", "names no file: nowhere.ics"),
        ("  away: {url: ftp://hr.example/a.ics}\n", "url is 'ftp://hr.example/a.ics'"),
        ("  away: {url: https://hr.example/a.ics, match: (}\n", "match is no regular expression"),
        ("  aliases: [1]\n", "aliases has 1 where a text should stand"),
        ("  aliases: {a: b}\n", "aliases has a mapping where a text should stand"),
        ("  mobile: '600111222'\n", "mobile is '600111222'"),
        ("  contact: {pigeon: roof}\n", "there is no channel 'pigeon'"),
        ("  contact: {webhook: nowhere}\n", "webhook cannot be used"),
        ("  contact: [webhook]\n", "contact is a list"),
        ("  important: sms\n", "important rule 1 is 'sms'"),
        ("  important: [{after: 1m}]\n", "via is missing"),
        ("  important: [{via: email, after: soon}]\n", "after is 'soon'"),
        ("  phone: '+34600111222'\n", "there is no key 'phone'"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_line(told, text, says):
    lines = told(people=f"ana:\n  name: Ana Ruiz\n  email: ana@shop.example\n{text}")
    assert [line for line in lines if says in line and line.startswith("people.yaml:4: error: ")]


@pytest.mark.parametrize("id_", ["Ana", "ana ruiz", "-ana", "änne"])
def test_an_id_that_cannot_be_typed_in_a_reply_is_refused(told, id_):
    lines = told(people=f"{id_}: {{name: Ana, email: ana@shop.example}}\n", teams__ops="members: []\n")
    assert [line for line in lines if f"{id_!r} is no id for a person" in line]


def test_a_name_is_required(told):
    lines = told(people="ana: {email: ana@shop.example}\n")
    assert lines == [
        "people.yaml:1: error: person ana: name is missing. Add name: full name, as messages and views show it"
    ]


def test_a_person_that_is_no_mapping_is_told(told):
    assert "people.yaml:1: error: person ana is no mapping. Write indented keys below it, such as name:" in told(
        people="ana: Ana Ruiz\n"
    )


def test_only_channels_that_cannot_count_leave_a_person_unreachable(told):
    lines = told(people="ana: {name: Ana Ruiz, email: ana@shop.example, important: [{via: fax}]}\n")
    assert [line for line in lines if "ana cannot be reached" in line]


def test_a_calendar_of_absences_lies_in_the_persons_zone_and_knows_the_usual_words(loaded):
    ana = person(loaded, "  timezone: Europe/Madrid\n  away: {url: webcal://hr.example/ana.ics, credentials_env: HR}\n")
    assert ana.away == Away(location="https://hr.example/ana.ics", timezone="Europe/Madrid", credentials_env="HR")
    assert person(loaded, "  away: {url: https://hr.example/a.ics, match: Kur}\n").away.match == "Kur"
    assert person(loaded, "").away is None
