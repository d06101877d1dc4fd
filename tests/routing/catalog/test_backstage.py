"""Backstage descriptors as people write them."""

from __future__ import annotations

import pytest

from routing.catalog import Origin, Tool, ToolKind
from routing.catalog.readers import reader
from tests.routing.catalog.reading import company, entries, problems

CHECKOUT = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: checkout
  title: Checkout Service
  description: |
    Takes the cart
    to a paid order.
  labels:
    shop.example/tier: tier-1
  annotations:
    github.com/project-slug: shop/checkout
    backstage.io/kubernetes-id: checkout-api
    backstage.io/kubernetes-namespace: shop
    backstage.io/kubernetes-label-selector: 'app=checkout-web,component=front'
    backstage.io/techdocs-ref: dir:.
  tags: [java, pci]
  links:
    - url: https://grafana/d/checkout
      title: Board
      icon: dashboard
    - {url: https://wiki/checkout, title: Runbook}
    - {url: "javascript:alert(1)", title: Bad}
spec:
  type: service
  lifecycle: production
  owner: Group:default/payments
  system: shop
  providesApis: [checkout-api]
  consumesApis:
    - api:default/cards
  dependsOn:
    - component:ledger
    - resource:data/orders-db
  subcomponentOf: storefront
"""


def test_every_documented_field_is_read():
    entry = entries("backstage", CHECKOUT)["checkout"]
    assert entry.owner == "payments"
    assert entry.tier == 1
    assert entry.lifecycle == "production"
    assert entry.description == "Takes the cart to a paid order."
    assert entry.aliases == ("Checkout Service", "checkout-api", "checkout-web")
    assert entry.namespaces == ("shop",)
    assert entry.depends_on == ("ledger", "data/orders-db")
    assert entry.tags == ("java", "pci")
    assert entry.tools == (
        Tool(kind=ToolKind.DASHBOARD, name="Board", url="https://grafana/d/checkout"),
        Tool(kind=ToolKind.RUNBOOK, name="Runbook", url="https://wiki/checkout"),
        Tool(kind=ToolKind.REPOSITORY, name="shop/checkout", url="https://github.com/shop/checkout"),
    )
    assert entry.origin("owner") == Origin(source="backstage", file="f", line=27)


def component(owner, name="a", **metadata):
    extra = "".join(f", {key}: {value}" for key, value in metadata.items())
    return f"kind: Component\nmetadata: {{name: {name}{extra}}}\nspec: {{owner: {owner}}}\n---\n"


@pytest.mark.parametrize(
    ("owner", "means"),
    [
        ("payments", "payments"),
        ("group:payments", "payments"),
        ("GROUP:Default/Payments", "Payments"),
        ("group:finance/payments", "finance/payments"),
        ("finance/payments", "finance/payments"),
        ("{kind: Group, namespace: default, name: payments}", "payments"),
        ("{name: payments}", "payments"),
        ("Payments Team", "Payments Team"),
        ("no", "no"),
        ("'123'", "123"),
    ],
)
def test_an_owner_is_understood_in_every_form(owner, means):
    assert entries("backstage", component(owner))["a"].owner == means


def test_a_reference_without_namespace_means_the_one_of_its_entity():
    found = entries("backstage", component("payments", namespace="finance"))
    assert found["finance/a"].owner == "finance/payments"
    assert found["finance/a"].aliases == ("a",)


def test_a_person_as_owner_stands_for_the_one_group_they_are_in():
    user = "kind: User\nmetadata: {name: jane}\nspec: {memberOf: [payments]}\n"
    assert entries("backstage", component("user:jane") + user)["a"].owner == "payments"


def test_a_group_that_lists_its_members_counts_as_well():
    group = "kind: Group\nmetadata: {name: payments}\nspec: {members: [jane]}\n"
    assert entries("backstage", component("user:default/jane") + group)["a"].owner == "payments"


def test_a_person_in_no_group_is_told():
    text = component("user:jane")
    assert (3, "service a is owned by a person, default/jane, who is not in one team") in problems("backstage", text)


SYSTEM = "kind: Component\nmetadata: {name: a}\nspec: {system: shop}\n"


def test_without_an_owner_the_system_and_then_its_domain_give_it():
    system = "kind: System\nmetadata: {name: shop}\nspec: {owner: storefront}\n"
    content = company("backstage", one=SYSTEM, two=system)
    assert content.entries[0].owner == "storefront"
    assert content.entries[0].origin("owner") == Origin(source="backstage", file="two", line=3)
    system = "kind: System\nmetadata: {name: shop}\nspec: {domain: web}\n"
    domain = "kind: Domain\nmetadata: {name: web}\nspec: {owner: digital}\n"
    assert company("backstage", one=SYSTEM, two=system, three=domain).entries[0].owner == "digital"


def test_systems_that_lie_in_one_another_end():
    one = "kind: Domain\nmetadata: {name: x}\nspec: {subdomainOf: y}\n"
    two = "kind: Domain\nmetadata: {name: y}\nspec: {subdomainOf: x}\n"
    system = "kind: System\nmetadata: {name: shop}\nspec: {domain: x}\n"
    assert company("backstage", a=SYSTEM, b=one, c=two, d=system).entries[0].owner == ""


def test_a_consumed_interface_leads_to_who_provides_it():
    provider = "kind: Component\nmetadata: {name: vault}\nspec: {owner: x, providesApis: [cards]}\n"
    found = company("backstage", one=CHECKOUT, two=provider).entries
    assert found[0].depends_on == ("ledger", "data/orders-db", "vault")


def test_dependency_of_counts_the_other_way_round():
    text = "kind: Resource\nmetadata: {name: db}\nspec: {owner: x, dependencyOf: [component:a]}\n---\n" + component("y")
    assert entries("backstage", text)["a"].depends_on == ("db",)


def test_locations_are_handed_back_to_be_followed():
    text = "kind: Location\nmetadata: {name: all}\nspec:\n  target: ./a.yaml\n  targets:\n  - ./services/*/c.yaml\n"
    reading = reader("backstage").read(text, "root.yaml", "bs")
    assert [(found.target, found.origin.line) for found in reading.locations] == [
        ("./a.yaml", 4),
        ("./services/*/c.yaml", 6),
    ]


def test_groups_give_the_names_of_teams():
    text = "kind: Group\nmetadata: {name: pay-1, title: Pay}\nspec: {type: team, profile: {displayName: Payments}}\n"
    assert company("backstage", f=text).groups[0].names == ("pay-1", "Pay", "Payments")


def test_templates_and_placeholders_do_not_disturb():
    text = "kind: Template\nmetadata: {name: t}\nspec: {owner: x}\n---\n" + component(
        "x", description="{$text: ./about.md}"
    )
    assert entries("backstage", text)["a"].description == ""
    assert problems("backstage", text) == []


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("metadata: {name: a}\n", 1, "kind is missing"),
        ("kind: Componet\nmetadata: {name: a}\n", 1, "kind 'componet' is not known"),
        ("kind: Component\nspec: {}\n", 1, "the component has no metadata.name"),
        ("kind: Component\nmetadata: {name: a}\nspec:\n  type: x\n", 4, "component a: spec.owner is missing"),
        (component("a:b:c"), 3, "owner: 'a:b:c' is no reference"),
        (
            "kind: Component\nmetadata: {name: a}\nspec:\n  owner: x\n  dependsOn:\n  - ledger\n",
            6,
            "dependsOn 'ledger' says no kind",
        ),
        (CHECKOUT, 23, "the link's address 'javascript:alert(1)' is no web address"),
        (component("x") + "kind: [\n", 6, "the file is not YAML: did not find expected node content"),
    ],
)
def test_a_fault_is_told_with_its_line(text, line, what):
    assert (line, what) in problems("backstage", text)


def test_skeletons_of_templates_are_left_out_and_told():
    text = "kind: Component\nmetadata:\n  name: ${{ values.name }}\nspec: {owner: x}\n"
    assert entries("backstage", text) == {}
    assert problems("backstage", text) == [(3, "'${{ values.name }}' is a template's placeholder")]


@pytest.mark.parametrize(
    ("selector", "aliases"),
    [
        ("app=web", ("web",)),
        ("app==web, tier!=x", ("web",)),
        ("app.kubernetes.io/name=web,app.kubernetes.io/instance=web-eu", ("web", "web-eu")),
        ("component in (web,che)", ()),
        ("!backstage.io/kubernetes-id", ()),
        ("app!=web", ()),
        ("", ()),
    ],
)
def test_label_selectors_name_what_the_workload_is_called(selector, aliases):
    annotation = f'annotations: {{backstage.io/kubernetes-label-selector: "{selector}"}}'
    text = f"kind: Component\nmetadata: {{name: a, {annotation}}}\nspec: {{owner: x}}\n"
    assert entries("backstage", text)["a"].aliases == aliases


def test_keys_with_nothing_in_them_mean_nothing():
    text = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: a
  description:
  labels:
  annotations:
  tags:
  links: []
spec:
  type: service
  lifecycle:
  owner: x
  system: null
  dependsOn: []
  subcomponentOf: null
  providesApis:
"""
    entry = entries("backstage", text)["a"]
    assert (entry.owner, entry.depends_on, entry.tools, entry.tags) == ("x", (), (), ())
    assert problems("backstage", text) == []


def test_a_whole_company_in_several_files():
    teams = """\
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: commerce, title: Commerce}
spec: {type: department, profile: {displayName: Commerce Department}, children: [payments, carts]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: payments}
spec: {type: team, parent: commerce, children: [], members: [ana, ben]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: cai}
spec: {memberOf: [carts], profile: {displayName: Cai, email: cai@shop.example}}
"""
    systems = """\
apiVersion: backstage.io/v1alpha1
kind: Domain
metadata: {name: retail}
spec: {owner: commerce}
---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: shop}
spec: {owner: group:carts, domain: retail}
---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: money}
spec: {domain: retail}
"""
    services = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: cart}
spec: {type: service, lifecycle: production, system: shop, consumesApis: [prices]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: ledger}
spec: {type: service, lifecycle: production, system: money}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: pricing}
spec: {type: service, owner: user:cai, providesApis: [prices]}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: prices}
spec: {type: openapi, lifecycle: production, owner: payments, definition: {$text: ./openapi.yaml}}
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {name: orders-db}
spec: {type: database, owner: ben, dependencyOf: [component:cart]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: cart-worker}
spec: {type: service, subcomponentOf: cart}
"""
    content = company("backstage", teams=teams, systems=systems, services=services)
    found = {entry.name: entry for entry in content.entries}
    assert {name: entry.owner for name, entry in found.items()} == {
        "cart": "carts",
        "ledger": "commerce",
        "pricing": "carts",
        "orders-db": "ben",
        "cart-worker": "",
    }
    assert found["cart"].depends_on == ("pricing", "orders-db")
    assert [group.names for group in content.groups] == [("commerce", "Commerce", "Commerce Department"), ("payments",)]
    assert [problem.what for problem in content.problems] == [
        "component cart: spec.owner is missing",
        "component ledger: spec.owner is missing",
        "component cart-worker: spec.owner is missing",
    ]
