"""Who sends an input: a role, and an id where the policy asks whose goods or whose order it is."""

from enum import StrEnum

from attrs import field, frozen

from orderfsm.errors import InvalidInput


class Role(StrEnum):
    """The parts that people and systems play around an order."""

    PLATFORM = "platform"
    """The shop itself: it places orders, and time passes for it."""
    CUSTOMER = "customer"
    """Who bought; always with an id (policy 5.15)."""
    CUSTOMER_SERVICE = "customer_service"
    """People of the shop who decide about its own goods (A5)."""
    SELLER = "seller"
    """A third party that sells through the shop; always with an id (B10)."""
    WAREHOUSE = "warehouse"
    """Who prepares goods and takes them back."""
    LOGISTICS = "logistics"
    """Who carries goods, and says whether they can be stopped (A8)."""
    PAYMENT = "payment"
    """The payment provider (B1)."""


NAMED_ROLES = frozenset({Role.CUSTOMER, Role.SELLER})
"""Roles that mean nothing without an id: each acts only on what is its own (policy 5.15)."""


@frozen
class Actor:
    """A role, and who in that role: ``customer:c9``. Customers and sellers always carry an id.

    Attributes:
        role: the part that it plays.
        id: who in that part; None for a part as a whole, which customers and sellers never are.

    Raises:
        InvalidInput: the role is none, or a customer or seller has no id.
    """

    role: Role
    id: str | None = field(default=None)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.role, Role):
            raise InvalidInput("by", f"a Role ({', '.join(Role)})", self.role)
        if self.id is None and self.role in NAMED_ROLES:
            raise InvalidInput("by", f"a {self.role} with an id, such as {self.role}:c9", str(self.role))
        if self.id is not None and (not isinstance(self.id, str) or not self.id):
            raise InvalidInput("by", "an id that is not empty", self.id)

    @classmethod
    def parse(cls, text: str) -> "Actor":
        """Read ``role`` or ``role:id``.

        Raises:
            InvalidInput: there is no such role, or it needs an id.
        """
        role, colon, identity = text.partition(":")
        if role not in _ROLES:
            raise InvalidInput("by", f"a role ({', '.join(Role)}) or role:id", text)
        return cls(Role(role), identity if colon else None)

    def __str__(self) -> str:
        return self.role.value if self.id is None else f"{self.role.value}:{self.id}"


_ROLES = frozenset(role.value for role in Role)

PLATFORM = Actor(Role.PLATFORM)
"""The shop itself."""

CUSTOMER_SERVICE = Actor(Role.CUSTOMER_SERVICE)
"""Anybody of customer service."""

WAREHOUSE = Actor(Role.WAREHOUSE)
"""The shop's warehouse."""

LOGISTICS = Actor(Role.LOGISTICS)
"""The logistics provider, and any carrier."""

PAYMENT = Actor(Role.PAYMENT)
"""The payment provider."""


def Customer(id: str) -> Actor:  # noqa: N802  (reads as a noun where it is used)
    """The customer with this id, who acts only on their own orders."""
    return Actor(Role.CUSTOMER, id)


def Seller(id: str) -> Actor:  # noqa: N802
    """The third-party seller with this id, who acts only on their own goods."""
    return Actor(Role.SELLER, id)
