// Files chosen for the next message: sent to the server at once, named in the message later.

export class Files {
  constructor(input, list, words, say) {
    Object.assign(this, { input, list, words, say, kept: [] });
    input.addEventListener("change", () => this.add([...input.files]));
  }

  ids() { return this.kept.map((each) => each.id); }

  clear() {
    this.kept = [];
    this.list.replaceChildren();
  }

  async add(files) {
    this.input.value = "";
    for (const file of files) await this.upload(file);
  }

  async upload(file) {
    this.say(this.words.uploading.replace("{name}", file.name));
    const body = new FormData();
    body.append("file", file);
    const answer = await fetch("/console/files", { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) {
      const told = answer ? await answer.json().catch(() => ({})) : {};
      this.say(told.detail || this.words.notUploaded.replace("{name}", file.name));
      return;
    }
    this.say("");
    this.attach(await answer.json());
  }

  attach(kept) {
    this.kept.push(kept);
    const item = document.createElement("li");
    const button = document.createElement("button");
    item.textContent = kept.name;
    button.type = "button";
    button.className = "quiet";
    button.textContent = "×";
    button.setAttribute("aria-label", this.words.detach.replace("{name}", kept.name));
    button.addEventListener("click", () => {
      this.kept = this.kept.filter((each) => each !== kept);
      item.remove();
    });
    item.append(button);
    this.list.append(item);
  }
}
