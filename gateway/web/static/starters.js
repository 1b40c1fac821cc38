// The phrases that a new conversation of the rehearsal offers: one press says them.

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-says]");
  const composer = document.getElementById("composer");
  if (!button || !composer) return;
  composer.elements.text.value = button.dataset.says;
  composer.requestSubmit();
});
