// From what Python says to what the page shows. Nothing here knows what an order is, or may be.

// --- elements --------------------------------------------------------------------------------------------

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(key, value === true ? "" : value);
    }
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== ""));
  return made;
}

function link({ text, link: address }, attributes = {}) {
  return element("a", { href: address, ...attributes }, text);
}

function button(label, attributes) {
  return element("button", { type: "button", class: "pg-button", ...attributes }, label);
}

const OUTCOMES = {
  accepted: "Accepted",
  refused: "Refused",
  duplicate: "Known already",
  anomaly: "Contradiction, kept as an anomaly",
};

// --- the whole page --------------------------------------------------------------------------------------

export function show(page, view, { spot, form }) {
  const focused = page.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const opened = new Set([...page.querySelectorAll("details[open][data-key]")].map((details) => details.dataset.key));
  const part = (name, ...children) => page.querySelector(`.pg-${name}`).replaceChildren(...children);
  const last = view.journal.at(-1);
  const outcome = outcomeOf(last);

  part("clock", ...clock(view), spot === "clock" && view.journal.length > 1 ? outcome : "");
  part("order", ...order(view));
  part("actors", whoCan(view.actors), ...view.actors.map((actor) => actorCard(actor, { form, outcome: spot === actor.key ? outcome : "" })));
  part("journal", element("h2", {}, "Journal"), journal(view.journal));
  part("status", `${sentence(last)} The order is ${view.order.state.text}.`);
  light(page, view);

  for (const details of page.querySelectorAll("details[data-key]")) {
    details.open = opened.has(details.dataset.key);
  }
  if (focused !== undefined) {
    const again = [...page.querySelectorAll("[data-key]")].find((candidate) => candidate.dataset.key === focused);
    again?.focus({ preventScroll: true });
    if (document.activeElement !== again) { // no longer offered, or folded away
      outcome.focus({ preventScroll: true });
    }
  }
  if (outcome.isConnected && !form) {
    outcome.scrollIntoView({ block: "nearest" });
  }
}

export function showProgress(page, arrived, all) {
  const progress = page.querySelector(".pg-progress");
  progress.hidden = false;
  const bar = progress.querySelector("progress");
  bar.max = all;
  bar.value = Math.min(arrived, all);
  const megabytes = (bytes) => (bytes / 1e6).toFixed(0);
  const text = arrived < all ? `${megabytes(arrived)} of ${megabytes(all)} MB` : "Starting Python …";
  if (progress.querySelector("span").textContent !== text) {
    progress.querySelector("span").textContent = text;
  }
}

export function showFailure(page, message) {
  page.querySelector(".pg-progress").hidden = true;
  const failure = page.querySelector(".pg-failure");
  failure.hidden = false;
  failure.replaceChildren(
    element("p", {}, element("strong", {}, "The machine could not be loaded.")),
    element("p", {}, "See whether you are still online, and press the button again. If that does not help, the browser "
      + "may be too old, or something between you and this site holds back WebAssembly files; another browser may do."),
    element("p", { class: "pg-small" }, message),
  );
}

// What could not be done stands where it was tried: in the open form, or else above the order.
export function showFault(page, message) {
  const problem = page.querySelector(".pg-problem");
  const fault = page.querySelector(".pg-form .pg-fault") ?? problem;
  fault.textContent = message;
  problem.hidden = !problem.textContent;
}

// --- time ------------------------------------------------------------------------------------------------

function clock({ clock: now, deadline, overdue }) {
  const waits = [["+1 hour", 1], ["+12 hours", 12], ["+1 day", 24]];
  return [
    element("p", { class: "pg-now" },
      element("time", { datetime: now.at }, now.shown),
      element("span", {}, `${now.zone} · ${now.since} after placing`)),
    element("p", { class: "pg-row" },
      waits.map(([label, hours]) => button(label, { "data-hours": hours, "data-key": label })),
      button("To the next deadline", {
        "data-hours": now.hours_to_deadline, "data-key": "deadline", disabled: deadline === null,
      })),
    deadline === null
      ? element("p", { class: "pg-small" }, "Nothing is due to happen by itself.")
      : element("p", { class: "pg-small pg-due" }, "Next by itself: ", link(deadline.what),
        ` on ${deadline.at}, in ${deadline.in} (${deadline.about})`),
    ...overdue.map((late) => element("p", { class: "pg-small pg-late" }, "Overdue: ", link(late.what),
      ` since ${late.at}, for ${late.in} (${late.about})`)),
  ];
}

// --- the order -------------------------------------------------------------------------------------------

