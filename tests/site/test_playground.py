"""The playground, played in a browser: what it shows is what the machine says in this process about the same story."""

import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from attrs import define, field
from playwright.sync_api import Browser, Locator, Page, expect

from orderfsm import (
    COMMANDS,
    AcceptTerms,
    Actor,
    ApproveCancellation,
    ApproveReturn,
    Arrived,
    AssessReturn,
    CancelDelivery,
    Decision,
    Delivered,
    Dispatched,
    Input,
    Order,
    OrderMachine,
    PaymentCaptured,
    Policy,
    PreparationStarted,
    RefundSent,
    RefundSettled,
    RequestCancellation,
    RequestReturn,
    ReturnReceived,
    StopConfirmed,
    StopDenied,
)
from orderfsm.money import decimal_string
from tests.site import DESKTOP, NO_PYODIDE, PHONE
from tests.site.conftest import PYODIDE, watched
from tests.site.test_links import read
from tools.docs.playground.orders import BEGINS_AT, ORDERS, UNPLACED

ANN = "customer:ann"
TOLD = {"order": "digital", "policy": "declaration", "presses": [{"hours": 25}]}

SHOWN = """() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const text = (selector, within) => all(selector, within).map((found) => found.textContent);
  const last = document.querySelector('.pg-journal li[data-entry]');
  return {
    now: document.querySelector('.pg-clock time').dateTime,
    order: text('.pg-order h2 a')[0],
    goods: all('.pg-lines > li').filter((line) => line.querySelector('.pg-lots')).map((line) =>
      all('.pg-lots li', line).map((lot) => [parseInt(lot.textContent), lot.querySelector('a').textContent])),
    lit: [...new Set(all('.pg-frame .lit').map((node) => node.dataset.state))],
    refunds: all('[data-refund]').map((refund) => text('strong, a, .pg-amount', refund)),
    outcome: last.className.replace('pg-is-', ''),
    codes: text('.pg-reason > .pg-small a:first-child', last),
    moves: text(':scope > .pg-moves > li', last),
    effects: text('details a', last),
    offered: all('.pg-go[data-offer]').map((button) => button.dataset.press),
    muted: all('.pg-muted[data-offer]').map((button) => button.dataset.press),
    width: document.documentElement.scrollWidth,
  };
}"""


