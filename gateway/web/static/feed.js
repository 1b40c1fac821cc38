// Follows a conversation over server-sent events, from where it stopped, for as long as the page is open.

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15000;

export class Feed {
  constructor(room, after, show, connected, signedOut) {
    Object.assign(this, { room, after, show, connected, signedOut, pause: FIRST_PAUSE, source: null });
    this.open();
    window.addEventListener("online", () => this.again());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.again(); });
    window.addEventListener("pagehide", () => this.source?.close());
    window.addEventListener("pageshow", (event) => { if (event.persisted) this.open(); });
  }

  open() {
    this.source?.close();
    clearTimeout(this.timer);
    this.source = new EventSource(`/console/chat/${this.room}/events?html=1&after=${this.after}`);
    this.source.onopen = () => {
      this.pause = FIRST_PAUSE;
      this.connected(true);
    };
    this.source.onmessage = (event) => {
      this.after = Number(event.lastEventId) || this.after;
      this.show(JSON.parse(event.data));
    };
    this.source.onerror = () => this.failed();
  }

  again() {
    if (this.source?.readyState !== EventSource.OPEN) this.open();
  }

  async failed() {
    this.source.close();
    this.connected(false);
    const answer = await fetch(`/console/chat/${this.room}/alive`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer && (answer.status === 401 || answer.status === 404)) {
      this.signedOut();
      return;
    }
    this.timer = setTimeout(() => this.open(), this.pause * (0.75 + Math.random() / 2));
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
  }
}
