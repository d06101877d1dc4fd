from __future__ import annotations

from oncall.config import load
from routing.catalog import Tool, ToolKind
from routing.rules import LabelRule, MatchRule, ServiceRule, default_rules

COMPONENT = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: checkout
  description: From the portal.
spec: {type: service, lifecycle: production, owner: storefront}
"""


def extend(company, text):
    """Add to `oncall.yaml`; gives the line the addition begins at."""
    path = company / "oncall.yaml"
    before = path.read_text()
    path.write_text(before + text)
    return before.count("\n") + 1


def test_the_files_in_catalog_are_the_source_called_own(company):
    entry = load(company, {}).directory.catalog.find("cart-api")
    assert (entry.name, entry.owner, entry.tier) == ("checkout", "payments", 1)
    assert str(entry.origin("owner")) == "catalog/services.yaml:5 (own)"
    assert Tool(kind=ToolKind.RUNBOOK, name="runbook", url="https://wiki.shop.example/runbooks/checkout") in entry.tools


def test_another_source_fills_what_ours_leaves_open_and_wins_where_it_is_told_to(company):
    (company.parent / "checkouts" / "shop").mkdir(parents=True)
    (company.parent / "checkouts" / "shop" / "catalog-info.yaml").write_text(COMPONENT)
    source = '{name: portal, reader: backstage, files: "../checkouts/*/catalog-info.yaml"}'
    extend(company, f"catalog: {{sources: [{source}], fields: {{owner: [portal, own]}}}}\n")
    loaded = load(company, {})
    assert loaded.problems == ()
    entry = loaded.directory.catalog.find("checkout")
    assert (entry.owner, entry.lifecycle) == ("storefront", "production")
    assert entry.description == "Takes the cart to a paid order."
    assert [content.source for content in loaded.directory.contents] == ["own", "portal"]


def test_locations_are_followed_and_may_go_around_in_a_ring(company):
    folder = company.parent / "portal"
    folder.mkdir()
    location = "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {{name: {}}}\nspec: {{targets: [{}]}}\n"
    (folder / "all.yaml").write_text(location.format("all", "./more.yaml"))
    (folder / "more.yaml").write_text(location.format("more", "./all.yaml, ./parts/*.yaml"))
    (folder / "parts").mkdir()
    (folder / "parts" / "one.yaml").write_text(COMPONENT.replace("checkout", "gift-cards"))
    extend(company, "catalog: {sources: [{name: portal, reader: backstage, files: ../portal/all.yaml}]}\n")
    loaded = load(company, {})
    assert loaded.problems == ()
    assert loaded.directory.catalog.find("gift-cards").owner == "storefront"


def test_a_source_behind_an_address_is_left_to_the_engine(company):
    extend(
        company,
        'catalog: {sources: [{name: portal, reader: opslevel, url: "https://portal.example/s.yml", every: 1h}]}\n',
    )
    (feed,) = load(company, {}).directory.feeds
    assert (feed.name, feed.reader, feed.every.total_seconds()) == ("portal", "opslevel", 3600)


def test_without_rules_the_default_order_holds(company):
    assert load(company, {}).directory.ownership == default_rules()


def test_matchers_alone_stand_in_the_default_order(company):
    line = extend(company, "ownership: [{match: 'alertname=~\"Kube.*\"', team: platform}]\n")
    rules = load(company, {}).directory.ownership
    assert isinstance(rules[0], LabelRule)
    assert isinstance(rules[1], MatchRule)
    assert (rules[1].team, rules[1].origin) == ("platform", f"oncall.yaml:{line}")
    assert rules[2:] == default_rules()[1:]


def test_any_other_rule_replaces_the_order(company):
    line = extend(company, "ownership:\n- {service: [app], reporters: true}\n- {label: team}\n")
    service, label = load(company, {}).directory.ownership
    assert service == ServiceRule(labels=("app",), reporters=True, origin=f"oncall.yaml:{line + 1}")
    assert label == LabelRule(labels=("team",), origin=f"oncall.yaml:{line + 2}")


def test_a_team_is_meant_by_its_former_names_too(company):
    path = company / "teams" / "data.yaml"
    path.write_text(path.read_text() + "aliases: [analytics]\n")
    services = company / "catalog" / "services.yaml"
    services.write_text(services.read_text().replace("owner: data", "owner: analytics"))
    loaded = load(company, {})
    assert loaded.problems == ()
    assert loaded.directory.team_aliases()["analytics"] == "data"


BROKEN = """
kind: Component
metadata: {name: orphaned, title: Orphan}
spec: {owner: dissolved}
---
kind: Component
metadata: {name: cart-api}
spec: {owner: data}
---
kind: Component
spec: {owner: [
"""


def test_what_others_wrote_is_told_but_does_not_refuse_this_directory(company):
    for name, text in (("a", BROKEN), ("b", BROKEN.partition("---")[0])):
        (company.parent / "checkouts" / name).mkdir(parents=True)
        (company.parent / "checkouts" / name / "catalog-info.yaml").write_text(text)
    extend(
        company, 'catalog:\n  sources: [{name: portal, reader: backstage, files: "../checkouts/*/catalog-info.yaml"}]\n'
    )
    loaded = load(company, {})
    assert loaded.directory is not None
    assert loaded.directory.catalog.find("orphaned") is not None
    told = " ".join(str(problem) for problem in loaded.problems)
    assert "warning: the file is not YAML" in told
    assert "warning: service orphaned is owned by 'dissolved', which is no team" in told


def test_a_directory_stands_for_the_usual_files_anywhere_in_it(company):
    for name in ("a", "deep/b"):
        folder = company.parent / "checkouts" / name
        folder.mkdir(parents=True)
        (folder / "opslevel.yml").write_text(f"version: 1\nservice: {{name: {folder.name}-service, owner: data}}\n")
        (folder / "values.yml").write_text("version: 1\nservice: {name: other, owner: data}\n")
    extend(company, "catalog:\n  sources: [{name: ol, reader: opslevel, files: ../checkouts}]\n")
    catalog = load(company, {}).directory.catalog
    assert {"a-service", "b-service"} <= catalog.by_name.keys()
    assert "other" not in catalog.by_name
