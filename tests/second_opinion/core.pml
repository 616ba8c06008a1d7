/*
 * The core of the policy, written a second time, by hand and from the policy's text alone:
 * not from the table of transitions, and in another shape, so that a slip in one is not a slip in both.
 *
 * What is modelled. One order of 1 to 4 lines, each of quantity 1, physical, the shop's own goods, under the
 * default policy: own goods need approval, bundles are widened. Inputs: payment of the whole total in time, the end
 * of the payment window, preparation reported or presumed, dispatch, a cancellation's request, withdrawal, approval
 * and refusal, and logistics' answers without an ask's id. Each names exactly one line, but for the payment, the
 * window and the presumption, which concern the order.
 *
 * What is left out, because it moves no goods here: what is refused, repeated or stale, and dispatch reported after
 * cancellation or closing (an anomaly). Preparation and dispatch reported before the payment move nothing either, at
 * first: what came too early is judged again after the payment, which this model does not follow. Money, effects and
 * everything behind dispatch are left out too.
 *
 * A line's state is three values: where its goods are, how far a cancellation of them has come, and whether
 * logistics has been asked. Together they are the policy's state names: preparing + confirming is
 * `preparing.cancel_confirming`. Time needs no value of its own: the preparation is presumed for the whole order at
 * once, so that goods are unshipped only while that hour has not come, and afterwards it would find nothing to move.
 *
 * Counting. There is one process and one loop; every input is one d_step from the loop's head back to it, so the
 * stored states are exactly the orders at rest, the unpaid one among them. Every option is enabled only where it
 * changes the order (asserted), is deterministic, and stands for one input label. Hence
 *     states      = "states, stored"
 *     transitions = "transitions" - 1    (Spin counts the way into the initial state as one)
 *                 = distinct (order, input label, other order) = lines printed with "step".
 * The loop's head is a valid end: an order that nothing moves any more is no deadlock. Variables declared `hidden`
 * are scratch paper within a step and no part of a state. Compile without partial order reduction and without
 * claims to count. With GHOSTS defined the claims at the end are checked instead of the assertions, so that each
 * stands alone; they remember more than a state does, and nothing is counted.
 *
 * Scope: LINES = 1..4, and A, B, C, D = the number of the bundle that the line is in (0: none).
 */

#ifndef LINES
#define LINES 1
#endif
#ifndef A
#define A 0
#endif
#ifndef B
#define B 0
#endif
#ifndef C
#define C 0
#endif
#ifndef D
#define D 0
#endif

mtype = { unpaid, closed, unshipped, preparing, cancelled, shipped }  /* where the goods are */
mtype = { none, requested, confirming }                              /* how far a cancellation has come */
mtype = { unasked, open, confirmed }                                 /* the ask of logistics about this very line */

mtype = {  /* the inputs: only printed */
	payment_captured, payment_window_closed, preparation_started, preparation_presumed, dispatched,
	request_cancellation, withdraw_cancellation, approve_cancellation, decline_cancellation,
	stop_confirmed, stop_denied
}

mtype where[LINES] = unpaid
mtype phase[LINES] = none
mtype ask[LINES] = unasked

#define bundle(i) ((i) == 0 -> A : ((i) == 1 -> B : ((i) == 2 -> C : D)))
/* What is decided as one (B21): the line alone, or every line of its bundle. */
#define together(i, j) ((i) == (j) || (bundle(i) != 0 && bundle(i) == bundle(j)))
/* Paid and not dispatched: what can still be cancelled (A9, B6). */
#define undispatched(i) (where[i] == unshipped || where[i] == preparing)

#define is_unpaid(i) (where[i] == unpaid)
#define is_unshipped(i) (where[i] == unshipped)

#if LINES == 1
#define SOME(p) (p(0))
#define ALL(p) (p(0))
#elif LINES == 2
#define SOME(p) (p(0) || p(1))
#define ALL(p) (p(0) && p(1))
#elif LINES == 3
#define SOME(p) (p(0) || p(1) || p(2))
#define ALL(p) (p(0) && p(1) && p(2))
#else
#define SOME(p) (p(0) || p(1) || p(2) || p(3))
#define ALL(p) (p(0) && p(1) && p(2) && p(3))
#endif

/* --- what the policy says ------------------------------------------------------------------------------ */

/* Scratch paper. */
hidden byte i, j, waiting
hidden short yes_to  /* the line about which logistics says yes in this step */

#define ORDER -1     /* instead of a line, where an input concerns the whole order */

