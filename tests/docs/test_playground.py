"""The playground without a browser: its Python says what the machine says, and its archive has what is installed."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from io import BytesIO, StringIO
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZipFile

import pytest
from sphinx.application import Sphinx

from orderfsm import CUSTOMER_SERVICE, FACTS, Accepted, Customer, RefundState, Refused, RequestReturn, State
from orderfsm.money import decimal_string
from orderfsm.table import WHO
from tools.docs.playground import page
from tools.docs.playground.buttons import Button, actors_of
from tools.docs.playground.door import Door, choices, warm_up
from tools.docs.playground.orders import CUSTOMER, ORDERS, POLICIES
from tools.docs.playground.packing import LEFT_OUT, ROOT, archive
from tools.docs.playground.story import Story
from tools.docs.playground.view import view_of

ANN = f"customer:{CUSTOMER}"
PACKAGES = ("orderfsm", "attr", "attrs", "transitions", "holidays", "dateutil", "iso4217", "tzdata")


def told(order: str, policy: str, *presses: str | float | tuple[str, dict[str, Any]]) -> Story:
    """A story by what was pressed: a button, a button with values, or hours that pass."""
    story = Story.begin(order, policy)
    for press in presses:
        match press:
            case str() as key:
                story.take({"button": key, "values": {}})
            case (str() as key, values):
                story.take({"button": key, "values": values})
            case hours:
                story.take({"hours": hours})
    return story


def outcomes(story: Story) -> list[str]:
    """What was answered, one after the other."""
    return [entry.decision.outcome for entry in story.journal]


def button(story: Story, key: str) -> Button:
    """The button of this name."""
    return next(button for button in story.buttons() if button.key == key)


# --- stories ---------------------------------------------------------------------------------------------


def test_a_direct_cancellation_ends_refunded() -> None:
    """Under the marketplace policy the customer cancels, and the payment provider reports the refund."""
    story = told(
        "shop", "marketplace",
        "payment/payment_captured", f"{ANN}/request_cancellation",
        "payment/refund_sent/r1", "payment/refund_settled/r1",
    )  # fmt: skip
    assert ["accepted"] * 5 == outcomes(story)
    assert {State.REFUNDED} == {lot.state for lot in story.order.lots}


def test_a_bundle_is_widened_and_waits_for_logistics() -> None:
    """One item of a bundle is named, its mate comes along, and time has presumed their preparation."""
    story = told(
        "bundle", "combined",
        "payment/payment_captured", 12, (f"{ANN}/request_cancellation", {"lines": {"pot": 1}}),
    )  # fmt: skip
    view = view_of(story)
    assert ["preparation presumed"] == [fired["text"] for fired in view["journal"][2]["fired"]]
    assert "1 × cups" == view["journal"][3]["added"]
    assert ["preparing", "preparing.cancel_requested"] == view["states"]


def test_agreed_terms_are_the_refund() -> None:
    """What customer service offers for an opened item, and the customer accepts, is what goes back."""
    story = told(
        "shop", "combined",
        "payment/payment_captured", "warehouse/dispatched", "logistics/arrived", "logistics/delivered",
        (f"{ANN}/request_return", {"lines": {"pot": 1}, "opened": True}),
        ("customer_service/approve_return", {"terms": "6.00"}),
        f"{ANN}/accept_terms", ("warehouse/return_received", {"condition": "opened"}), "customer_service/assess_return",
    )  # fmt: skip
    assert ["accepted"] * 10 == outcomes(story)
    assert ["6.00 EUR"] == [refund["amount"] for refund in view_of(story)["refunds"]]


def test_an_offer_begins_with_what_was_paid() -> None:
    """Where customer service has to name terms, the button opens its form, filled in so that it is accepted."""
    story = told(
        "shop", "combined",
        "payment/payment_captured", "warehouse/dispatched", "logistics/arrived", "logistics/delivered",
        (f"{ANN}/request_return", {"lines": {"mug": 1}, "opened": True}),
    )  # fmt: skip
    approve = button(story, "customer_service/approve_return")
    assert (True, True) == (approve.fits, approve.form_first)
    assert ["12.00"] == [field.value for field in approve.fields if field.name == "terms"]
    assert not button(told("shop", "combined"), "customer_service/approve_return").form_first


def test_a_form_begins_with_the_goods_that_are_the_actors_own() -> None:
    """Terms for a seller's goods are the seller's to offer: customer service's form is about the other line only."""
    opened = {"opened": True}
    story = told(
        "seller", "combined",
        "payment/payment_captured", "warehouse/dispatched", "seller:potter/dispatched",
        "logistics/arrived", "logistics/delivered", (f"{ANN}/request_return", opened),
    )  # fmt: skip
    for actor, line, paid in (("customer_service", "mug", "24.00"), ("seller:potter", "bowl", "45.00")):
        approve = button(story, f"{actor}/approve_return")
        assert (True, True) == (approve.fits, approve.form_first)
        chosen = [line for field in approve.fields for line, _, _, count in field.lines if count]
        assert line in chosen
        story.take({"button": approve.key, "values": {}})
        assert {State.RETURN_PLANNING} == {lot.state for lot in story.order.lots if lot.line.id == line}
        assert {paid} == {
            decimal_string(lot.terms, "EUR") for lot in story.order.lots if lot.line.id == line and lot.terms
        }