@define
class Game:
    """A story that is played on the page and in this process at once."""

    page: Page
    asked_before: list[str]
    asked: list[str]
    machine: OrderMachine = field(factory=OrderMachine)
    order: Order = field(init=False)
    now: datetime = BEGINS_AT

    def begin(self, order: str, policy: str, machine: OrderMachine) -> None:
        """Choose on the page, and place the same order here."""
        self.page.locator("[name=order]").select_option(order)
        self.page.locator("[name=policy]").select_option(policy)
        self.page.locator("[data-key=again]").click()
        expect(self.page.locator(".pg-journal li[data-entry]")).to_have_count(1)
        self.machine = machine
        self.now = BEGINS_AT
        place = ORDERS[order].value.sent(by=Actor.parse("platform"), at=self.now)
        self.compare(machine.decide(UNPLACED, place))

    def press(self, key: str, said: Input, **values: Any) -> Decision:
        """Press a button, with its form where there is something to say, and decide the same input here."""
        with _OneMore(self.page):
            button = self.button(key)
            if not values:
                button.click()
            else:
                form_first = button.get_attribute("aria-expanded") is not None
                (button if form_first else self.page.locator(f'[data-form="{key}"]')).click()
                fill_in(self.page.locator(".pg-form"), values)
                self.page.locator(".pg-form [type=submit]").click()
        decision = self.machine.decide(self.order, said, by=Actor.parse(key.split("/")[0]), at=self.now)
        self.compare(decision)
        return decision

    def wait(self, label: str, hours: float) -> Decision:
        """Let time pass."""
        with _OneMore(self.page):
            self.page.locator(".pg-clock").get_by_role("button", name=label).click()
        self.now += timedelta(hours=hours)
        decision = self.machine.tick(self.order, self.now)
        self.compare(decision)
        return decision

    def button(self, key: str) -> Locator:
        """The button itself, not where it is offered as a next step; what does not fit is folded away."""
        button = self.page.locator(f'.pg-actor [data-key="{key}"]')
        if not button.is_visible():
            self.page.locator("details", has=self.page.locator(f'[data-key="{key}"]')).locator("summary").click()
        return button

    def compare(self, decision: Decision) -> None:
        """See that the page shows this answer, and the order as it then is."""
        assert isinstance(decision.order, Order)
        self.order = order = decision.order
        shown = self.page.evaluate(SHOWN)
        offered, muted = shown.pop("offered"), shown.pop("muted")
        assert shown.pop("width") <= (self.page.viewport_size or {"width": 0})["width"]
        assert {
            "now": self.now.isoformat(),
            "order": order.state.replace("_", " "),
            "goods": [
                [[lot.quantity, lot.state] for lot in order.lots if lot.line.id == line.id] for line in order.lines
            ],
            "lit": sorted({lot.state.value for lot in order.lots}),
            "refunds": [
                [refund.id, refund.state, f"{decimal_string(refund.amount, 'EUR')} EUR"] for refund in order.refunds
            ],
            "outcome": decision.outcome,
            "codes": list(dict.fromkeys(reason.code for reason in decision.reasons)),
            "moves": [
                f"{move.quantity} × {move.line}: {move.source} "
                + (f"→ {move.target} " if move.source is not move.target else "stays ")
                + f"({move.clause})"
                + (" inferred" if move.inferred else "")
                for move in decision.moves
            ],
            "effects": [effect.name for effect in decision.effects],
        } == {**shown, "lit": sorted(shown["lit"])}
        self._compare_buttons(offered, muted)

    def _compare_buttons(self, offered: list[str], muted: list[str]) -> None:
        commands = {command.name for command in COMMANDS}
        for actor in dict.fromkeys(key.split("/")[0] for key in offered + muted):
            actions = self.machine.actions(self.order, by=Actor.parse(actor), at=self.now)
            mine = {key.split("/")[1] for key in offered + muted if key.split("/")[0] == actor} & commands
            assert {action.name for action in actions if action.allowed} <= {
                key.split("/")[1] for key in offered if key.split("/")[0] == actor
            }
            assert mine == {
                action.name
                for action in actions
                if ["not_allowed"] != [reason.code for reason in action.decision.reasons]
            }


@define
class _OneMore:
    page: Page
    before: int = 0

    def __enter__(self) -> None:
        self.before = self.page.locator(".pg-journal li[data-entry]").count()

    def __exit__(self, *_: object) -> None:
        expect(self.page.locator(".pg-journal li[data-entry]")).to_have_count(self.before + 1)


def fill_in(form: Locator, values: dict[str, Any]) -> None:
    """Say in the open form what the test wants to say, and leave the rest as it is."""
    for name, value in values.items():
        control = form.locator(f'[data-field="{name}"]')
        match control.get_attribute("data-kind"):
            case "lines":
                for box in control.locator("[type=checkbox]").all():
                    line = box.get_attribute("value") or ""
                    box.set_checked(line in value)
                    if line in value:
                        control.locator(f'[name="quantity of {line}"]').fill(str(value[line]))
            case "choice":
                control.select_option(value)
            case "flag":
                control.set_checked(value)
            case _:
                control.fill(str(value))


@pytest.fixture(scope="module")
def game(browser: Browser, address: str) -> Iterator[Game]:
    """The machine, loaded once for all stories; the page was opened with a link to a story."""
    if not PYODIDE.exists():
        (pytest.fail if "CI" in os.environ else pytest.skip)(NO_PYODIDE)
    with watched(browser, address) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"/playground.html#{quote(json.dumps(TOLD))}")
        expect(page.locator("[data-key=load]")).to_be_visible()
        before = list(asked)
        page.locator("[data-key=load]").click()
        expect(page.locator(".pg-actor").first).to_be_visible(timeout=60_000)
        yield Game(page, before, asked)


