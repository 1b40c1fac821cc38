// What every page does: times in the reader's zone, countdowns, keys, copying. It knows nothing of any one page.

const language = document.documentElement.lang;
const clock = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

export function dress(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.title = clock.format(at);
    time.textContent = "countdown" in time.dataset ? left(at) : clock.format(at);
  }
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
  if (event.detail.requestConfig.verb !== "get" || event.detail.requestConfig.triggeringEvent?.type === "submit") return;
  const busy = target.contains(document.activeElement) && document.activeElement !== target;
  const filled = [...target.querySelectorAll("[data-keep]")].some((field) => field.value);
  const open = target.querySelector("details[open]");
  if (busy || filled || open || document.hidden) event.preventDefault();
});
function labels() {
  for (const table of document.querySelectorAll(".wide table")) label(table);
}

document.addEventListener("htmx:afterSwap", (event) => {
  dress(event.detail.target);
  labels();
});

dress(document);
labels();
document.querySelector(".top nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
setInterval(() => dress({ querySelectorAll: () => document.querySelectorAll("time[data-countdown]") }), 1000);
document.querySelector("[data-once]")?.select();
