// What waits on this phone to be sent. Each entry has a key that the server knows again, so that
// sending twice changes nothing. Without IndexedDB (private mode) entries live in memory.
import { newKey } from "./common.mjs";

const RETRY_MS = 15_000;
// The first tries after "online" come sooner: the network is often there a moment later than that.
const FIRST_RETRY_MS = 500;

export class Outbox {
  // send(entry) -> "done" | "later" | "refused"; changed() is called after each change.
  constructor(name, { send, changed }) {
    this.name = name;
    this.send = send;
    this.changed = changed;
    this.memory = { waiting: new Map(), done: new Map() };
    this.flushing = null;
    this.seen = 0; // how many waited when we last looked
    this.database = null;
    this.pause = FIRST_RETRY_MS;
    this.timer = null;
  }

  async open() {
    this.database = await new Promise((resolve) => {
      let request;
      try {
        request = indexedDB.open(this.name, 1);
      } catch {
        resolve(null);
        return;
      }
      request.onupgradeneeded = () => {
        request.result.createObjectStore("waiting", { keyPath: "key" });
        request.result.createObjectStore("done", { keyPath: "key" });
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
      request.onblocked = () => resolve(null);
    });
    if (navigator.storage?.persist) navigator.storage.persist().catch(() => {});
    const again = () => {
      this.pause = FIRST_RETRY_MS;
      return this.flush();
    };
    addEventListener("online", again);
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") again();
    });
    setInterval(() => this.flush(), RETRY_MS);
    this.changed();
  }

  async add(entry) {
    const whole = { key: newKey(), at: Date.now(), ...entry };
    await this.#put("waiting", whole);
    this.changed();
    return whole;
  }

  async waiting() {
    const found = await this.#all("waiting");
    this.seen = found.length;
    return found;
  }

  done() {
    return this.#all("done");
  }

  async finish(entry, result) {
    await this.#put("done", { key: entry.key, at: Date.now(), ...result });
    await this.#remove("waiting", entry.key);
  }

  async refuse(entry, reason, more = {}) {
    await this.#put("waiting", { ...entry, refused: reason, ...more });
  }

  async discard(key) {
    await this.#remove("waiting", key);
    await this.#remove("done", key);
    this.changed();
  }

  // Send what waits, in order; one run at a time, here and in other tabs. Whoever asks during a
  // run gets one more: the network may have come back since it began.
  flush() {
    if (this.flushing) {
      this.once_more = true;
      return this.flushing;
    }
    this.flushing = this.#flush().finally(() => {
      this.flushing = null;
      if (this.once_more) {
        this.once_more = false;
        this.flush();
      }
    });
    return this.flushing;
  }

  async #flush() {
    const run = async () => {
      const seen = this.seen;
      const waiting = await this.waiting();
      // another tab has sent what this one still shows
      if (waiting.length < seen) this.changed();
      for (const entry of waiting) {
        if (entry.refused) continue;
        const result = await this.send(entry);
        this.changed();
        if (result === "later") {
          this.#soon();
          return;
        }
        this.pause = FIRST_RETRY_MS;
      }
    };
    if (navigator.locks) await navigator.locks.request(`outbox-${this.name}`, run);
    else await run();
  }

  // Again after a pause that grows up to the usual one.
  #soon() {
    clearTimeout(this.timer);
    if (this.pause < RETRY_MS) this.timer = setTimeout(() => this.flush(), this.pause);
    this.pause = Math.min(this.pause * 2, RETRY_MS);
  }

  #store(name, mode) {
    return this.database.transaction(name, mode).objectStore(name);
  }

  #request(request) {
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  async #put(store, value) {
    if (this.database) await this.#request(this.#store(store, "readwrite").put(value));
    else this.memory[store].set(value.key, value);
  }

  async #remove(store, key) {
    if (this.database) await this.#request(this.#store(store, "readwrite").delete(key));
    else this.memory[store].delete(key);
  }

  async #all(store) {
    const found = this.database
      ? await this.#request(this.#store(store, "readonly").getAll())
      : [...this.memory[store].values()];
    return found.sort((a, b) => a.at - b.at);
  }
}
