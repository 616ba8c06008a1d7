"""The command line: replay an order log, prove a policy, print the table, the diagrams, the schema and the policy.

The commands of the order book are in `orderfsm.book_commands`. Exit status: 0 when everything was understood,
whatever was refused, or the proof passed, or the book is as it should be; 1 when some lines of a log were invalid,
or the proof did not pass, or the book is not as it should be; 2 for wrong usage, or a file or database that cannot
be used; 130 after Ctrl-C, 141 when nobody reads on.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from typing import Literal, NoReturn, cast

from orderfsm.book_commands import add_book_commands
from orderfsm.errors import OrderfsmError, UnreadableLog
from orderfsm.outputs import Unwritable, output, print_text

UNDERSTOOD, SOME_INVALID, WRONG_USAGE, INTERRUPTED, NOBODY_READS = 0, 1, 2, 130, 141
MOST_JOBS = 64

_EPILOG = """\
examples:
  orderfsm replay orders.jsonl.gz                  what became of all orders, for a person
  orderfsm replay orders.jsonl --json              one answer per line
  orderfsm replay - --policy shop.toml < orders.jsonl
  orderfsm policy --policy marketplace > shop.toml  a policy file to start from
  orderfsm prove --policy shop.toml                try every input in every reachable state
  orderfsm migrate --db sqlite:///orders.db        make an order book
  orderfsm show 1001 --db sqlite:///orders.db      one order, with its history

exit status:
  0  everything was understood, whatever was refused; the proof passed; the book is as it should be
  1  some lines were invalid, and the others count; the proof did not pass; the book is not as it should be
  2  wrong usage, or a file or database that cannot be used
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = _parser().parse_args(arguments)
    run = cast(Callable[[argparse.Namespace], int], options.run)
    try:
        return run(options)
    except (OrderfsmError, Unwritable) as fault:
        return _complain(str(fault))
    except BrokenExecutor:
        return _complain("a worker process died; was there enough memory?")
    except KeyboardInterrupt:
        print("orderfsm: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _write_no_more()
        return NOBODY_READS
    except OSError as fault:  # the disk is full, for instance
        _write_no_more()
        return _complain((fault.strerror or str(fault)).lower())


def _write_no_more() -> None:
    """What is still buffered has nowhere to go; Python would complain about it on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(message: str) -> int:
    from orderfsm.summary_text import printable

    print(f"orderfsm: {printable(message)}", file=sys.stderr)
    return WRONG_USAGE


# --- usage -----------------------------------------------------------------------------------------------


class _Version(argparse.Action):
    """Prints the version; it is only looked up when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"orderfsm {version('orderfsm')}")
        except PackageNotFoundError:
            print("orderfsm, not installed")
        parser.exit()


class _Parser(argparse.ArgumentParser):
    """Repeats what it does not understand, but no password in it: a URL may stand where none belongs."""

    def error(self, message: str) -> NoReturn:
        from orderfsm.store.urls import without_urls
        from orderfsm.summary_text import printable

        super().error(printable(without_urls(message)))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="orderfsm",
        description="An order state machine: what may be done with an order now, and if not, why not.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_replay(commands.add_parser)
    table = commands.add_parser("table", help="print the transition table as Markdown, with clauses")
    table.set_defaults(run=_table)
    _add_diagram(commands.add_parser)
    schema = commands.add_parser("schema", help="print the JSON Schema of one line of an order log")
    schema.set_defaults(run=_schema)
    policy = commands.add_parser(
        "policy",
        help="print a policy with the clause of every value, as a TOML file",
        epilog="example: orderfsm policy --policy marketplace > shop.toml",
    )
    _add_policy(policy)
    policy.set_defaults(run=_policy)
    _add_prove(commands.add_parser)
    add_book_commands(commands.add_parser, _add_policy)
    return parser


