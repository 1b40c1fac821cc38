// One conversation: what is typed goes out, what is said comes in. Everything drawn comes drawn from the server.

import { dress } from "./console.js";
import { Feed } from "./feed.js";
import { Files } from "./files.js";

const chat = document.getElementById("chat");
const log = document.getElementById("log");
const box = document.getElementById("text");
const form = document.getElementById("composer");
const stop = document.getElementById("stop");
const state = document.getElementById("state");
const working = document.getElementById("working");
const agent = document.getElementById("agent");
const words = chat.dataset;
const files = new Files(document.getElementById("file"), document.getElementById("attached"), words, say);
const waiting = new Set();
let room = words.room;
let feed = null;
let unsent = null;

function say(text) { state.textContent = text; }

function busy(is, seconds = 0) {
  if (is && working.hidden && stop.hidden) count(working.querySelector("time"), seconds);
  working.hidden = !is;
  stop.hidden = !is;
}

function count(time, seconds) {
  time.dataset.since = Date.now() - seconds * 1000;
  elapse(time);
}

function elapse(time) {
  const seconds = Math.max(0, Math.floor((Date.now() - Number(time.dataset.since)) / 1000));
  const minutes = Math.floor(seconds / 60);
  const text = (minutes ? words.minutes : words.seconds).replace("{minutes}", minutes).replace("{seconds}", seconds % 60);
  time.textContent = seconds ? text : "";
}

function opened(root) { return [...root.querySelectorAll("details.step[open]")].map((each) => each.id); }

function open(ids) {
  for (const id of ids) {
    const step = document.getElementById(id);
    if (step?.tagName !== "DETAILS") continue;
    step.open = true;
    const steps = step.closest("details.steps");
    if (steps) steps.open = true;
  }
}

function nearEnd() { return log.scrollHeight - log.scrollTop - log.clientHeight < 120; }

function toEnd() { log.scrollTop = log.scrollHeight; }

function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

function place(node) {
  log.querySelector(".blank")?.remove();
  const known = document.getElementById(node.id);
  if (known) known.replaceWith(node);
  else log.append(node);
  dress(node);
  window.htmx?.process(node);
}

function growing(id) {
  const known = log.querySelector(`[data-growing="${CSS.escape(id)}"]`);
  if (known) return known;
  const node = document.createElement("article");
  node.className = "message theirs growing";
  node.dataset.growing = id;
  const name = document.createElement("header");
  name.textContent = agent?.value ?? "";
  const body = document.createElement("div");
  body.className = "words";
  body.append(Object.assign(document.createElement("div"), { className: "settled" }));
  body.append(Object.assign(document.createElement("div"), { className: "tail" }));
  body.setAttribute("aria-busy", "true");
  const steps = Object.assign(document.createElement("div"), { className: "steps", hidden: true });
  steps.setAttribute("role", "group");
  steps.setAttribute("aria-label", words.stepsLabel);
  node.append(name, steps, body);
  log.querySelector(".blank")?.remove();
  log.append(node);
  return node;
}

const shown = {
  said(item) {
    place(element(item.html));
    busy(true);
  },
  delta(item) {
    const [settled, tail] = growing(item.id).querySelector(".words").children;
    if (item.whole) settled.replaceChildren();
    if (item.settled) settled.insertAdjacentHTML("beforeend", item.settled);
    tail.innerHTML = item.html;
    working.hidden = true;
  },
  step(item) {
    const steps = growing(item.id).querySelector(".steps");
    const node = element(item.html);
    const known = document.getElementById(node.id);
    const wasOpen = known?.open;
    const hadFocus = known?.contains(document.activeElement);
    if (known) known.replaceWith(node);
    else steps.append(node);
    steps.hidden = false;
    window.htmx?.process(node);
    const time = node.querySelector("time.elapsed");
    if (time) count(time, Number(time.dataset.age));
    if (wasOpen) node.open = true;
    if (hadFocus) node.querySelector("summary")?.focus();
    if (!known) steps.scrollTop = steps.scrollHeight;
    working.hidden = true;
  },
  message(item) {
    const old = item.card ? null : log.querySelector(".growing");
    const ids = old ? opened(old) : [];
    old?.remove();
    place(element(item.html));
    open(ids);
  },
  replaced(item) { place(element(item.html)); },
  done(item) {
    waiting.delete(item.answers);
    for (const each of log.querySelectorAll(".growing")) each.remove();
    busy(waiting.size > 0);
    renew();
  },
  titled(item) {
    chat.querySelector("h1").textContent = item.text;
    document.title = document.title.replace(/^(\(\d+\) )?(.*(?= · )|.*$)/, (_, count) => `${count ?? ""}${item.text}`);
    renew();
  },
  problem(item) { say(item.text); },
};