def test_a_refusal_says_why_and_what_instead() -> None:
    """Its steps are buttons of the one who asked, else of whoever may say it; the rest is advice."""
    story = told("shop", "combined", "payment/payment_captured", "warehouse/dispatched", f"{ANN}/request_cancellation")
    refused = view_of(story)["journal"][-1]
    assert "refused" == refused["outcome"]
    [reason] = refused["reasons"]
    assert 2 == len(reason["messages"])
    assert ("already_dispatched", "reference/codes.html#already_dispatched") == tuple(reason["code"].values())
    assert ("A9", "policy.html#a9") == tuple(reason["clause"].values())
    assert [
        ("Cancel this delivery", f"{ANN}/cancel_delivery", True),
        ("Delivery refused (Logistics)", "logistics/delivery_refused", True),
        ("Return, repair or exchange", f"{ANN}/request_return", False),
        ("Contact customer service.", None, False),
    ] == [(step["text"], step["button"], step["now"]) for step in reason["steps"]]
    story.take({"button": f"{ANN}/cancel_delivery", "values": {}})
    assert {State.SHIPPED_INTERCEPTING} == {lot.state for lot in story.order.lots}


def test_a_fact_that_does_not_fit_becomes_an_anomaly() -> None:
    """It can be reported, it moves nothing, and customer service can resolve it."""
    story = told("shop", "combined", "payment/payment_captured", "logistics/stop_confirmed")
    view = view_of(story)
    assert ["stale_answer"] == [anomaly["code"]["text"] for anomaly in view["anomalies"]]
    assert {State.UNSHIPPED} == {lot.state for lot in story.order.lots}
    story.take({"button": "customer_service/resolve_anomaly/n1", "values": {"note": "a slip"}})
    assert [("a slip", False)] == [(anomaly.note, anomaly.open) for anomaly in story.order.anomalies]


def test_a_late_payment_can_be_learnt_later_still() -> None:
    """A fact may have happened hours ago: this payment was in time, but became known after the closing."""
    story = told("shop", "combined", 25, ("payment/payment_captured", {"hours_ago": 2}))
    assert {State.CLOSED} == {lot.state for lot in story.order.lots}
    assert ["late payment"] == [refund["cause"] for refund in view_of(story)["refunds"]]
    paid = story.journal[-1].input
    assert paid is not None and paid.at is not None
    assert timedelta(hours=23) == paid.at - story.order.placed_at


