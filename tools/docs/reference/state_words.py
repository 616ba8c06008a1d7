"""What each state means for the customer: written by hand, for the machine does not know it."""

from collections.abc import Mapping

from orderfsm.states import RefundState, State

FOR_THE_CUSTOMER: Mapping[State, str] = {
    State.UNPAID: "Please pay; until then nothing is sent, and nothing has to be cancelled.",
    State.CLOSED: "The order is over. What was paid of it goes back; whoever still wants the goods orders anew.",
    State.UNSHIPPED: "The order is paid and can still be cancelled.",
    State.UNSHIPPED_CANCEL_REQUESTED: "You have asked to cancel. It is looked at, and you can take it back.",
    State.UNSHIPPED_CANCEL_CONFIRMING: (
        "The cancellation is approved, but the bundle is being prepared: we have asked whether it can be stopped."
    ),
    State.PREPARING: "The goods are being packed. You can ask to cancel, and whether it works has to be asked.",
    State.PREPARING_CANCEL_REQUESTED: "You have asked to cancel. It is looked at, and the goods may still leave.",
    State.PREPARING_CANCEL_CONFIRMING: (
        "The cancellation is approved; we have asked whether the goods can still be stopped. Only a yes cancels them."
    ),
    State.CANCELLED: "The goods are cancelled, and the money goes back to where it came from.",
    State.SHIPPED: (
        "The goods are on their way and cannot be cancelled. You can call the delivery off, refuse the parcel or "
        "return it."
    ),
    State.SHIPPED_INTERCEPTING: (
        "We have asked the carrier to bring the parcel back. If it comes all the same, you can refuse it."
    ),
    State.ARRIVED: "The parcel is at your door or pick-up point. You can leave it unsigned, and it goes back.",
    State.DELIVERED: (
        "The goods are with you. You can ask for a return, a repair or an exchange, but not of digital goods."
    ),
    State.RETURN_REQUESTED: "Your form is looked at. Keep the goods until it is approved.",
    State.RETURN_PLANNING: "We offer terms for the opened goods. Accept them and send the goods, or keep the goods.",
    State.RETURNING: "The goods are on their way back. Money follows once they are in the warehouse and assessed.",
    State.RETURNED: "The goods are back, and what is paid back for them is being decided or is on its way.",
    State.SERVICING: "The goods are with us for repair or exchange.",
    State.LOST: (
        "The carrier has lost the goods. What you paid for them, or what was agreed for their return, is paid back "
        "once somebody has looked."
    ),
    State.REFUNDED: "All is settled; what was owed to you for the goods, if anything, has arrived.",
}

REFUNDS_FOR_THE_CUSTOMER: Mapping[RefundState, str] = {
    RefundState.DUE: "Your money will be sent, after a cancellation by the day that was promised.",
    RefundState.SENT: "Your money is on its way; how long your bank takes, we cannot say.",
    RefundState.SETTLED: "Your money has arrived.",
    RefundState.FAILED: "Your money could not be sent yet; we are looking into it, and you are still owed it.",
}