function order({ order: head, lines, refunds, anomalies }) {
  return [
    element("h2", {}, `Order ${head.id} `, link(head.state, { class: "pg-state" })),
    element("p", { class: "pg-small" },
      `${head.customer}, ${head.country} · ${head.total} with ${head.delivery_fee} delivery · ${head.paid} paid`),
    element("ul", { class: "pg-lines" }, lines.map((line) => element("li", {},
      element("p", { class: "pg-line" },
        element("strong", {}, `${line.quantity} × ${line.title}`),
        ...line.marks.map((mark) => element("span", { class: "pg-mark" }, mark)),
        element("span", { class: "pg-amount" }, line.amount)),
      element("ul", { class: "pg-lots" }, line.lots.map((lot) => element("li", {},
        `${lot.quantity} `,
        element("a", { href: lot.link, class: "pg-state", "data-lot": lot.state }, lot.state),
        lot.notes.length ? element("span", { class: "pg-small" }, ` ${lot.notes.join(" · ")}`) : "")))))),
    ...listed("Refunds", refunds.map((refund) => [
      element("p", { class: "pg-line", "data-refund": refund.id },
        element("strong", {}, refund.id), link(refund.state, { class: "pg-state" }),
        element("span", { class: "pg-amount" }, refund.amount)),
      element("p", { class: "pg-small" }, `${refund.cause} · to ${refund.instrument}`
        + (refund.lines ? ` · ${refund.lines}` : "")
        + (refund.due_by ? ` · to be sent by ${refund.due_by}` : "")),
    ])),
    ...listed("Anomalies", anomalies.map((anomaly) => [
      element("p", { class: "pg-line" }, element("strong", {}, anomaly.id), link(anomaly.code),
        element("span", { class: "pg-mark" }, anomaly.open ? "open" : "resolved")),
      element("p", { class: "pg-small" }, anomaly.message + (anomaly.note ? ` (${anomaly.note})` : "")),
    ])),
  ];
}

function listed(title, items) {
  if (!items.length) {
    return [];
  }
  return [element("h3", {}, title), element("ul", { class: "pg-lines" }, items.map((item) => element("li", {}, item)))];
}

// --- who can do what -------------------------------------------------------------------------------------

function whoCan(actors) {
  const able = actors.filter(({ commands, facts }) => commands.length + facts.length);
  return element("p", { class: "pg-small" }, able.length ? "Can do something now: " : "Nobody can do anything now.",
    joined(able.map((actor) => element("a", { href: "#", "data-to": actor.key }, actor.name))));
}

function actorCard(actor, { form, outcome }) {
  const group = (title, buttons, look) => buttons.length
    ? [element("p", { class: "pg-group" }, title), rows(buttons, form, look)] : [];
  const offered = [...actor.commands, ...actor.facts];
  return element("section", { class: "pg-actor", "aria-label": actor.name, "data-actor": actor.key },
    element("h3", {}, actor.name),
    group("Can ask", actor.commands, "pg-go"),
    group("Can report", actor.facts, "pg-go"),
    outcome,
    group(offered.length ? "Refused now" : "Nothing to do; refused now", actor.refused, "pg-muted"),
    actor.unfitting.length ? element("details", { "data-key": `${actor.key} else` },
      element("summary", {}, "Report something that does not fit"),
      rows(actor.unfitting, form, "pg-muted")) : "");
}

function rows(buttons, form, look) {
  const open = buttons.find((offered) => offered.key === form);
  return [
    element("p", { class: "pg-row" }, buttons.map((offered) => element("span", { class: "pg-pair" },
      button(offered.label, {
        class: `pg-button ${look}`, "data-offer": true, "data-press": offered.key, "data-key": offered.key, title: offered.about,
        "aria-expanded": offered.form_first ? String(offered.key === form) : null,
      }),
      offered.fields.length && !offered.form_first && !offered.refused ? button("…", {
        class: `pg-button pg-more ${look}`, "data-form": offered.key, "data-key": `${offered.key} form`,
        "aria-label": `${offered.label}: choose goods and details`, title: "Choose goods and details",
        "aria-expanded": String(offered.key === form),
      }) : ""))),
    open ? formOf(open) : "",
  ];
}

function formOf(offered) {
  return element("form", { class: "pg-form", "data-sends": offered.key, "aria-label": offered.label },
    element("p", { class: "pg-small" }, offered.about),
    offered.fields.map(fieldOf),
    element("p", { class: "pg-fault", role: "alert" }),
    element("p", { class: "pg-row" },
      element("button", { type: "submit", class: "pg-button pg-go" }, offered.label),
      button("Close", { "data-key": "cancel" })));
}