def test_time_goes_to_the_next_deadline() -> None:
    """Exactly to it: it fires, and one second less would not have done."""
    story = told("shop", "combined")
    hours = story.hours_to_deadline()
    assert 24 == hours
    assert ["unpaid"] == view_of(told("shop", "combined", hours - 1 / 3600))["states"]
    assert ["closed"] == view_of(told("shop", "combined", hours))["states"]


@pytest.mark.parametrize(
    "press",
    [
        {"hours": -1}, {"hours": 0}, {"hours": True}, {"hours": 1e9}, {"hours": float("nan")}, {}, 7,
        {"hours": 80 * 366 * 24},
        {"button": "customer:bob/request_cancellation", "values": {}},
        {"button": f"{ANN}/request_return", "values": {"lines": {"mug": 0}}},
        {"button": f"{ANN}/request_return", "values": {"by": "platform"}},
        {"button": f"{ANN}/request_return", "values": {"lines": 7}},
        {"button": "payment/payment_captured", "values": {"amount": "much"}},
        {"button": "payment/payment_captured", "values": {"amount": ["1"]}},
        {"button": "payment/payment_captured", "values": {"hours_ago": -1}},
    ],
)  # fmt: skip
def test_what_cannot_be_is_a_fault_that_changes_nothing(press: dict[str, Any]) -> None:
    """Whoever writes the question, by hand or in a link: nothing is pressed, and the answer says what is wrong."""
    door = Door()
    before = door.story.order, list(door.story.journal), list(door.story.presses)
    answer = json.loads(door.answer(json.dumps(press)))
    assert ["fault"] == list(answer)
    assert before == (door.story.order, door.story.journal, door.story.presses)


def test_a_story_can_be_told_again() -> None:
    """Its presses, as the page's link carries them, give the same page."""
    door, other = Door(), Door()
    for press in (
        {"button": "payment/payment_captured", "values": {}},
        {"hours": 13},
        {"button": f"{ANN}/request_return", "values": {}},
    ):
        view = json.loads(door.answer(json.dumps(press)))["view"]
    assert view == json.loads(other.answer(json.dumps({"tell": view["story"]})))["view"]
    wrong = {"tell": {"order": "none", "policy": "combined", "presses": []}}
    assert "fault" in json.loads(other.answer(json.dumps(wrong)))
    assert view == view_of(other.story)


def test_the_door_says_what_a_story_can_begin_with() -> None:
    """Every order and every policy, by name and title; what it reads beforehand can be read."""
    warm_up()
    offered = json.loads(choices())
    assert list(ORDERS) == [name for name, _ in offered["orders"]]
    assert list(POLICIES) == [name for name, _ in offered["policies"]]


# --- buttons ---------------------------------------------------------------------------------------------


def walks() -> Iterator[Story]:
    """Every order under every policy, each with some presses at random, always the same."""
    for order in ORDERS:
        for policy in POLICIES:
            chance = Random(f"{order} {policy}")
            story = told(order, policy, "payment/payment_captured")
            for _ in range(25):
                offered = list(story.buttons())
                fitting = [button for button in offered if button.fits]
                choice = chance.choice(fitting if fitting and chance.random() < 0.8 else offered)
                if chance.random() < 0.15:
                    story.take({"hours": chance.choice([1, 12, 24, 24 * 31])})
                else:
                    story.take({"button": choice.key, "values": {}})
            yield story