function show(item) {
  const follow = nearEnd();
  shown[item.type]?.(item);
  if (follow || item.type === "said") toEnd();
}

function follow(after) {
  feed = new Feed(room, after, show, (connected) => {
    if (!connected) say(words.lost);
    else if (state.textContent === words.lost) say("");
  }, () => say(words.signedOut));
}

async function post(path, body) {
  return fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(body),
  });
}

async function sentence(answer) {
  const told = await answer.json().catch(() => ({}));
  return answer.status === 401 ? words.signedOut : told.detail || words.notSent;
}

async function send() {
  const text = box.value;
  const attached = files.ids();
  if (!text.trim() && !attached.length) return;
  const same = unsent && unsent.text === text && unsent.files.join() === attached.join();
  const message = same ? unsent : { id: crypto.randomUUID?.() ?? `m-${Date.now()}-${Math.random().toString(36).slice(2)}`, text, files: attached };
  unsent = message;
  const body = { ...message, conversation: room };
  if (agent && !room) body.agent = agent.value;
  box.value = "";
  grow();
  busy(true);
  waiting.add(message.id);
  try {
    const answer = await post("/console/chat", body);
    if (!answer.ok) throw new Error(await sentence(answer));
    const taken = await answer.json();
    unsent = null;
    files.clear();
    say("");
    if (!room) {
      room = taken.conversation;
      history.replaceState(null, "", `/chat/${room}`);
      document.getElementById("at").value = room;
      follow(0);
      renew();
    }
  } catch (error) {
    waiting.delete(message.id);
    if (!box.value) box.value = text;
    grow();
    busy(waiting.size > 0);
    say(error instanceof TypeError ? words.notSent : error.message);
  }
}

function renew() { document.body.dispatchEvent(new Event("talked")); }

function grow() {
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

async function halt() {
  if (room && !stop.hidden) await post("/console/chat/stop", { conversation: room }).catch(() => say(words.notSent));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
box.addEventListener("input", grow);
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
});
stop.addEventListener("click", halt);
document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") halt();
  else if (event.key === "/" && document.activeElement !== box && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) {
    event.preventDefault();
    box.focus();
  }
});
agent?.addEventListener("change", () => {
  if (room) post(`/console/chat/${room}/agent`, { agent: agent.value }).catch(() => say(words.notSent));
});
log.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-card]");
  if (!button) return;
  const { card, choice, message } = button.dataset;
  const buttons = [...button.parentElement.children];
  for (const each of buttons) each.disabled = true;
  const answer = await post("/console/chat/press", { conversation: room, card, choice, message }).catch(() => null);
  if (answer?.ok) say(words.pressed);
  else say(answer ? await sentence(answer) : words.notSent);
  setTimeout(() => { for (const each of buttons) each.disabled = false; }, 1500);
});

busy(words.busy !== "", Number(words.busy));
setInterval(() => { for (const each of document.querySelectorAll("time.elapsed[data-since]")) elapse(each); }, 1000);
toEnd();
if (room) follow(Number(words.after));