inline go_to(place) {
	for (j : 0 .. LINES - 1) {
		where[j] = place
	}
}

/* A7, question 3. Goods that enter preparing.cancel_confirming, whenever and however, are asked about themselves. */
inline prepare(line) {
	where[line] = preparing
	if
	:: phase[line] == confirming -> ask[line] = open
	:: else
	fi
}

/* A7: what is still unshipped is presumed to be in preparation, also under a request. */
inline presume() {
	for (j : 0 .. LINES - 1) {
		if
		:: where[j] == unshipped -> prepare(j)
		:: else
		fi
	}
}

/* A9, question 4: an open cancellation lapses for these goods; the rest of it goes on. */
inline dispatch(line) {
	where[line] = shipped
	phase[line] = none
	ask[line] = unasked
	settle(line)
}

/* A4, B22: widened to what of the bundle is not dispatched. */
inline request(line) {
	for (j : 0 .. LINES - 1) {
		if
		:: together(line, j) && undispatched(j) && phase[j] == none -> phase[j] = requested
		:: else
		fi
	}
}

/* A5, A8, B22: widened again; what is in preparation has to be asked about. */
inline approve(line) {
	for (j : 0 .. LINES - 1) {
		if
		:: together(line, j) && undispatched(j) && phase[j] != confirming ->
			phase[j] = confirming
			if
			:: where[j] == preparing -> ask[j] = open
			:: else
			fi
		:: else
		fi
	}
	settle(line)
}

/* A5, question 2: back to unshipped or preparing, the bundle as one; earlier yeses expire with it. */
inline release(line) {
	for (j : 0 .. LINES - 1) {
		if
		:: together(line, j) && phase[j] != none ->
			phase[j] = none
			ask[j] = unasked
		:: else
		fi
	}
}

/* A8 */
inline confirm(line) {
	yes_to = line
	ask[line] = confirmed
	settle(line)
}

/* Question 2: as soon as none is left to be answered, what was approved is cancelled, and nothing of it before. */
inline settle(line) {
	waiting = false
	for (j : 0 .. LINES - 1) {
		waiting = waiting || (together(line, j) && ask[j] == open)
	}
	for (j : 0 .. LINES - 1) {
		if
		:: !waiting && together(line, j) && phase[j] == confirming ->
			where[j] = cancelled
			phase[j] = none
			ask[j] = unasked
		:: else
		fi
	}
}

#define INPUT(name, line, when, effect) \
	:: d_step { when -> remember(); effect; judge(name, line) }

/* A1, A2: paid in time or closed, the whole order. */
#define ORDER_INPUTS \
	INPUT(payment_captured,      ORDER, SOME(is_unpaid),    go_to(unshipped)) \
	INPUT(payment_window_closed, ORDER, SOME(is_unpaid),    go_to(closed)) \
	INPUT(preparation_presumed,  ORDER, SOME(is_unshipped), presume())

/* Question 7: an answer binds what was asked and is not answered yet. */
#define LINE_INPUTS(line) \
	INPUT(preparation_started,   line, is_unshipped(line),                         prepare(line)) \
	INPUT(dispatched,            line, undispatched(line),                         dispatch(line)) \
	INPUT(request_cancellation,  line, undispatched(line) && phase[line] == none,  request(line)) \
	INPUT(withdraw_cancellation, line, phase[line] != none,                        release(line)) \
	INPUT(approve_cancellation,  line, phase[line] == requested,                   approve(line)) \
	INPUT(decline_cancellation,  line, phase[line] != none,                        release(line)) \
	INPUT(stop_confirmed,        line, ask[line] == open,                          confirm(line)) \
	INPUT(stop_denied,           line, ask[line] == open,                          release(line))

/* --- what every step has to keep ------------------------------------------------------------------------ */

hidden mtype was_where[LINES]
hidden mtype was_phase[LINES]
hidden mtype was_ask[LINES]
hidden mtype said
hidden byte changed

#ifdef GHOSTS
#define demand(p) skip
bool begun[LINES]      /* the line has been in preparation */
bool agreed[LINES]     /* logistics has said yes to the latest ask about this very line */
bool split             /* some of a bundle is cancelled while some of it is still to be dispatched */
#else
#define demand(p) assert(p)
#endif

inline remember() {
	for (i : 0 .. LINES - 1) {
		was_where[i] = where[i]
		was_phase[i] = phase[i]
		was_ask[i] = ask[i]
	}
	yes_to = ORDER
}