function fieldOf({ name, label, kind, value, options, lines }) {
  const marks = { "data-field": name, "data-kind": kind, name };
  switch (kind) {
    case "lines":
      return element("fieldset", { "data-field": name, "data-kind": kind }, element("legend", {}, label),
        lines.map(([id, title, most, chosen]) => element("div", { class: "pg-choice" },
          element("label", {}, element("input", { type: "checkbox", value: id, checked: chosen > 0 }), ` ${title}`),
          element("input", {
            type: "number", name: `quantity of ${id}`, min: 1, max: 1000000, step: 1, value: chosen || most,
            "aria-label": `How many of ${title}`, required: true,
          }))));
    case "choice":
      return element("label", {}, label, element("select", marks, options.map(([sent, words]) =>
        element("option", { value: sent, selected: sent === value }, words))));
    case "flag":
      return element("label", { class: "pg-flag" },
        element("input", { ...marks, type: "checkbox", checked: value }), ` ${label}`);
    case "hours":
      return element("label", {}, label, element("input", { ...marks, type: "number", min: 0, step: "any", value }));
    default:
      return element("label", {}, label, element("input", {
        ...marks, type: "text", value, inputmode: kind === "amount" ? "decimal" : null, autocomplete: "off",
      }));
  }
}

// --- what happened ---------------------------------------------------------------------------------------

function outcomeOf(entry) {
  return element("div", {
    class: `pg-outcome pg-is-${entry.outcome}`, tabindex: -1, "data-outcome": entry.outcome,
  }, told(entry, { steps: true }));
}

function journal(entries) {
  return element("ol", { reversed: true, start: entries.length }, entries.toReversed().map((entry) =>
    element("li", { class: `pg-is-${entry.outcome}`, value: entry.number, "data-entry": entry.number },
      told(entry, { steps: false }))));
}

function told(entry, { steps }) {
  const quiet = entry.who === null && !entry.fired.length;
  return [
    element("p", { class: "pg-entry" },
      element("strong", {}, entry.who === null ? entry.what : `${entry.who}: ${entry.what}`),
      entry.who === null ? "" : element("span", { class: "pg-badge" }, OUTCOMES[entry.outcome]),
      element("span", { class: "pg-when" }, `${entry.at} · ${entry.since}`)),
    entry.input ? element("p", { class: "pg-small" }, link(entry.input), entry.said ? ` · ${entry.said}` : "") : "",
    quiet ? element("p", { class: "pg-small" }, "Nothing happened by itself.") : "",
    entry.fired.length ? element("p", {}, "By itself: ", joined(entry.fired.map((each) => link(each)))) : "",
    entry.reasons.map((reason) => element("div", { class: "pg-reason" },
      ...reason.messages.map((message) => element("p", {}, message)),
      element("p", { class: "pg-small" }, link(reason.code), " · clause ", link(reason.clause)),
      reason.steps.length ? element("div", { class: "pg-instead" },
        element("p", { class: "pg-group" }, entry.outcome === "refused" ? "What instead" : "What now"),
        element("p", { class: "pg-row" }, reason.steps.map((step) => steps && step.button
          ? button(step.text, {
            class: step.now ? "pg-button pg-go" : "pg-button", "data-press": step.button, "data-key": `step ${step.button}`,
          })
          : element("span", { class: "pg-step" }, step.text)))) : "")),
    entry.added ? element("p", {}, `Widened to the bundle: ${entry.added}`) : "",
    entry.moves.length ? element("ul", { class: "pg-moves" }, entry.moves.map((move) => element("li", {},
      `${move.quantity} × ${move.line}: `, link(move.source),
      move.target ? [" → ", link(move.target)] : " stays", " (", link(move.clause), ")",
      move.inferred ? " inferred" : ""))) : "",
    entry.effects.length ? element("details", { "data-key": `effects ${entry.number} ${steps}` },
      element("summary", {}, entry.effects.length === 1 ? "1 effect for the shop to carry out"
        : `${entry.effects.length} effects for the shop to carry out`),
      element("ul", { class: "pg-moves" }, entry.effects.map((effect) => element("li", {},
        link(effect.name), effect.told ? ` · ${effect.told}` : "")))) : "",
  ];
}

function joined(links) {
  return links.flatMap((each, index) => index ? [", ", each] : [each]);
}

function sentence(entry) {
  const what = entry.who === null ? `${entry.what}.` : `${entry.who}: ${entry.what}. ${OUTCOMES[entry.outcome]}.`;
  const fired = entry.fired.map(({ text }) => `By itself: ${text}.`);
  return [what, ...fired, ...entry.reasons.flatMap(({ messages }) => messages)].join(" ");
}

// --- the diagram -----------------------------------------------------------------------------------------

function light(page, { states }) {
  const frame = page.querySelector(".pg-frame");
  let first = null;
  for (const node of frame.querySelectorAll("[data-state]")) {
    const lit = states.includes(node.dataset.state);
    node.classList.toggle("lit", lit);
    first ??= lit ? node : null;
  }
  page.querySelector(".pg-picture figcaption").replaceChildren(`Now: ${states.join(", ")}`);
  if (first) {
    const [outer, inner] = [frame.getBoundingClientRect(), first.getBoundingClientRect()];
    frame.scrollBy({
      left: inner.left + inner.width / 2 - outer.left - outer.width / 2,
      top: inner.top + inner.height / 2 - outer.top - outer.height / 2,
    });
  }
}
