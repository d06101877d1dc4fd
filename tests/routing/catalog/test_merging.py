"""Several sources, one entry: precedence per field, lists by kind and name, the order of arrival without effect."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from routing.catalog import Entry, Origin, Tool, ToolKind
from routing.catalog.assembly import SourceContent
from routing.catalog.merging import Precedence, merge_sources


def content(source, *entries):
    def placed(entry, line):
        return Entry(
            **{name: getattr(entry, name) for name in entry.__struct_fields__ if name != "origins"},
            origins={"name": Origin(source=source, file=f"{source}.yaml", line=line)},
        )

    return SourceContent(source=source, entries=tuple(placed(entry, n) for n, entry in enumerate(entries, 1)))


def tool(kind, name, url):
    return Tool(kind=ToolKind(kind), name=name, url=url)


OWN = content(
    "own", Entry(name="checkout", owner="payments", aliases=("cart",), tools=(tool("runbook", "Book", "https://own"),))
)
BACKSTAGE = content(
    "backstage",
    Entry(name="Checkout", owner="web", tier=2, lifecycle="production", tools=(tool("runbook", "book", "https://bs"), tool("logs", "Logs", "https://logs")), depends_on=("ledger",)),
)  # fmt: skip
OPSLEVEL = content(
    "opslevel", Entry(name="Checkout Service", owner="x", tier=1, aliases=("checkout",), depends_on=("Ledger", "vault"))
)
ORDER = Precedence(default=("own", "backstage", "opslevel"), fields={"tier": ("opslevel",)})


def one(*contents, precedence=ORDER):
    (entry,), problems = merge_sources(contents, precedence)
    assert problems == ()
    return entry


def test_the_strongest_source_that_has_a_field_gives_it():
    entry = one(OWN, BACKSTAGE, OPSLEVEL)
    assert (entry.name, entry.owner, entry.lifecycle) == ("checkout", "payments", "production")


def test_precedence_may_differ_per_field():
    assert one(OWN, BACKSTAGE, OPSLEVEL).tier == 1
    assert one(OWN, BACKSTAGE, OPSLEVEL, precedence=Precedence(default=("own", "backstage"))).tier == 2


def test_lists_merge_by_name_and_tools_by_kind_and_name():
    entry = one(OWN, BACKSTAGE, OPSLEVEL)
    assert entry.depends_on == ("ledger", "vault")
    assert entry.aliases == ("cart", "Checkout Service")
    assert entry.tools == (tool("runbook", "Book", "https://own"), tool("logs", "Logs", "https://logs"))


def test_every_field_and_member_remembers_where_it_came_from():
    entry = one(OWN, BACKSTAGE, OPSLEVEL)
    assert entry.origin("owner").source == "own"
    assert entry.origin("tier").source == "opslevel"
    assert entry.origin("tools.runbook.Book").source == "own"
    assert entry.origin("tools.logs.Logs").source == "backstage"
    assert entry.origin("depends_on.vault") == Origin(source="opslevel", file="opslevel.yaml", line=1)


def test_an_alias_never_makes_one_service_of_two_that_a_source_keeps_apart():
    apart = content("opslevel", Entry(name="a"), Entry(name="b", aliases=("checkout",)))
    clash = content("own", Entry(name="checkout", aliases=("a",)))
    entries, problems = merge_sources([apart, clash], ORDER)
    assert [entry.name for entry in entries] == ["a", "b", "checkout"]
    assert "makes one service of a, b" in problems[0].what


def test_an_entry_of_one_source_stays_as_it_was():
    assert one(OWN) == OWN.entries[0]


NAMES = st.sampled_from(["a", "A", "b", "c", "d"])
ENTRIES = st.builds(
    Entry,
    name=NAMES,
    owner=st.sampled_from(["", "x", "y"]),
    tier=st.sampled_from([None, 1, 2]),
    aliases=st.lists(NAMES, max_size=2).map(tuple),
    depends_on=st.lists(NAMES, max_size=2).map(tuple),
    tools=st.lists(
        st.builds(Tool, kind=st.just(ToolKind.LOGS), name=NAMES, url=st.sampled_from(["https://1", "https://2"])),
        max_size=2,
    ).map(tuple),
)


@given(st.lists(st.lists(ENTRIES, max_size=4, unique_by=lambda entry: entry.name), max_size=4), st.randoms())
def test_the_order_of_arrival_changes_nothing(sources, random):
    contents = [content(f"s{n}", *entries) for n, entries in enumerate(sources)]
    precedence = Precedence(default=("s2", "s0"), fields={"owner": ("s1",)})
    expected = merge_sources(contents, precedence)
    shuffled = [
        SourceContent(source=part.source, entries=tuple(random.sample(part.entries, len(part.entries))))
        for part in contents
    ]
    random.shuffle(shuffled)
    assert merge_sources(shuffled, precedence) == expected


@given(st.lists(st.lists(ENTRIES, max_size=4, unique_by=lambda entry: entry.name), max_size=4))
def test_no_service_is_lost_and_none_stands_twice(sources):
    contents = [content(f"s{n}", *entries) for n, entries in enumerate(sources)]
    entries, _ = merge_sources(contents, Precedence())
    names = [entry.name.lower() for entry in entries]
    called = {name.lower() for entry in entries for name in (entry.name, *entry.aliases)}
    assert len(names) == len(set(names))
    assert all(entry.name.lower() in called for part in contents for entry in part.entries)