def _add_replay(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    replay = add_parser(
        "replay",
        help="play an order log through the machine",
        description="Play an order log through the machine. Prints a summary, or with --json one answer per line.",
        epilog=(
            "Deadlines fire before an input of the same order and at ticks; when the log ends nothing more "
            'fires. A last line {"at": "2026-04-01T00:00:00Z", "do": "tick"} lets time pass for all orders. '
            "A log that breaks off is played up to there, with exit status 2. "
            "example: orderfsm replay orders.jsonl.gz --json --out answers.jsonl --jobs 2"
        ),
    )
    replay.add_argument("log", metavar="LOG", help='an order log (JSON Lines), plain or gzip; "-" is standard input')
    _add_policy(replay)
    replay.add_argument("--json", action="store_true", help="answer every line with one JSON object")
    replay.add_argument("--out", metavar="FILE", help="write to FILE, which appears once it is whole")
    replay.add_argument(
        "--jobs",
        metavar="N",
        type=_jobs,
        default=1,
        help="share the orders among N processes; the answers are the same",
    )
    replay.set_defaults(run=_replay)


def _add_diagram(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    diagram = add_parser(
        "diagram",
        help="draw the lifecycle",
        description="Draw the whole lifecycle, or one chapter of it, from the transitions that run.",
        epilog="example: orderfsm diagram --format dot --part cancellation | dot -Tsvg > cancellation.svg",
    )
    diagram.add_argument("--format", choices=("mermaid", "dot"), default="mermaid", help="mermaid (default) or dot")
    diagram.add_argument("--guards", action="store_true", help="name the guards on the arrows")
    diagram.add_argument("--part", metavar="PART", help="one chapter, such as payment or returns; default: the whole")
    diagram.set_defaults(run=_diagram)


def _add_prove(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    prove = add_parser(
        "prove",
        help="try every input in every reachable state of small orders",
        description=(
            "Explore all small orders under a policy on the code that decides them, and check every property in "
            "every state. Prints what was explored, what does not hold with a shortest trace, and the exact claim."
        ),
        epilog=(
            "A run that --seconds cuts short is undetermined: it claims nothing. "
            "A run that finds nothing wrong, but never saw some state, row or refusal, is vacuous, and claims nothing. "
            "example: orderfsm prove --policy shop.toml --scope nightly --jobs 2"
        ),
    )
    prove.add_argument(
        "--policy",
        metavar="POLICY",
        default="combined",
        help="combined (default), declaration, marketplace, a TOML file, or every: all presets and each switch alone",
    )
    prove.add_argument(
        "--scope",
        choices=("ci", "nightly", "release"),
        help=(
            "how much: ci (default, about a minute), nightly (about half an hour in two processes, all that is in ci "
            "too), release (an hour or more by our estimate: what is too large for a night, explored beside nightly "
            "and without it)"
        ),
    )
    prove.add_argument(
        "--mutate",
        action="store_true",
        help="break the definition on purpose, and see it noticed, in orders of its own (many minutes)",
    )
    prove.add_argument("--json", action="store_true", help="one JSON object, for machines")
    prove.add_argument("--jobs", metavar="N", type=_jobs, default=1, help="share the scopes among N processes")
    prove.add_argument("--seconds", metavar="N", type=_seconds, help="give each scope at most N seconds")
    prove.set_defaults(run=_prove)


def _seconds(text: str) -> float:
    if not text.isascii() or not text.isdigit() or not int(text[:9]):
        raise argparse.ArgumentTypeError(f"expected a whole number of seconds, got {text!r}")
    return float(text)


def _add_policy(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--policy",
        metavar="POLICY",
        default="combined",
        help="combined (default), declaration, marketplace, or a TOML file",
    )


def _jobs(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MOST_JOBS:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 to {MOST_JOBS}, got {text!r}")
    return int(text)


# --- commands --------------------------------------------------------------------------------------------


def _replay(options: argparse.Namespace) -> int:
    from orderfsm.log_files import open_log
    from orderfsm.policy_file import load_policy
    from orderfsm.progress import Progress
    from orderfsm.replay import without_cycles
    from orderfsm.shards import Playing
    from orderfsm.summary_text import summary_text

    if options.jobs == 1:
        without_cycles()
    broken: UnreadableLog | None = None
    with_bar = not (options.json and options.out is None and sys.stdout.isatty())
    with (
        Playing(load_policy(options.policy), answering=options.json, jobs=options.jobs) as playing,
        Progress(options.log, shown=with_bar) as progress,
        open_log(options.log, progress.advance) as lines,
        output(options.out, options.log) as file,
    ):
        try:
            for answer in playing.answers(lines):
                file.write(answer)
        except UnreadableLog as fault:
            broken = fault  # what was read before still counts
        progress.close()
        if not options.json:
            print_text(summary_text(playing.summary()), file)
        invalid = playing.invalid()
    if broken is not None:
        return _complain(f"{broken}; what came before was played")
    return SOME_INVALID if invalid else UNDERSTOOD


def _table(options: argparse.Namespace) -> int:
    from orderfsm.tables import table_markdown

    return _print(table_markdown())


def _diagram(options: argparse.Namespace) -> int:
    from orderfsm.diagrams import PARTS, diagram

    if options.part is not None and options.part not in PARTS:
        return _complain(f"--part: expected one of {', '.join(PARTS)}, got {options.part!r}")
    form = cast(Literal["mermaid", "dot"], options.format)
    return _print(diagram(format=form, guards=options.guards, part=options.part))


def _schema(options: argparse.Namespace) -> int:
    import json

    from orderfsm.log_schema import log_schema

    return _print(json.dumps(log_schema(), indent=2))


def _policy(options: argparse.Namespace) -> int:
    from orderfsm.policy_file import load_policy, write_policy

    return _print(write_policy(load_policy(options.policy)))


def _prove(options: argparse.Namespace) -> int:
    from orderfsm.policy_file import load_policy
    from orderfsm.testing.catalogue import Size, catalogue
    from orderfsm.testing.exploring import Limits
    from orderfsm.testing.proving import prove
    from orderfsm.testing.verdicts import verdict_json, verdict_text
    from orderfsm.testing.watching import Watching

    if options.mutate:
        return _mutate(options)
    size = Size(options.scope or Size.CI)
    scopes = catalogue(size, None if options.policy == "every" else load_policy(options.policy))
    with Watching(len(scopes)) as watching:
        proof = prove(
            scopes, jobs=options.jobs, limits=Limits(seconds=options.seconds), vacuity=size is not Size.RELEASE,
            done=lambda result: watching.done(result.name, result.decisions), report=watching.report,
        )  # fmt: skip
    _print(verdict_json(proof, scopes) if options.json else verdict_text(proof, scopes))
    return UNDERSTOOD if proof.passed else SOME_INVALID


def _mutate(options: argparse.Namespace) -> int:
    from orderfsm.policy_file import load_policy
    from orderfsm.testing.mutants import mutants
    from orderfsm.testing.mutating import try_mutants
    from orderfsm.testing.watching import Watching

    idle = [f"--{name}" for name in ("scope", "seconds") if getattr(options, name) is not None]
    if idle:
        return _complain(f"{', '.join(idle)}: not with --mutate, which chooses its orders and tries until it can tell")
    if options.policy == "every":
        return _complain("--policy: not every with --mutate, which tries the switches of one policy by itself")
    policy = load_policy(options.policy)
    with Watching(len(list(mutants())), "mutants") as watching:
        found = try_mutants(policy=policy, jobs=options.jobs, report=lambda verdict: watching.done(verdict.name))
    _print(found.as_json() if options.json else "\n".join(found.lines))
    return UNDERSTOOD if found.passed else SOME_INVALID


def _print(text: str) -> int:
    with output(None, "") as file:
        print_text(text if text.endswith("\n") else f"{text}\n", file)
    return UNDERSTOOD
