// Live state by WebSocket; by polling while there is none. Old messages are never taken for new ones.

import { getJson } from "./api.js";

const SILENCE_MS = 2000;
const POLL_MS = 1000;
const RECONNECT_MS = [250, 500, 1000, 2000, 4000];

export class Live {
  constructor(onMessage) {
    this.onMessage = onMessage;
    this.heardAt = -Infinity;
    this.polling = false;
    this.failures = 0;
    this.boot = "";
    this.sequence = -1;
    this.connect();
    setInterval(() => this.pollWhenSilent(), POLL_MS);
  }

  silenceS() {
    return (performance.now() - this.heardAt) / 1000;
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/live`);
    this.socket = socket;
    socket.addEventListener("message", (event) => {
      this.failures = 0;
      this.take(JSON.parse(event.data));
    });
    socket.addEventListener("close", () => this.reconnect(socket));
  }

  reconnect(socket) {
    if (socket !== this.socket) return;
    const wait = RECONNECT_MS[Math.min(this.failures++, RECONNECT_MS.length - 1)];
    setTimeout(() => this.connect(), wait);
  }

  take(message) {
    const { boot, sequence } = message.state;
    if (boot === this.boot && sequence < this.sequence) return;
    this.boot = boot;
    this.sequence = sequence;
    this.heardAt = performance.now();
    this.onMessage(message);
  }

  async pollWhenSilent() {
    if (this.polling || this.silenceS() * 1000 < SILENCE_MS) return;
    this.polling = true;
    try {
      this.take(await getJson("/api/live"));
    } catch {
      // stays silent; the page shows for how long
    } finally {
      this.polling = false;
    }
  }
}