# --- before and while it loads ---------------------------------------------------------------------------


def test_it_loads_only_when_asked(game: Game) -> None:
    """Before the button is pressed the page has its text and its own look; then it loads what the button says."""
    large = ("wasm", ".zip", "pyodide")
    assert [] == [url for url in game.asked_before if any(word in url for word in large)]
    loaded = {url.rsplit("/", 1)[1] for url in game.asked[len(game.asked_before) :]}
    assert {
        "worker.js", "orderfsm.zip",
        "pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json",
    } == loaded  # fmt: skip


def test_a_link_tells_a_story(game: Game) -> None:
    """The page was opened with one, and shows where it led; the link on the page tells the same again."""
    expect(game.page.locator(".pg-order h2 a")).to_have_text("closed")
    expect(game.page.locator("[name=order]")).to_have_value("digital")
    expect(game.page.locator("[name=policy]")).to_have_value("declaration")
    expect(game.page.locator(".pg-clock .pg-outcome")).to_contain_text("payment window closed")
    shared = game.page.evaluate("JSON.parse(decodeURIComponent(document.querySelector('.pg-share').hash.slice(1)))")
    assert shared == TOLD


def test_another_link_in_the_address_is_followed(game: Game) -> None:
    """So that address and page agree; a link that tells nothing says so and changes nothing."""
    other = {**TOLD, "order": "bundle", "presses": []}
    game.page.evaluate("told => { location.hash = encodeURIComponent(JSON.stringify(told)); }", other)
    expect(game.page.locator("[name=order]")).to_have_value("bundle")
    game.page.evaluate("location.hash = encodeURIComponent(JSON.stringify({order: 'none', policy: '', presses: []}))")
    expect(game.page.locator(".pg-problem")).to_contain_text("This link tells no story that can be told: ")
    expect(game.page.locator("[name=order]")).to_have_value("bundle")
    game.page.evaluate("told => { location.hash = encodeURIComponent(JSON.stringify(told)); }", TOLD)
    expect(game.page.locator(".pg-order h2 a")).to_have_text("closed")
    expect(game.page.locator(".pg-problem")).to_be_hidden()


def test_without_javascript_it_says_what_it_would_do(browser: Browser, address: str) -> None:
    """There is nothing to press, and links to what can be read instead."""
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/playground.html")
    expect(page.locator(".playground-without")).to_be_visible()
    assert page.locator(".playground-without a").count()
    assert 0 == page.locator(".playground button:visible").count()
    context.close()


def test_a_failure_says_what_to_do(browser: Browser, address: str) -> None:
    """A file that does not arrive is told, with what can be done, and the button can be pressed again.

    A link that tells no story is told too, where it can be seen, and another story begins.
    """
    if not PYODIDE.exists():
        (pytest.fail if "CI" in os.environ else pytest.skip)(NO_PYODIDE)
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.route("**/*.wasm", lambda route: route.abort())
    page.goto(f"/playground.html#{quote(json.dumps({**TOLD, 'order': 'none'}))}")
    page.locator("[data-key=load]").click()
    expect(page.get_by_role("alert")).to_contain_text("press the button again", timeout=30_000)
    expect(page.locator("[data-key=load]")).to_be_enabled()
    expect(page.locator(".pg-progress")).to_be_hidden()
    page.unroute("**/*.wasm")
    page.locator("[data-key=load]").click()
    expect(page.locator(".pg-problem")).to_contain_text("This link tells no story", timeout=60_000)
    expect(page.locator(".pg-order h2 a")).to_have_text("unpaid")
    assert page.locator(".pg-problem").evaluate("each => each.getBoundingClientRect().height > 10")
    context.close()


