"""The commands of the order book: migrate, worker, dead-letters, import, show, verify, export."""

import argparse
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from orderfsm.errors import OrderfsmError
from orderfsm.outputs import output, print_text

if TYPE_CHECKING:
    from orderfsm.book import OrderBook
    from orderfsm.machine import OrderMachine
    from orderfsm.order import Order
    from orderfsm.worker import Handlers

AddParser = Callable[..., argparse.ArgumentParser]

DONE, NOT_AS_IT_SHOULD_BE, WRONG_USAGE = 0, 1, 2
ENVIRONMENT = "ORDERFSM_DB"


class UnusableArgument(OrderfsmError):
    """An argument that cannot be used, such as handlers that cannot be imported."""


def add_book_commands(add_parser: AddParser, add_policy: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the commands to a command line."""
    migrate = add_parser(
        "migrate",
        help="make the tables of an order book, or bring them up to date",
        description="Make the tables of an order book, or bring them up to date. Several may start it at once.",
        epilog="example: orderfsm migrate --db postgresql://shop@localhost/shop",
    )
    _add_db(migrate)
    migrate.set_defaults(run=_migrate)
    _add_worker(add_parser, add_policy)
    _add_dead_letters(add_parser)
    _add_import(add_parser, add_policy)
    show = add_parser("show", help="show one order of a book: its state, goods, money, and history with clauses")
    show.add_argument("order", metavar="ORDER", help="the order's id")
    _add_db(show)
    show.set_defaults(run=_show)
    verify = add_parser(
        "verify",
        help="replay the journal of a book and compare every row",
        description=(
            "Replay the journal under the policies and with the dates that it records, compare every row of every "
            "order, and name each difference. Only reads; the book may be in use."
        ),
        epilog="exit status: 0 where all is as it should be, 1 where something is not",
    )
    _add_db(verify)
    verify.set_defaults(run=_verify)
    export = add_parser("export", help="write the journal of a book as an order log")
    export.add_argument("--order", metavar="ORDER", help="of this order only")
    export.add_argument("--out", metavar="FILE", help="write to FILE, which appears once it is whole")
    _add_db(export)
    export.set_defaults(run=_export)


def _add_db(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--db",
        metavar="URL",
        default=os.environ.get(ENVIRONMENT),
        help=f"sqlite:///FILE or postgresql://USER@HOST/DATABASE; by default what {ENVIRONMENT} says",
    )


def _add_worker(add_parser: AddParser, add_policy: Callable[[argparse.ArgumentParser], None]) -> None:
    worker = add_parser(
        "worker",
        help="fire due deadlines and deliver effects to your handlers",
        description=(
            "Fire due deadlines, escalate what is overdue, and deliver effects to your handlers, at least once and "
            "in order per order. Start as many as you like. SIGTERM and Ctrl-C finish the delivery in hand."
        ),
        epilog="example: orderfsm worker --db sqlite:///orders.db --handlers shop.effects:handlers",
    )
    _add_db(worker)
    worker.add_argument(
        "--handlers",
        metavar="MODULE:NAME",
        required=True,
        help="a mapping of effect classes to functions, such as {SendRefund: pay, Effect: log_it}",
    )
    add_policy(worker)
    worker.add_argument("--poll", metavar="SECONDS", type=_seconds, default=1.0, help="how often to look; default 1")
    worker.add_argument("--once", action="store_true", help="do what is due and ready now, then end")
    worker.set_defaults(run=_worker)


def _add_dead_letters(add_parser: AddParser) -> None:
    letters = add_parser(
        "dead-letters",
        help="list effects that no handler would take, and have them tried again",
        description="List the effects that were given up, one a line; or have them tried again, or dropped for good.",
        epilog="example: orderfsm dead-letters --db sqlite:///orders.db --retry 1001:3",
    )
    _add_db(letters)
    which = letters.add_mutually_exclusive_group()
    which.add_argument("--retry", metavar="ORDER:N", help="deliver this one after all; or all of them: all")
    which.add_argument("--drop", metavar="ORDER:N", help="never deliver this one; or any of them: all")
    letters.set_defaults(run=_dead_letters)


def _add_import(add_parser: AddParser, add_policy: Callable[[argparse.ArgumentParser], None]) -> None:
    importing = add_parser(
        "import",
        help="play an order log into a book",
        description=(
            "Play an order log into a book. It can be broken off and begun again, and a log that has grown goes on "
            "where it ended: run twice, it does nothing twice."
        ),
        epilog="exit status: 0 where every line was understood, 1 where some were not; the others count",
    )
    importing.add_argument(
        "--delivered",
        action="store_true",
        help="the world was told long ago: keep effects as delivered, so that no worker sends them again",
    )
    importing.add_argument(
        "--as",
        dest="name",
        metavar="NAME",
        help="know the log again by NAME, where several logs begin with the same line",
    )
    importing.add_argument("log", metavar="LOG", help='an order log, plain or gzip; "-" is standard input')
    _add_db(importing)
    add_policy(importing)
    importing.set_defaults(run=_import)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.01 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"expected a number of seconds from 0.01 to 3600, got {text!r}")
    return seconds


# --- commands --------------------------------------------------------------------------------------------


def _url(options: argparse.Namespace) -> str:
    if not options.db:
        raise UnusableArgument(f"--db: expected a database URL, here or in {ENVIRONMENT}")
    return str(options.db)


@contextmanager
def _book(options: argparse.Namespace) -> "Generator[OrderBook, None, None]":
    from orderfsm.book import OrderBook
    from orderfsm.machine import OrderMachine
    from orderfsm.policy_file import load_policy

    policy = load_policy(options.policy) if hasattr(options, "policy") else None
    with OrderBook(_url(options), OrderMachine(policy)) as book:
        yield book


def _migrate(options: argparse.Namespace) -> int:
    from orderfsm.store import migrate, read_url

    url = read_url(_url(options))
    if url.scheme == "memory":
        return _print(f"{url} needs no tables")
    before, after = migrate(url)
    said = f"is at version {after} already" if before == after else f"went from version {before} to {after}"
    return _print(f"{url} {said}")


def _worker(options: argparse.Namespace) -> int:
    import logging  # noqa: TID251  (what a worker has to say goes to standard error)
    import signal

    from orderfsm.summary_text import printable
    from orderfsm.worker import Worker

    class Printable(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return printable(super().format(record))  # a handler's fault may hold what customers have written

    told = logging.StreamHandler(sys.stderr)
    told.setFormatter(Printable("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(handlers=[told], level=logging.INFO)
    with _book(options) as book:
        worker = Worker(book, _handlers(options.handlers))

        def stop(*_: object) -> None:
            worker.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        if options.once:
            done = worker.run_until_idle()
            return _print(f"fired {done.fired}, delivered {done.delivered}, failed {done.failed}, dead {done.dead}")
        logging.info("working")
        worker.run(poll=options.poll)
        logging.info("stopped")
    return DONE


def _handlers(name: str) -> "Handlers":
    from importlib import import_module

    module, colon, attribute = name.partition(":")
    if not colon:
        raise UnusableArgument(f"--handlers: expected MODULE:NAME, got {name!r}")
    sys.path.insert(0, os.getcwd())
    try:
        found: Any = getattr(import_module(module), attribute)
    except Exception as fault:  # whatever a host's module raises
        raise UnusableArgument(f"--handlers: {type(fault).__name__}: {fault}") from fault
    if not hasattr(found, "keys"):
        raise UnusableArgument(f"--handlers: expected a mapping of effect classes to functions, got {found!r}")
    return found  # type: ignore[no-any-return]


def _dead_letters(options: argparse.Namespace) -> int:
    from orderfsm.book_text import letters_text
    from orderfsm.wall_clock import utc_now

    chosen, found = options.retry or options.drop, 0
    with _book(options) as book, output(None, "") as file:
        act = book.retry if options.retry else book.drop
        after: str | None = None
        while True:
            page = book.dead_letters(after=after)
            if chosen is None:
                print_text(letters_text(page.items), file)
            for letter in page:
                if chosen in ("all", f"{letter.order_id}:{letter.seq}"):
                    found += act(letter, utc_now())
            after = page.next
            if after is None:
                break
        if chosen is not None:
            print_text(f"{found} {'tried again' if options.retry else 'dropped'}\n", file)
    return DONE if chosen in (None, "all") or found else NOT_AS_IT_SHOULD_BE


def _import(options: argparse.Namespace) -> int:
    from orderfsm.importing import import_log
    from orderfsm.log_faults import InvalidLine
    from orderfsm.log_files import open_log
    from orderfsm.progress import Progress
    from orderfsm.summary_text import many, printable

    def tell(number: int, fault: InvalidLine) -> None:
        progress.write(f"line {number}: {printable(fault.message)}")

    with (
        _book(options) as book,
        Progress(options.log) as progress,
        open_log(options.log, progress.advance) as lines,
    ):
        into = book.without_delivery() if options.delivered else book
        done = import_log(into, lines, tell, name=options.name)
    counts = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(done.outcomes.items())) or "nothing new"
    said = [counts]
    said += [f"{many(done.fired, 'order')} had deadlines fire"] if done.fired else []
    said += [f"skipped {many(done.skipped, 'line')} imported before"] if done.skipped else []
    said += [f"{many(len(done.invalid), 'line')} could not be understood"] if done.invalid else []
    _print("; ".join(said))
    return NOT_AS_IT_SHOULD_BE if done.invalid else DONE


def _show(options: argparse.Namespace) -> int:
    from orderfsm.book_text import order_text
    from orderfsm.order import Order

    with _book(options) as book, output(None, "") as file:
        order = book.get(options.order)
        if not order.version and not book.history(options.order, limit=1).items:
            return _unknown(options.order)
        due = _machine_of(book, order).next_deadline(order) if isinstance(order, Order) else None
        for piece in order_text(order, due, book.whole_history(options.order)):
            print_text(piece, file)
    return DONE


def _machine_of(book: "OrderBook", order: "Order") -> "OrderMachine":
    """The machine under whose policy the deadlines of an order were last computed."""
    from orderfsm.machine import OrderMachine
    from orderfsm.policy_file import read_policy
    from orderfsm.store import Listing, Query

    (snapshot,) = book.store.find(Query(Listing.ONE, order.id))
    policy = book.store.policy(snapshot.policy)
    return book.machine if policy is None else OrderMachine(read_policy(policy))


def _verify(options: argparse.Namespace) -> int:
    from orderfsm.progress import Counting
    from orderfsm.summary_text import many, printable
    from orderfsm.verifying import verify

    differences = 0
    with _book(options) as book, Counting("order") as counting, output(None, "") as file:
        for difference in verify(book.store, counting.advance):
            differences += 1
            print_text(f"{printable(str(difference))}\n", file)
            file.flush()
        counting.close()
        print_text(f"{many(counting.count, 'order')} checked, {many(differences, 'difference')}\n", file)
    return NOT_AS_IT_SHOULD_BE if differences else DONE


def _export(options: argparse.Namespace) -> int:
    from orderfsm.importing import export_log
    from orderfsm.progress import Counting

    with _book(options) as book, Counting("line") as counting, output(options.out, "") as file:
        for line in export_log(book, options.order):
            file.write(line)
            counting.advance(1)
    if options.order is not None and not counting.count:
        return _unknown(options.order)
    return DONE


def _unknown(order_id: str) -> int:
    print(f"orderfsm: the book knows nothing of order {order_id!r}", file=sys.stderr)
    return NOT_AS_IT_SHOULD_BE


def _print(text: str) -> int:
    with output(None, "") as file:
        print_text(f"{text}\n", file)
    return DONE
