"""The tutorial and the page about buttons: what they show is run, and prints what it says."""

import importlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orderfsm import (
    CUSTOMER_SERVICE,
    LOGISTICS,
    WAREHOUSE,
    Actor,
    Code,
    Customer,
    Decision,
    Delivered,
    Dispatched,
    Item,
    Notify,
    Place,
    Seller,
    State,
)
from orderfsm.book import OrderBook
from orderfsm.cli import main
from orderfsm.next_steps import steps_after
from orderfsm.reasons import Step
from orderfsm.worker import Delivery
from tests.docs.files import DOCS, blocks, run, write_files

FIRST_ORDER = DOCS / "tutorial" / "first-order.md"


def command(block: str) -> list[str]:
    """The arguments of the one command in a block of the shell."""
    (line,) = block.splitlines()
    program, *arguments = line.split()
    assert ".venv/bin/orderfsm" == program
    return arguments


def test_the_first_order_goes_as_the_page_says(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Block by block it prints what the page says, and the whole file prints it as well, each time that it is run."""
    names: dict[str, object] = {}
    whole, said, commands = "", "", []
    for language, block in blocks(FIRST_ORDER):
        if language == "python":
            exec(compile(block, "first_order.py", "exec"), names)
            whole += block + "\n"
        elif language == "sh" and "orderfsm " in block:
            commands.append(command(block))
            capfd.readouterr()
            assert 0 == main(commands[-1])
            if "migrate" in block:
                capfd.readouterr()
        elif language == "text":
            assert block == capfd.readouterr().out
            said += "" if block.startswith("Order 1001") else block
    assert ["migrate", "show"] == [arguments[0] for arguments in commands]
    (folder / "first_order.py").write_text(whole, "utf-8")
    assert [said, said] == [run(folder / "first_order.py") for _ in range(2)]


# --- buttons ---------------------------------------------------------------------------------------------

BUTTONS = DOCS / "how-to" / "show-the-right-buttons.md"


class Shop:
    """The modules of the page, with the order that it looks at."""

    def __init__(self) -> None:
        for name in ("shop", "buttons", "page", "press", "after"):
            setattr(self, f"{name}_module", importlib.import_module(name))
        self.book: OrderBook = self.module("shop").book
        self.evening: datetime = self.module("shop").evening

    def module(self, name: str) -> Any:
        """One of them."""
        return getattr(self, f"{name}_module")

    def ticket(self, customer: str = "ann", order: str = "1001") -> str:
        """What a form carries that is shown in the evening."""
        return str(self.module("press").ticket(customer, order, self.evening))

    def press(self, name: str, form: dict[str, str], customer: str = "ann", minutes: int = 1) -> Decision:
        """Press a button, some minutes after the page was shown."""
        now = self.evening + timedelta(minutes=minutes)
        decision = self.module("press").press(self.book, customer, "1001", name, form, now)
        assert isinstance(decision, Decision)
        return decision

    def refusal(self, name: str, form: dict[str, str], **options: Any) -> str:
        """The sentence with which a press is turned away, before anything is decided."""
        with pytest.raises(self.module("press").Refusal) as refused:
            self.press(name, form, **options)
        return str(refused.value)

    def buttons(self, by: Actor) -> dict[str, Any]:
        """The buttons that somebody sees, by command."""
        found = self.module("buttons").buttons(
            self.book.machine, self.book.get("1001"), by=by, at=datetime(2026, 3, 2, 19, tzinfo=UTC)
        )
        return {each.name: each for each in found}


@pytest.fixture
def shop(modules: Path) -> Shop:
    """The page's own modules."""
    write_files(BUTTONS, modules)
    return Shop()


def test_the_buttons_are_shown_as_the_page_says(folder: Path) -> None:
    """What is printed there is printed."""
    write_files(BUTTONS, folder)
    (printed,) = (block for language, block in blocks(BUTTONS) if language == "text")
    assert printed == run(folder / "show_it.py")


def test_a_title_cannot_bring_its_own_html(shop: Shop) -> None:
    """Titles, ids and tickets are text, whatever they look like."""
    evil = '"><script>alert(1)</script>$order$$'
    place = Place(customer="ann", country="DE", currency="EUR", lines=[Item(id=evil, title=evil, amount="0")])
    order = shop.book.place("a/b?c", place, at=shop.evening).order
    found = shop.module("buttons").buttons(shop.book.machine, order, by=Customer("ann"), at=shop.evening)
    html = shop.module("page").render(order, found, evil)
    assert "<script>" not in html and "/orders/a%2Fb%3Fc/request_cancellation" in html
    assert 2 <= html.count("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;$order$$")


def test_two_clicks_cancel_one_mug(shop: Shop) -> None:
    """The same form sent twice is one request with one answer; changed, it is refused."""
    form = {"ticket": shop.ticket(), "goods-mug": "1", "goods-pot": "0"}
    first, second = (shop.press("request_cancellation", form, minutes=number) for number in (1, 2))
    assert ("accepted", first.effects) == (second.outcome, second.effects)
    assert ["We have received your request. It is not decided yet."] == shop.module("after").on_screen(second)
    changed = shop.press("request_cancellation", form | {"goods-pot": "1"})
    assert ["conflicting_id"] == [reason.code for reason in changed.reasons]
    assert {"mug": 1} == shop.buttons(Customer("ann"))["withdraw_cancellation"].goods


def test_every_form_is_a_request_of_its_own(shop: Shop) -> None:
    """Two pages, two requests; each is judged at the time at which it is pressed."""
    assert "accepted" == shop.press("request_cancellation", {"ticket": shop.ticket(), "goods-pot": "1"}).outcome
    shop.evening += timedelta(hours=4, minutes=30)
    late = shop.press("request_cancellation", {"ticket": shop.ticket(), "goods-mug": "1"}, minutes=45)
    assert ("accepted", ("preparation_presumed",)) == (late.outcome, late.fired)


def test_nobody_sees_the_buttons_of_others(shop: Shop) -> None:
    """Not even greyed out."""
    assert {} == shop.buttons(Seller("s8")) == shop.buttons(Customer("eve")) == shop.buttons(WAREHOUSE)


def test_a_page_of_the_past_decides_nothing(shop: Shop) -> None:
    """What has left since it was shown cannot be cancelled."""
    form = {"ticket": shop.ticket(), "goods-mug": "1"}
    shop.book.submit("1001", Dispatched(lines={"mug": 1}, parcel="P2"), by=WAREHOUSE, at=shop.evening)
    refused = shop.press("request_cancellation", form)
    assert ["already_dispatched"] == [reason.code for reason in refused.reasons]
    assert [reason.message for reason in refused.reasons] == shop.module("after").on_screen(refused)


def test_nobody_presses_for_somebody_else(shop: Shop) -> None:
    """Orders of others look like none, tickets hold for one customer and order, and commands of others are none."""
    form = {"ticket": shop.ticket("eve"), "goods-mug": "1"}
    assert "There is no such page." == shop.refusal("request_cancellation", form, customer="eve")
    assert "There is no such page." == shop.refusal("approve_cancellation", {"ticket": shop.ticket()})
    for ticket in ("", "~~", "\ud800", shop.ticket("eve"), shop.ticket(order="1002"), shop.ticket()[:-1]):
        assert "Please try again." == shop.refusal("request_cancellation", form | {"ticket": ticket})
    later = {"ticket": shop.ticket(), "goods-mug": "1"}
    assert shop.refusal("request_cancellation", later, minutes=61).startswith("This page was open for long.")
    assert 3 == len(shop.book.history("1001"))


def test_what_is_entered_wrongly_is_turned_away(shop: Shop) -> None:
    """No number, too small and too large numbers, lines that are not there, nothing at all."""
    for wrong in ("", "one", "-1", "9" * 5000, "1.5"):
        form = {"ticket": shop.ticket(), "goods-mug": wrong}
        assert "Please check what you entered." == shop.refusal("request_cancellation", form)
    for goods, code in {"mug": "quantity_exceeds", "cup": "unknown_line", "": "unknown_line"}.items():
        decision = shop.press("request_cancellation", {"ticket": shop.ticket(), f"goods-{goods}": "9"})
        assert [code] == [reason.code for reason in decision.reasons]
    nothing = shop.press("request_cancellation", {"ticket": shop.ticket(), "goods-mug": "0"})
    assert ["nothing_selected"] == [reason.code for reason in nothing.reasons]


def test_a_button_that_needs_terms_is_alive(shop: Shop) -> None:
    """Customer service can approve the return of opened goods, whose form asks for the terms and says so."""
    shop.book.submit("1001", Delivered(parcel="P1"), by=LOGISTICS, at=shop.evening)
    form = {"ticket": shop.ticket(), "goods-mug": "1", "reason": "unwanted", "opened": "on"}
    assert "accepted" == shop.press("request_return", form).outcome
    assert shop.buttons(CUSTOMER_SERVICE)["approve_return"].enabled
    assert "approve_return" not in shop.buttons(Customer("ann"))


def test_a_message_is_written_once(shop: Shop) -> None:
    """However often it is delivered; what was seen on the screen is not written again."""
    shop.press("request_cancellation", {"ticket": shop.ticket(), "goods-mug": "1"})
    after = shop.module("after")
    for _ in range(2):
        for letter in shop.book.store.letters("1001", 1, 100):
            if isinstance(letter.effect, Notify):
                after.message_centre(Delivery("1001", letter.effect, 1, letter.seq))
    assert [("1001", after.WORDS["cancellation_requested"])] == [*after.messages.values()]


def test_what_can_be_done_instead_has_words(shop: Shop) -> None:
    """Every next step that a customer can be given, beside those that are for customer service."""
    ours = {"resolve_anomaly", "give_up_service", "approve_return", "assess_return"}
    steps = {step for code in Code for state in State for step in steps_after(code, state, Step.CONTACT_SELLER)}
    assert set() == steps - set(shop.module("page").INSTEAD) - ours