# --- stories ---------------------------------------------------------------------------------------------


def test_a_direct_cancellation(game: Game) -> None:
    """Under the marketplace policy goods that nobody prepares yet are cancelled at once, and paid back."""
    game.page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    game.begin("shop", "marketplace", OrderMachine(Policy.marketplace()))
    game.press("payment/payment_captured", PaymentCaptured(payment="p1", instrument="card:4242", amount="66.90"))
    game.wait("+1 hour", 1)
    game.press(f"{ANN}/request_cancellation", RequestCancellation(lines="all"))
    game.press("payment/refund_sent/r1", RefundSent(refund="r1"))
    game.press("payment/refund_settled/r1", RefundSettled(refund="r1"))
    assert "refunded" == game.order.state


def test_a_bundle_while_preparing(game: Game) -> None:
    """One item is named, the bundle comes along, logistics can stop it, and the third item stays as it was."""
    game.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    game.begin("bundle", "combined", OrderMachine())
    game.press("payment/payment_captured", PaymentCaptured(payment="p1", instrument="card:4242", amount="66.90"))
    game.press("warehouse/preparation_started", PreparationStarted())
    asked = RequestCancellation(lines={"pot": 1}, reason="found it cheaper")
    decision = game.press(f"{ANN}/request_cancellation", asked, lines={"pot": 1}, reason="found it cheaper")
    assert {"cups": 1} == decision.added
    expect(game.page.locator(".pg-outcome")).to_contain_text("Widened to the bundle: 1 × cups")
    decision = game.press("customer_service/approve_cancellation", ApproveCancellation(lines="all"))
    assert ["ask_logistics"] == [effect.name for effect in decision.effects]
    game.press("logistics/stop_confirmed", StopConfirmed())
    game.press("payment/refund_sent/r1", RefundSent(refund="r1"))
    game.press("payment/refund_settled/r1", RefundSettled(refund="r1"))
    assert ["refunded", "refunded", "preparing"] == [lot.state for lot in game.order.lots]


def test_a_return_of_an_opened_item_on_agreed_terms(game: Game) -> None:
    """Customer service offers an amount, the customer accepts it, and once the goods are back it is paid."""
    game.page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    game.begin("shop", "combined", OrderMachine())
    game.press("payment/payment_captured", PaymentCaptured(payment="p1", instrument="card:4242", amount="66.90"))
    game.press("warehouse/dispatched", Dispatched(parcel="P1"))
    game.wait("+1 day", 24)
    game.press("logistics/arrived", Arrived())
    game.press("logistics/delivered", Delivered())
    wanted = RequestReturn(lines={"mug": 1}, reason="changed_mind", opened=True)
    game.press(f"{ANN}/request_return", wanted, lines={"mug": 1}, opened=True)
    offered = ApproveReturn(lines={"mug": 1}, terms="7.50")
    game.press("customer_service/approve_return", offered, lines={"mug": 1}, terms="7.50")
    assert "return_planning" in {lot.state for lot in game.order.lots}
    game.press(f"{ANN}/accept_terms", AcceptTerms(lines="all"))
    back = ReturnReceived(lines={"mug": 1}, condition="opened")
    game.press("warehouse/return_received", back, lines={"mug": 1}, condition="opened")
    game.press("customer_service/assess_return", AssessReturn(lines="all"))
    game.press("payment/refund_sent/r1", RefundSent(refund="r1"))
    game.press("payment/refund_settled/r1", RefundSettled(refund="r1"))
    assert [(750, "settled")] == [(refund.amount, refund.state) for refund in game.order.refunds]


