// The playground page: loads the machine when asked to, sends it what is pressed, and shows what it answers.
// It decides nothing: all that is shown comes from Python, through worker.js.

import { show, showFailure, showFault, showProgress } from "./show.js";

const page = document.querySelector(".playground");
const files = JSON.parse(page.dataset.files);
const part = (name) => page.querySelector(`.pg-${name}`);

let worker;
let waiting; // what to do with the next answer
let view;
let first; // the story that is told where no link tells another
let spot = "clock"; // where the last press was: its outcome is shown there
let form = null; // the button whose form is open

// --- loading ---------------------------------------------------------------------------------------------

function load() {
  let arrived = 0;
  const button = part("load").querySelector("button");
  button.disabled = true;
  part("failure").hidden = true;
  showProgress(page, 0, files.bytes);
  worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  worker.onerror = (event) => fail(event.message || "The browser could not start the machine.");
  worker.onmessage = ({ data }) => {
    if (data.arrived) {
      arrived += data.arrived;
      showProgress(page, arrived, files.bytes);
    } else if (data.unpacked) {
      showProgress(page, files.bytes, files.bytes);
    } else if (data.ready) {
      begin(data.ready);
    } else if (data.answer) {
      waiting(data.answer);
    } else if (data.failed) {
      fail(data.failed);
    }
  };
  const address = (name) => new URL(name, import.meta.url).href;
  worker.postMessage({ load: { pyodide: address(files.pyodide), archive: address(files.archive) } });
}

function fail(message) {
  worker.terminate();
  part("machine").hidden = true;
  part("load").hidden = false;
  part("load").querySelector("button").disabled = false;
  showFailure(page, message);
}

function begin({ orders, policies }) {
  for (const [name, choices] of [["order", orders], ["policy", policies]]) {
    const select = part("begin").elements[name];
    select.replaceChildren(...choices.map(([value, title]) => new Option(title, value)));
  }
  part("load").hidden = true;
  part("machine").hidden = false;
  part("begin").elements.order.focus();
  first = { order: orders[0][0], policy: policies[0][0], presses: [] };
  const told = storyOfLink();
  if (told) {
    tellLinked(told);
  } else {
    tell(first);
  }
}

// --- asking ----------------------------------------------------------------------------------------------

function ask(asked, from, { because = "", problem = "" } = {}) {
  page.setAttribute("aria-busy", "true");
  showFault(page, problem);
  waiting = (answer) => {
    page.removeAttribute("aria-busy");
    if (answer.fault) {
      const fault = because + answer.fault;
      if (view) {
        showFault(page, fault);
      } else {
        tell(first, { problem: fault });
      }
      return;
    }
    view = answer.view;
    spot = from;
    form = null;
    const { order, policy } = view.story;
    part("begin").elements.order.value = order;
    part("begin").elements.policy.value = policy;
    part("share").href = `#${encodeURIComponent(JSON.stringify(view.story))}`;
    refresh();
  };
  worker.postMessage({ asked });
}

function tell(story, words) {
  ask({ tell: story }, "clock", words);
}

function tellLinked(story) {
  tell(story, { because: "This link tells no story that can be told: " });
}

// Another story in the address is told, be it put there or reached by “back”; an address without one changes nothing.
addEventListener("hashchange", () => {
  const told = storyOfLink();
  const said = ({ order, policy, presses }) => JSON.stringify([order, policy, presses]);
  if (view && told && said(told) !== said(view.story)) {
    tellLinked(told);
  }
});

function press(key, values = {}) {
  ask({ button: key, values }, key.split("/")[0]);
}

function refresh() {
  show(page, view, { spot, form });
}

// What a link to a story says, if it is one; whether such a story can be, Python says.
function storyOfLink() {
  try {
    const { order, policy, presses } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    return { order: String(order), policy: String(policy), presses: Array.from(presses) };
  } catch {
    return null;
  }
}

// --- what is pressed -------------------------------------------------------------------------------------

function buttonOf(key) {
  const all = view.actors.flatMap(({ commands, facts, refused, unfitting }) =>
    [...commands, ...facts, ...refused, ...unfitting]);
  return all.find((button) => button.key === key);
}

page.addEventListener("click", (event) => {
  const to = event.target.closest("[data-to]");
  if (to) {
    event.preventDefault();
    const card = page.querySelector(`[data-actor="${to.dataset.to}"]`);
    card.scrollIntoView();
    card.querySelector("button").focus({ preventScroll: true });
    return;
  }
  const pressed = event.target.closest("[data-press], [data-form], [data-hours], [data-key=load], [data-key=cancel]");
  if (!pressed) {
    return;
  }
  const { press: key, form: opened, hours } = pressed.dataset;
  if (pressed.dataset.key === "load") {
    load();
  } else if (hours) {
    ask({ hours: Number(hours) }, "clock");
  } else if (key && !buttonOf(key).form_first) {
    press(key);
  } else {
    form = form === (opened ?? key) ? null : opened ?? key ?? null;
    refresh();
    page.querySelector(".pg-form input, .pg-form select")?.focus();
  }
});

page.addEventListener("submit", (event) => {
  event.preventDefault();
  const sent = event.target;
  if (sent.classList.contains("pg-begin")) {
    tell({ order: sent.elements.order.value, policy: sent.elements.policy.value, presses: [] });
  } else {
    press(sent.dataset.sends, valuesOf(sent));
  }
});

function valuesOf(sent) {
  const values = {};
  for (const field of sent.querySelectorAll("[data-field]")) {
    const { field: name, kind } = field.dataset;
    if (kind === "lines") {
      const chosen = [...field.querySelectorAll("input[type=checkbox]:checked")];
      values[name] = Object.fromEntries(chosen.map((box) => [
        box.value, Number(sent.elements[`quantity of ${box.value}`].value),
      ]));
    } else if (kind === "flag") {
      values[name] = field.checked;
    } else {
      values[name] = kind === "hours" ? Number(field.value) : field.value.trim();
    }
  }
  return values;
}

// Where the browser itself stops a form, what was said of the try before no longer holds.
page.addEventListener("invalid", () => showFault(page, ""), true);

document.querySelector(".playground-without")?.remove();
part("load").hidden = false;
