// How many requests wait for this person: in the menu, in the title of the tab and, where it was asked for, as a
// notification. One tab of a browser follows the stream of notices and tells the others, since connections are few.

import { toTab } from "./console.js";

const badge = document.querySelector(".badge");
const words = badge.dataset;
const ask = document.getElementById("notify");
const LOOK_MS = 15000;
const heard = "BroadcastChannel" in window ? new BroadcastChannel("nexora-waiting") : null;
let leads = !navigator.locks;
let known = null;
let planned = 0;
let count = 0;

function wants() { return localStorage.getItem("nexora-notify") === words.person; }

function entitle() {
  const plain = document.title.replace(/^\(\d+\) /, "");
  const wanted = count ? `(${count}) ${plain}` : plain;
  if (document.title !== wanted) document.title = wanted;
}

function show(waiting) {
  const before = badge.textContent;
  count = waiting.length;
  badge.replaceChildren();
  if (count) {
    const number = Object.assign(document.createElement("span"), { textContent: count });
    number.setAttribute("aria-hidden", "true");
    badge.append(number, Object.assign(document.createElement("span"), { className: "away", textContent: words.says.replace("{number}", count) }));
  }
  entitle();
  if (badge.textContent !== before) toTab();
  if (leads && known && wants() && window.Notification?.permission === "granted") {
    for (const each of waiting) if (!known.has(each.id)) notify(each);
  }
  known = new Set(waiting.map((each) => each.id));
}

function notify(each) {
  const shown = new Notification(each.title, { body: each.words, tag: each.id });
  shown.onclick = () => {
    window.focus();
    location.href = `/approvals/${each.id}`;
  };
}

async function look() {
  const answer = await fetch("/approvals/waiting", { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.ok) show(await answer.json());
}

function soon() {
  clearTimeout(planned);
  planned = setTimeout(look, 250);
}

function changed() {
  heard?.postMessage("changed");
  soon();
}

function follow() {
  const source = new EventSource(`/console/chat/${words.notices}/events`);
  source.onmessage = changed;
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, 2 * LOOK_MS);
  };
  window.addEventListener("pagehide", () => source.close());
}

function offer() {
  const can = "Notification" in window && window.isSecureContext;
  const is = can && wants() && Notification.permission === "granted";
  ask.hidden = !can;
  ask.textContent = is ? ask.dataset.off : ask.dataset.on;
  ask.setAttribute("aria-pressed", is);
  ask.nextElementSibling.textContent = can && Notification.permission === "denied" ? ask.dataset.denied : can ? "" : ask.dataset.cannot;
}

ask?.addEventListener("click", async () => {
  if (wants() && Notification.permission === "granted") localStorage.removeItem("nexora-notify");
  else if (await Notification.requestPermission() === "granted") localStorage.setItem("nexora-notify", words.person);
  offer();
});
if (ask) offer();
heard?.addEventListener("message", soon);
navigator.locks?.request("nexora-waiting", () => new Promise(() => {
  leads = true;
  follow();
}));
new MutationObserver(entitle).observe(document.querySelector("title"), { childList: true });
document.addEventListener("htmx:afterSwap", soon);
document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });
setInterval(look, LOOK_MS);
look();