inline print_goods(w, p, a) {
	printf(" "); printm(w)
	printf("/"); printm(p)
	printf("/"); printm(a)
}

/* Prints which input it was and the order before and after it, so that others can compare edge by edge. */
inline print_step(name, line) {
	said = name
	printf("step "); printm(said); printf(" %d :", line)
	for (i : 0 .. LINES - 1) {
		print_goods(was_where[i], was_phase[i], was_ask[i])
	}
	printf(" :")
	for (i : 0 .. LINES - 1) {
		print_goods(where[i], phase[i], ask[i])
	}
	printf("\n")
}

inline judge(name, line) {
	print_step(name, line)
	changed = false
	for (i : 0 .. LINES - 1) {
		changed = changed || where[i] != was_where[i] || phase[i] != was_phase[i] || ask[i] != was_ask[i]
		/* Section 2: the state names are these, and no others. */
		demand(phase[i] == none || undispatched(i))
		demand((ask[i] != unasked) == (where[i] == preparing && phase[i] == confirming))
		/* A2: closed is terminal. A9: nothing dispatched is cancelled. In the core nothing leaves these states. */
		demand(was_where[i] != closed || where[i] == closed)
		demand(was_where[i] != shipped || where[i] == shipped)
		demand(was_where[i] != cancelled || where[i] == cancelled)
		/* Section 3: no answer and no change of mind undoes a preparation. */
		demand(was_where[i] != preparing || where[i] != unshipped)
		/* A8, question 2: nothing in preparation is cancelled without a yes to its own ask. */
		demand(!(was_where[i] == preparing && where[i] == cancelled) || was_ask[i] == confirmed || yes_to == i)
		demand(!(was_ask[i] != confirmed && ask[i] == confirmed) || yes_to == i)
		/* A5: nothing is cancelled for which nobody asked. */
		demand(!(was_where[i] != cancelled && where[i] == cancelled) || was_phase[i] != none)
		/* B21, B22: a bundle is cancelled as one; what is left of it waits for the same thing, and for */
		/* logistics only while there is an answer to wait for. */
		waiting = false
		for (j : 0 .. LINES - 1) {
			demand(!(together(i, j) && where[i] == cancelled && undispatched(j)))
			demand(!(together(i, j) && undispatched(i) && undispatched(j)) || phase[i] == phase[j])
			waiting = waiting || (together(i, j) && ask[j] == open)
		}
		demand(phase[i] != confirming || waiting)
		/* An order is paid, or closed, as a whole. */
		demand((where[i] == unpaid) == (where[0] == unpaid) && (where[i] == closed) == (where[0] == closed))
#ifdef GHOSTS
		begun[i] = begun[i] || where[i] == preparing
		if
		:: yes_to == i -> agreed[i] = true
		:: yes_to != i && where[i] == preparing && ask[i] != confirmed -> agreed[i] = false
		:: else
		fi
		for (j : 0 .. LINES - 1) {
			split = split || (together(i, j) && where[i] == cancelled && undispatched(j))
		}
#endif
	}
	demand(changed)
}

/* --- the order ------------------------------------------------------------------------------------------ */

active proctype order() {
end:	do
	ORDER_INPUTS
	LINE_INPUTS(0)
#if LINES > 1
	LINE_INPUTS(1)
#endif
#if LINES > 2
	LINE_INPUTS(2)
#endif
#if LINES > 3
	LINE_INPUTS(3)
#endif
	od
}

/* --- what holds for every course of events -------------------------------------------------------------- */

#ifdef GHOSTS
#define closed_for_good(i) ([] (where[i] == closed -> [] (where[i] == closed)))
#define dispatched_for_good(i) ([] (where[i] == shipped -> [] (where[i] != cancelled)))
#define never_unprepared(i) ([] (where[i] == preparing -> [] (where[i] != unshipped)))
#define cancelled_by_own_yes(i) (!(begun[i] && where[i] == cancelled) || agreed[i])
#define requested_first(i) ((where[i] != cancelled) W (phase[i] == requested))

ltl closed_is_terminal { ALL(closed_for_good) }
ltl dispatched_is_not_cancelled { ALL(dispatched_for_good) }
ltl preparation_is_not_undone { ALL(never_unprepared) }
ltl cancelled_only_on_request { ALL(requested_first) }
ltl cancelled_only_with_own_yes { [] (ALL(cancelled_by_own_yes)) }
ltl bundles_are_cancelled_as_one { [] (!split) }
#endif
