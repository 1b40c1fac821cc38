// What every page does: times in the reader's zone, countdowns, keys, copying. It knows nothing of any one page.

const language = document.documentElement.lang;
const timeZone = document.documentElement.dataset.zone;
const clock = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", timeZone });
const hours = new Intl.DateTimeFormat(language, { timeStyle: "short", timeZone });
const day = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone });
const SENTENCES = ".card, .said, .note, .nothing, .who, dd, .zoned";
const UTC = /(?:(\d{4}-\d\d-\d\d \d\d:\d\d)|(\d{1,2}) ([A-Z][a-z]{2}) (\d\d:\d\d)) UTC/;

export function dress(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.title = `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
    time.textContent = "countdown" in time.dataset ? left(at) : (near(time, at) ?? clock).format(at);
  }
  for (const each of root.querySelectorAll(SENTENCES)) zone(each);
}

// In a narrow list today has hours and other days have none.
function near(time, at) {
  if (!("near" in time.dataset)) return null;
  return at.toDateString() === new Date().toDateString() ? hours : day;
}

// What the gateway says in a sentence, which chats without a script read too, names UTC.
function zone(element) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest("code, pre, time") && UTC.test(walker.currentNode.data)) found.push(walker.currentNode);
  for (const text of found) {
    const [whole, full, date, month, at] = text.data.match(UTC);
    const moment = full ? new Date(`${full.replace(" ", "T")}Z`) : within(`${date} ${month}`, at);
    const rest = text.splitText(text.data.indexOf(whole));
    rest.splitText(whole.length);
    const time = Object.assign(document.createElement("time"), { title: whole, textContent: clock.format(moment) });
    time.dateTime = moment.toISOString();
    rest.replaceWith(time);
  }
}

// The year that a sentence leaves out is the one that brings it nearest to now.
function within(date, at) {
  const now = new Date();
  const years = [-1, 0, 1].map((each) => new Date(`${date} ${now.getUTCFullYear() + each} ${at} UTC`));
  return years.reduce((best, each) => (Math.abs(each - now) < Math.abs(best - now) ? each : best));
}

// On a narrow screen a row is a card: each cell carries the head of its column, and the roles that `display` takes away.
function label(table) {
  const heads = [...table.querySelectorAll("thead th")].map((each) => each.textContent.trim());
  table.setAttribute("role", "table");
  for (const group of table.querySelectorAll("thead, tbody, tfoot")) group.setAttribute("role", "rowgroup");
  for (const head of table.querySelectorAll("thead th")) head.setAttribute("role", "columnheader");
  for (const row of table.rows) {
    row.setAttribute("role", "row");
    if (row.parentElement.tagName === "THEAD" || [...row.cells].some((each) => each.colSpan > 1)) continue;
    [...row.cells].forEach((cell, at) => {
      cell.setAttribute("role", cell.tagName === "TH" ? "rowheader" : "cell");
      if (cell.tagName === "TD" && heads[at]) cell.dataset.label = heads[at];
    });
  }
}

function left(at) {
  const seconds = Math.max(0, Math.round((at - Date.now()) / 1000));
  const minutes = Math.floor(seconds / 60);
  const shown = minutes >= 60
    ? `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")} h`
    : `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
  return `${shown} · ${clock.format(at)}`;
}

function typing(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName));
}

let first = "";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const keys = first ? `${first} ${event.key}` : event.key;
  first = "";
  if (event.key === "?") {
    document.getElementById("help")?.showModal();
  } else if (event.key === "g" && keys === "g") {
    first = "g";
    setTimeout(() => { first = ""; }, 1500);
  } else {
    const link = [...document.querySelectorAll("[data-keys]")].find((each) => each.dataset.keys === keys);
    if (!link) return;
    event.preventDefault();
    link.click();
  }
});

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-copy]");
  if (!button) return;
  navigator.clipboard?.writeText(button.dataset.copy).then(() => { button.textContent = button.dataset.copied; });
});

document.addEventListener("submit", (event) => {
  const sure = event.target.dataset?.sure;
  if (sure && !window.confirm(sure)) event.preventDefault();
});

// A list that renews itself must not take away what somebody is doing in it.
document.addEventListener("htmx:beforeRequest", (event) => {
  const target = event.detail.target;
  if (event.detail.requestConfig.verb !== "get" || /^(click|input|search|submit)$/.test(event.detail.requestConfig.triggeringEvent?.type)) return;
  const busy = target.contains(document.activeElement) && document.activeElement !== target;
  const filled = [...target.querySelectorAll("[data-keep]")].some((field) => field.value);
  const open = target.querySelector("details[open]");
  if (busy || filled || open || document.hidden) event.preventDefault();
});

// The tab of this page stands in view, also after the number beside another has grown.
export function toTab() {
  document.querySelector(".top nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
}

function labels() {
  for (const table of document.querySelectorAll(".wide table")) label(table);
}

document.addEventListener("htmx:afterSwap", () => {
  dress(document);  // what was swapped may have taken the place of its target
  labels();
});

dress(document);
labels();
toTab();
setInterval(() => {
  for (const time of document.querySelectorAll("time[data-countdown]")) time.textContent = left(new Date(time.dateTime));
}, 1000);
document.querySelector("[data-once]")?.select();
