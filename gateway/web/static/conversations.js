// The list of conversations beside the chat: searched while one types, walked with the arrows, longer when asked.

const find = document.getElementById("find");
const drawer = document.querySelector(".drawer");
let continues = -1;

function links() { return [...document.querySelectorAll("#conversations a")]; }

if (!find.value && window.matchMedia("(max-width: 46rem)").matches) drawer.removeAttribute("open");

drawer.addEventListener("keydown", (event) => {
  const all = links();
  const at = all.indexOf(document.activeElement);
  if (event.key === "Escape") {
    if (find.value) event.stopPropagation();
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || (at < 0 && document.activeElement !== find)) return;
  event.preventDefault();
  (at + step < 0 ? find : all[at + step])?.focus();
});
find.form.addEventListener("submit", (event) => {
  event.preventDefault();
  links()[0]?.focus();
});
document.querySelector("label[for=find]").addEventListener("click", () => { drawer.open = true; });
drawer.addEventListener("click", (event) => {
  const more = event.target.closest("a.more");
  if (more) continues = links().indexOf(more);
});
document.addEventListener("htmx:afterSettle", () => {
  if (continues < 0 || document.querySelector("#conversations .htmx-request")) return;
  links()[continues]?.focus();
  continues = -1;
});