def test_every_actor_has_the_machines_own_buttons() -> None:
    """Wherever a story has led: the commands of `actions` that are this actor's, and the facts that it may report.

    A command that `actions` allows is offered; one that is not offered is refused as the button says.
    """
    for story in walks():
        view = view_of(story)
        json.dumps(view)
        buttons = list(story.buttons())
        assert len(buttons) == len({button.key for button in buttons})
        for actor in actors_of(story.order):
            own = [button for button in buttons if button.actor == actor]
            actions = story.machine.actions(story.order, by=actor, at=story.now)
            allowed = {(action.name, getattr(action.input, "refund", None)) for action in actions if action.allowed}
            mine = [action.name for action in actions if actor.role in WHO[type(action.input)]]
            assert mine == [button.input.name for button in own if button.input.is_command]
            offered = {(button.input.name, getattr(button.input, "refund", None)) for button in own if button.fits}
            assert allowed <= offered
            facts = [fact.name for fact in FACTS if actor.role in WHO[fact]]
            assert set(facts) - {"refund_sent", "refund_settled", "refund_failed", "refund_reversed"} <= {
                button.input.name for button in own
            }
        for button in buttons:
            if button.input.is_command:
                assert (Accepted if button.fits else Refused) is type(button.decision)
            assert button.decision == story.machine.decide(story.order, button.input)


def test_a_fact_that_fits_is_the_next_thing_that_happens() -> None:
    """Nothing is contradicted or skipped: a refund that is due is sent first, goods under way arrive first."""
    story = told("shop", "marketplace", "payment/payment_captured", f"{ANN}/request_cancellation")
    assert ["payment/refund_sent/r1"] == [b.key for b in story.buttons() if b.fits and not b.input.is_command]
    assert RefundState.DUE is story.order.refunds[0].state
    story = told("shop", "combined", "payment/payment_captured", "warehouse/dispatched")
    assert ["arrived", "lost", "delivery_refused"] == [
        b.input.name for b in story.buttons() if b.fits and not b.input.is_command
    ]


def test_an_actor_is_who_has_a_part_in_the_order() -> None:
    """A seller appears where it sells something; the customer comes first."""
    assert "seller:potter" in [str(actor) for actor in actors_of(told("seller", "combined").order)]
    actors = actors_of(told("shop", "combined").order)
    assert (Customer(CUSTOMER), CUSTOMER_SERVICE) == actors[:2]
    assert 6 == len(actors)


def test_a_return_has_a_reason_from_the_start() -> None:
    """The machine's preview leaves it unstated, which nobody would send."""
    story = told("shop", "combined")
    asked = button(story, f"{ANN}/request_return").input
    assert isinstance(asked, RequestReturn)
    assert "changed_mind" == asked.reason


# --- the archive -----------------------------------------------------------------------------------------


def contents() -> dict[str, bytes]:
    """The archive, unpacked."""
    with ZipFile(BytesIO(archive())) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def installed(module: str) -> Path:
    """The file from which a module, or the first of a package, is imported here."""
    file = import_module(module).__file__
    assert file is not None
    return Path(file)


def test_the_archive_is_what_is_installed() -> None:
    """File by file: every module and table of each package is there as it is installed here, but what is left out."""
    found = {name: data for name, data in contents().items() if ".dist-info/" not in name}
    expected = {"six.py": installed("six").read_bytes()}
    for package in PACKAGES:
        folder = installed(package).parent
        for path in folder.rglob("*"):
            name = f"{folder.name}/{path.relative_to(folder).as_posix()}"
            if path.is_file() and path.suffix not in (".pyc", ".pyi") and not name.startswith(LEFT_OUT):
                expected[name] = path.read_bytes()
    ours = {name for name in found if name.startswith("tools/")}
    expected.update((name, (ROOT / name).read_bytes()) for name in ours)
    assert expected == found
    assert {
        f"tools/docs/playground/{name}.py" for name in ("buttons", "door", "forms", "orders", "story", "view")
    } < ours


def test_the_archive_has_a_licence_for_every_package() -> None:
    """And the version under which pip knows it, which some ask for themselves."""
    folders: dict[str, list[str]] = {}
    for name in contents():
        if ".dist-info/" in name:
            folders.setdefault(name.split("-")[0], []).append(name)
    assert {"attrs", "holidays", "iso4217", "orderfsm", "python_dateutil", "six", "transitions", "tzdata"} == set(
        folders
    )
    for package, names in folders.items():
        assert any(name.endswith("/METADATA") for name in names), package
        if package != "iso4217":  # says in its METADATA that it is in the public domain, and has no other text
            assert any("LICENSE" in name for name in names), package