def test_a_refusal_and_its_next_step(game: Game) -> None:
    """What has left cannot be cancelled: why stands there with its links, and the first next step can be pressed."""
    game.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    game.begin("shop", "combined", OrderMachine())
    game.press("payment/payment_captured", PaymentCaptured(payment="p1", instrument="card:4242", amount="66.90"))
    game.press("warehouse/dispatched", Dispatched(parcel="P1"))
    decision = game.press(f"{ANN}/request_cancellation", RequestCancellation(lines="all"))
    refusal = game.page.locator(f'[data-actor="{ANN}"] .pg-outcome')
    expect(refusal).to_be_in_viewport()
    for reason in decision.reasons:
        expect(refusal).to_contain_text(reason.message)
    for name, target in (("already_dispatched", "reference/codes.html#already_dispatched"), ("A9", "policy.html#a9")):
        address = refusal.get_by_role("link", name=name).get_attribute("href") or ""
        assert target == address
    expect(game.page.locator(".pg-status")).to_contain_text("Refused. Line mug has already been dispatched")
    with _OneMore(game.page):
        refusal.get_by_role("button", name="Cancel this delivery").click()
    game.compare(game.machine.decide(game.order, CancelDelivery(lines="all"), by=Actor.parse(ANN), at=game.now))
    assert {"shipped.intercepting"} == {lot.state for lot in game.order.lots}


def test_every_link_that_the_page_makes_leads_somewhere(game: Game, site: Path) -> None:
    """To an entry of the reference, whatever it is that a story has shown."""
    game.begin("shop", "combined", OrderMachine())
    game.press("payment/payment_captured", PaymentCaptured(payment="p1", instrument="card:4242", amount="66.90"))
    game.wait("+1 day", 24)
    game.press(f"{ANN}/request_cancellation", RequestCancellation(lines="all"))
    game.wait("+1 day", 24)
    game.press("customer_service/approve_cancellation", ApproveCancellation(lines="all"))
    game.press("logistics/stop_confirmed", StopConfirmed())
    game.press("logistics/stop_denied", StopDenied())
    game.press(f"{ANN}/request_cancellation", RequestCancellation(lines="all"))
    made = game.page.locator(".playground a:not(.pg-share, [data-to])")
    links = made.evaluate_all("(links) => links.map((link) => link.getAttribute('href'))")
    kinds = (
        "states.html#order-", "states.html#state-", "states.html#refund-", "inputs.html#input-", "inputs.html#event-",
        "effects.html#effect-", "codes.html#already_", "codes.html#anomaly-", "policy.html#",
    )  # fmt: skip
    assert [] == [kind for kind in kinds if not any(kind in link for link in links)]
    for link in set(links):
        page, _, anchor = link.partition("#")
        assert anchor in read(site / page).ids, link


def test_what_does_not_fit_is_shown_as_an_anomaly(game: Game) -> None:
    """It can be reported all the same, and what is said wrongly in a form is told in the form."""
    game.begin("shop", "combined", OrderMachine())
    game.press("logistics/stop_confirmed", StopConfirmed())
    expect(game.page.locator(".pg-order")).to_contain_text("n1")
    game.page.locator('[data-form="payment/payment_captured"]').click()
    fill_in(game.page.locator(".pg-form"), {"amount": "much"})
    game.page.locator(".pg-form [type=submit]").click()
    expect(game.page.locator(".pg-form").get_by_role("alert")).to_contain_text("a decimal amount")
    game.page.locator(".pg-form").get_by_role("button", name="Close").click()
    expect(game.page.locator(".pg-form")).to_have_count(0)


def test_it_can_be_played_by_keyboard(game: Game) -> None:
    """A button that is pressed by a key keeps the focus; where it is no longer offered, its answer takes it."""
    game.begin("shop", "combined", OrderMachine())
    game.page.locator('[data-key="+1 hour"]').focus()
    for _ in range(2):
        with _OneMore(game.page):
            game.page.keyboard.press("Enter")
        assert "+1 hour" == game.page.evaluate("document.activeElement.dataset.key")
    game.page.locator('.pg-actor [data-key="payment/payment_captured"]').focus()
    with _OneMore(game.page):
        game.page.keyboard.press("Space")
    assert "accepted" == game.page.evaluate("document.activeElement.dataset.outcome")
