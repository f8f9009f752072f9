// Live state by WebSocket; by polling while there is none. Old messages are never taken for new ones.

import { getJson } from "./api.js";

const SILENCE_MS = 2000;
const POLL_MS = 1000;
const SLEPT_MS = 3000;
const RECONNECT_MS = [250, 500, 1000, 2000, 4000];

export class Live {
  constructor(onMessage, onSlept) {
    this.onMessage = onMessage;
    this.onSlept = onSlept;
    this.heardAt = -Infinity;
    this.awakeAt = Date.now();
    this.sleeps = 0;
    this.polling = false;
    this.failures = 0;
    this.boot = "";
    this.sequence = -1;
    this.connect();
    setInterval(() => {
      this.noticeSleep();
      this.pollWhenSilent();
    }, POLL_MS);
  }

  // Buffers are full of old messages after a sleep: what was asked before it is not waited for.
  noticeSleep() {
    const sleptMs = Date.now() - this.awakeAt; // performance.now() stands still while some computers sleep
    this.awakeAt += sleptMs;
    if (sleptMs < SLEPT_MS) return;
    this.sleeps++;
    this.heardAt = -Infinity;
    this.connect();
    this.onSlept(sleptMs);
  }

  silenceS() {
    return (performance.now() - this.heardAt) / 1000;
  }

  connect() {
    this.socket?.close();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/live`);
    this.socket = socket;
    socket.addEventListener("message", (event) => {
      this.noticeSleep();
      if (socket !== this.socket) return;
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
    const { sleeps } = this;
    try {
      const message = await getJson("/api/live");
      this.noticeSleep();
      if (sleeps === this.sleeps) this.take(message);
    } catch {
      // stays silent; the page shows for how long
    } finally {
      this.polling = false;
    }
  }
}