def test_the_archive_is_always_the_same() -> None:
    """Packed twice, it has the same bytes, and no dates but one."""
    assert archive() == archive.__wrapped__()
    with ZipFile(BytesIO(archive())) as packed:
        assert {(1980, 1, 1, 0, 0, 0)} == {info.date_time for info in packed.infolist()}


PLAYED = """
import json, sys
sys.path.insert(0, sys.argv[1])
from tools.docs.playground.door import Door, choices, warm_up
warm_up(), choices()
door = Door()
for press in json.loads(sys.argv[2]):
    answer = json.loads(door.answer(json.dumps(press)))
print(json.dumps(answer["view"]))
print(json.dumps(sorted({getattr(module, "__file__", None) or "" for module in sys.modules.values()})))
"""


def test_the_archive_needs_nothing_else(tmp_path: Path) -> None:
    """Without any installed package Python plays a story from it, and gives the same page."""
    with ZipFile(BytesIO(archive())) as packed:
        packed.extractall(tmp_path)
    told = {"tell": {"order": "seller", "policy": "combined", "presses": []}}
    keys = (
        "payment/payment_captured",
        f"{ANN}/request_cancellation",
        "customer_service/approve_cancellation",
        "seller:potter/approve_cancellation",
    )
    presses = [told, *({"button": key, "values": {}} for key in keys), {"hours": 13}]
    played = subprocess.run(
        [sys.executable, "-I", "-S", "-c", PLAYED, str(tmp_path), json.dumps(presses)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert 0 == played.returncode, played.stderr
    view, files = map(json.loads, played.stdout.splitlines())
    here = Door()
    for press in presses:
        answer = json.loads(here.answer(json.dumps(press)))
    assert answer["view"] == view
    assert not [file for file in files if "site-packages" in file]


# --- what npm and Sphinx are told ------------------------------------------------------------------------


def test_pyodide_is_pinned_without_naming_a_registry() -> None:
    """One exact version, with the sum of every package, from whichever registry npm is set to."""
    folder = ROOT / "docs" / "playground"
    version = json.loads((folder / "package.json").read_text("utf-8"))["dependencies"]["pyodide"]
    text = (folder / "package-lock.json").read_text("utf-8")
    packages = {name: each for name, each in json.loads(text)["packages"].items() if name}
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert version == packages["node_modules/pyodide"]["version"]
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())
    assert "://" not in text
    assert "omit-lockfile-registry-resolved=true\n" in (folder / ".npmrc").read_text("utf-8")


def test_a_site_without_pyodide_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The build warns with what to run, and the page says what it would do, with nothing to press."""
    monkeypatch.setattr(page, "PYODIDE", tmp_path / "nothing")
    source = tmp_path / "source"
    source.mkdir()
    (source / "index.md").write_text("# Page\n\n```{playground}\nIt is shown elsewhere.\n```\n", "utf-8")
    said = StringIO()
    overrides = {"extensions": ["myst_parser", "tools.docs.playground.page"]}
    app = Sphinx(
        source, None, tmp_path / "site", tmp_path / "trees", "html", overrides, status=None, warning=said, freshenv=True
    )
    app.build()
    assert "npm ci --prefix docs/playground" in said.getvalue()
    assert "[orderfsm.pyodide]" in said.getvalue()
    html = (tmp_path / "site" / "index.html").read_text("utf-8")
    assert "It is shown elsewhere." in html
    assert "<button" not in html.split('<div class="body"')[1].split('class="sphinxsidebar"')[0]
    assert not list((tmp_path / "site").rglob("*.wasm"))
