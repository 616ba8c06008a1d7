"""orderfsm: what may this person do with this order now, and if not, why not and what instead?"""

from orderfsm.actors import (
    CUSTOMER_SERVICE,
    LOGISTICS,
    PAYMENT,
    PLATFORM,
    WAREHOUSE,
    Actor,
    Customer,
    Role,
    Seller,
)
from orderfsm.decisions import Accepted, Anomalous, Decision, Duplicate, Move, Refused
from orderfsm.errors import InvalidInput, InvalidPolicy, OrderfsmError
from orderfsm.guards import HostGuard
from orderfsm.inputs import *  # noqa: F403
from orderfsm.machine import Action, OrderMachine
from orderfsm.money import Money
from orderfsm.order import Lot, Order, Unplaced
from orderfsm.policy import Policy, ReturnSchedule
from orderfsm.reasons import AnomalyCode, Code, Reason
from orderfsm.states import OrderState, RefundState, State
