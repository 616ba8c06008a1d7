"""What `import orderfsm` gives, and what it costs.

The names are written down here on purpose: an export that comes or goes by accident shows as a difference,
and one that is meant is a line in a commit.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import orderfsm
from orderfsm import inputs

PUBLIC = {
    # the machine
    "Action", "Deadline", "HostGuard", "OrderMachine", "Policy", "ReturnSchedule",
    # decisions
    "Accepted", "Anomalous", "AnomalyCode", "Code", "Decision", "Duplicate", "Move", "Reason", "Refused",
    # orders
    "Anomaly", "Line", "Lot", "Money", "Order", "OrderState", "Payment", "Refund", "RefundState", "State",
    "Unplaced", "is_cancelled",
    # actors
    "Actor", "CUSTOMER_SERVICE", "Customer", "LOGISTICS", "PAYMENT", "PLATFORM", "Role", "Seller", "WAREHOUSE",
    # inputs
    "COMMANDS", "Command", "FACTS", "Fact", "INPUTS", "Input",
    # … commands
    "AcceptTerms", "ApproveCancellation", "ApproveReturn", "AssessReturn", "CancelDelivery", "DeclineCancellation",
    "DeclineReturn", "GiveUpService", "Place", "RejectTerms", "RequestCancellation", "RequestReturn", "ResendRefund",
    "ResolveAnomaly", "WithdrawCancellation", "WithdrawReturn",
    # … facts
    "Arrived", "Delivered", "DeliveryRefused", "Dispatched", "InterceptConfirmed", "InterceptDenied", "Lost",
    "PaymentCaptured", "PreparationStarted", "RefundFailed", "RefundReversed", "RefundSent", "RefundSettled",
    "ReturnReceived", "StopConfirmed", "StopDenied",
    # … what they are made of
    "Condition", "Item", "Kind", "Label", "Payer", "ReturnKind",
    # effects
    "AskCarrier", "AskLogistics", "Effect", "Escalate", "Notify", "ReleaseStock", "SendRefund", "SendReplacement",
    "SendReturnAddress", "SendReturnLabel", "TellWarehouse",
    # faults
    "InvalidInput", "InvalidPolicy", "InvalidTable", "OrderfsmError", "SealedMachine", "UnreadableLog",
    # … of the order book
    "ConcurrentChange", "CorruptHistory", "InvalidUrl", "LogInUse", "NoTransaction", "SchemaMismatch", "StoreError",
    "StoreUnavailable",
    # the version
    "__version__",
}  # fmt: skip

READ_ON_FIRST_USE = ("msgspec", "sqlite3", "psycopg", "holidays", "iso4217", "tqdm", "tomli_w")
"""What only some hosts need, or only later: importing orderfsm must stay cheap."""

NEVER = ("hypothesis", "pytest", "orderfsm.cli")
"""What no host needs."""


def fresh_python(code: str) -> str:
    """What a new interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_public_names_are_these() -> None:
    """No export comes or goes unseen."""
    assert sorted(PUBLIC) == sorted(orderfsm.__all__)


def test_every_public_name_is_there() -> None:
    """A star import gives each of them."""
    found: dict[str, object] = {}
    exec("from orderfsm import *", found)
    assert PUBLIC <= found.keys()
    assert not [name for name in PUBLIC if found[name] is None]


def test_nothing_else_looks_public() -> None:
    """Beside the exports a module has only its own modules and what begins with an underscore."""
    names = {name for name in vars(orderfsm) if name.isidentifier()}  # pytest adds some, as "@py_builtins"
    modules = {name for name in names if importlib.util.find_spec(f"orderfsm.{name}") is not None}
    visible = {name for name in names if not name.startswith("_")} - modules
    assert PUBLIC - {"__version__"} == visible


def test_every_input_is_public() -> None:
    """Whatever the machine decides, a host can say."""
    assert {kind.__name__ for kind in inputs.INPUTS} <= PUBLIC


def test_py_typed_is_shipped() -> None:
    """Type checkers read the annotations of the installed package (PEP 561)."""
    assert (Path(orderfsm.__file__).parent / "py.typed").is_file()


def test_importing_orderfsm_is_cheap() -> None:
    """None of what is only needed later, or by tests, comes along."""
    names = (*READ_ON_FIRST_USE, *NEVER)
    loaded = fresh_python(f"import sys, orderfsm; print(*[name for name in {names!r} if name in sys.modules])")
    assert "" == loaded


def test_decide_takes_inputs_only() -> None:
    """What is no input is a fault of the caller, and said so."""
    order = orderfsm.Unplaced("1001")
    nothing: Any = None
    with pytest.raises(TypeError, match="INPUTS"):
        orderfsm.OrderMachine().decide(order, nothing)
