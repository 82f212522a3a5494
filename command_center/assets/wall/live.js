/* The open wall's one connection to the server: a raw WebSocket with snapshot and changes.
 *
 * Keeps what is known now (devices, tickets, events, figures, health), tells listeners by topic,
 * reconnects by itself, and knows how old its knowledge is. Nothing here draws. While a past instant
 * is shown (past.js) there is no connection, so that nothing can overwrite it.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});

  const STALE_AFTER_MS = 6000; // the server says something at least every 2 s
  const CONNECT_WITHIN_MS = 15000;
  const FIRST_WAIT_MS = 500;
  const LONGEST_WAIT_MS = 10000;
  const EVENTS_KEPT = 50;
  const CLOCK_OFF_MS = 120000; // a clock that is so wrong is said
  const CLOCKS_COMPARED = 8;
  const LISTS_EVERY_MS = 500; // lists and figures: at most twice a second
  const VALUES_EVERY_MS = 200; // the values of what is open at the side

  const ms = (moment) => (typeof moment === "string" ? Date.parse(moment) : moment);

  const TIMES = ["occurred_at", "created_at", "updated_at", "due_at", "yellow_at"];

  /** Times as milliseconds; the rest as it came. */
  function readTicket(ticket) {
    const times = {};
    for (const key of TIMES) times[key] = ms(ticket[key]);
    return Object.assign({}, ticket, times);
  }

  const readEvent = (event) => Object.assign({}, event, { at: ms(event.occurred_at) });

  /** The last events, the newest first, with what is told of some of them now. */
  function merged(events, told) {
    const found = new Map([...events, ...told.map(readEvent)].map((event) => [event.id, event]));
    return [...found.values()].sort((a, b) => b.id - a.id).slice(0, EVENTS_KEPT);
  }

  function newest(values) {
    return Object.values(values || {}).reduce((latest, value) => Math.max(latest, value[0]), 0);
  }

  class Live {
    constructor() {
      this.devices = new Map();
      this.tickets = new Map();
      this.projects = new Map();
      this.events = [];
      this.figures = null;
      this.all = null; // where not all open tickets are told one by one: how many there are
      this.health = null;
      this.at = null; // server time of the newest frame, ms
      // spans are measured by performance.now(): this computer's clock may be set meanwhile
      this.heardAt = 0; // when it came
      this.began = Date.now() - performance.now(); // the server's time when this page was opened
      this.offsets = []; // the server's clock minus ours, the last ones
      this.connection = "connecting"; // connecting | live | lost | past
      this.then = null; // the past instant that is shown, ms; null: what is now
      this.returning = false; // from the past, until a fresh snapshot has come
      this.selected = null;
      this.area = null; // the code of the chosen area; what is open may lie in it
      this.layers = new Set(); // codes of those that the city has
      this.hidden = new Set(); // layers switched off
      this.frames = 0;
      this.listeners = new Map();
      this.listsSoon = new ns.Pace(LISTS_EVERY_MS, () => this.tell("lists"));
      this.valuesSoon = new ns.Pace(VALUES_EVERY_MS, () => this.tellValues());
      this.measured = new Set(); // devices with values that nobody was told of yet
      this.wait = FIRST_WAIT_MS;
      this.socket = null;
      this.triedAt = 0;
      this.watchedAt = Infinity;
      this.started = false;
    }

    /** Calls `listener` for changes of `topic`; returns the function that ends it. */
    on(topic, listener) {
      if (!this.listeners.has(topic)) this.listeners.set(topic, new Set());
      this.listeners.get(topic).add(listener);
      return () => this.listeners.get(topic).delete(listener);
    }

    tell(topic, detail) {
      (this.listeners.get(topic) || []).forEach((listener) => listener(detail));
    }

    /** Tells "values" listeners which devices measured something since the last time. */
    tellValues() {
      const measured = this.measured;
      this.measured = new Set();
      this.tell("values", measured);
    }

    start(path) {
      if (this.started) return;
      this.started = true;
      this.path = path || "/live/wall";
      if (this.then === null || this.returning) this.connect();
      setInterval(() => this.watch(), 1000);
      window.addEventListener("online", () => this.reconnectNow());
      document.addEventListener("visibilitychange", () => {
        if (!document.hidden) this.reconnectNow();
      });
    }

    connect() {
      const scheme = location.protocol === "https:" ? "wss:" : "ws:";
      const socket = new WebSocket(scheme + "//" + location.host + this.path);
      this.socket = socket;
      this.waiting = null;
      this.triedAt = performance.now();
      socket.onopen = () => socket.send(JSON.stringify({ t: "hello" }));
      socket.onmessage = (message) => {
        if (socket !== this.socket) return; // it was given up
        const frame = JSON.parse(message.data);
        this.take(frame);
        if (frame.n !== undefined) socket.send(JSON.stringify({ t: "ok", n: frame.n }));
      };
      socket.onclose = (event) => {
        if (socket === this.socket) this.lost(event.code); // else it was given up before
      };
    }

    lost(code) {
      this.socket = null;
      if (code === 4401) {
        const back = encodeURIComponent(location.pathname + location.search);
        location.assign("/login?next=" + back);
        return;
      }
      this.setConnection("lost");
      if (code === 4403) return; // not permitted: asking again would not help
      const wait = this.wait * (0.75 + Math.random() / 2);
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
      this.waiting = setTimeout(() => this.connect(), wait);
    }

    reconnectNow() {
      if (!this.waiting) return;
      clearTimeout(this.waiting);
      this.wait = FIRST_WAIT_MS;
      this.connect();
    }

    /** Shows the frame of a past instant; what is pushed from now on is not heard. */
    showPast(frame, then) {
      const socket = this.socket;
      this.socket = null;
      clearTimeout(this.waiting);
      this.waiting = null;
      if (socket) socket.close();
      this.returning = false;
      this.then = then;
      this.at = then;
      this.health = null;
      this.figures = frame.figures;
      this.takeSnapshot(frame);
      this.tell("values", new Set(this.devices.keys()));
      this.setConnection("past");
    }

    /** Back to what is now: the past stays on the screen, as the past, until a snapshot has come. */
    backToLive() {
      if (this.then === null || this.returning) return;
      this.returning = true;
      this.wait = FIRST_WAIT_MS;
      if (this.started) this.connect();
    }

    setConnection(state) {
      if (this.connection === state) return;
      this.connection = state;
      this.tell("status");
    }

    watch() {
      const now = performance.now();
      const stalled = now - this.watchedAt > 2500; // this page was: what came waits to be read
      this.watchedAt = now;
      // A server or network that died without closing the socket.
      const open = this.socket && this.socket.readyState === WebSocket.OPEN;
      const patience = open ? STALE_AFTER_MS : CONNECT_WITHIN_MS;
      if (this.socket && !stalled && now - Math.max(this.heardAt, this.triedAt) > patience) {
        const silent = this.socket;
        this.socket = null;
        silent.close();
        this.lost(0);
      }
      this.tell("second");
    }

    /** How far this computer's clock is behind the server's, ms; 0 while it is about right. */
    clockOff() {
      if (!this.offsets.length) return 0;
      const off = Math.max(...this.offsets); // what waits to be read only looks older
      return Math.abs(off) >= CLOCK_OFF_MS ? off : 0;
    }

    /** Milliseconds of the server's clock, as well as we know it. */
    present() {
      return performance.now() + this.began;
    }

    /** The instant that is shown: the present one, unless it is a past one. */
    now() {
      return this.then === null ? this.present() : this.then;
    }

    take(frame) {
      this.frames += 1;
      this.heardAt = performance.now();
      if (frame.at) {
        const at = ms(frame.at);
        // a server that was just started may say how it is before it knows anything
        if (frame.t === "snapshot" || this.at !== null) this.at = at;
        this.began = at - this.heardAt;
        this.offsets = [...this.offsets.slice(1 - CLOCKS_COMPARED), at - Date.now()];
      }
      if (frame.t === "snapshot" && this.returning) {
        this.returning = false;
        this.then = null;
        this.tell("past");
      }
      if (frame.t === "snapshot") this.takeSnapshot(frame);
      else if (frame.t === "changes") this.takeChanges(frame);
      if (frame.figures) {
        this.figures = frame.figures;
        this.listsSoon.want();
      }
      if (frame.t === "health" || frame.health) {
        this.health = frame.health || frame;
        this.tell("status");
      }
      this.wait = FIRST_WAIT_MS;
      this.setConnection("live");
    }

    takeSnapshot(frame) {
      this.devices = new Map(frame.devices.map((device) => [device.id, device]));
      this.tickets = new Map(frame.tickets.map((ticket) => [ticket.id, readTicket(ticket)]));
      this.projects = new Map((frame.projects || []).map((project) => [project.id, readTicket(project)]));
      this.events = merged([], frame.events || []);
      this.all = frame.all || null;
      this.tell("snapshot");
      this.tell("lists");
    }

    takeChanges(frame) {
      const marked = []; // devices that look different now: only those concern the map
      for (const change of frame.devices || []) {
        const device = this.devices.get(change.id);
        if (!device) {
          if (change.lon === undefined) continue;
          this.devices.set(change.id, change);
          marked.push(change.id);
          continue;
        }
        const looks = device.level + "/" + device.online;
        const values = Object.assign(device.values || {}, change.values);
        Object.assign(device, change, { values });
        if (change.values) this.measured.add(change.id);
        if (looks !== device.level + "/" + device.online) marked.push(change.id);
      }
      const tickets = [];
      for (const ticket of frame.tickets || []) {
        if (ticket.gone) this.tickets.delete(ticket.id);
        else this.tickets.set(ticket.id, readTicket(ticket));
        tickets.push(ticket.id);
      }
      const projects = [];
      for (const project of frame.projects || []) {
        if (project.gone) this.projects.delete(project.id);
        else this.projects.set(project.id, readTicket(project));
        projects.push(project.id);
      }
      if (frame.events && frame.events.length) {
        this.events = merged(this.events, frame.events);
      }
      if (frame.all !== undefined) this.all = frame.all;
      this.tell("changes", { marked, tickets, projects });
      const listed = marked.length || tickets.length || projects.length || frame.events;
      if (listed || frame.all !== undefined) this.listsSoon.want();
      if (this.measured.size) this.valuesSoon.want();
    }

    /** When the device was last measured, ms; 0 for never. */
    seen(device) {
      return newest(device.values);
    }

    /** The light as it is at this moment: time passes without any change on the server. */
    light(ticket) {
      const now = this.now();
      if (!ticket.due_at) return "";
      if (now >= ticket.due_at) return "red";
      return ticket.yellow_at && now >= ticket.yellow_at ? "yellow" : "green";
    }

    overdue(ticket) {
      return Boolean(ticket.due_at) && this.now() >= ticket.due_at;
    }

    /** Opens something at the side: {kind: "ticket"|"device"|"cell"|"area"|"layer"|..., id}. */
    select(selected) {
      this.selected = selected;
      if (!selected) this.choose(null);
      else if (selected.kind === "area") this.choose(selected.id);
      this.tell("select", selected);
    }

    /** Chooses an area (its code): it stays outlined while stories inside it are read. */
    choose(code) {
      if (this.area === code) return;
      this.area = code;
      this.tell("area", code);
    }

    /** Closes what is open; a story gives way to the chosen area. */
    close() {
      const story = this.selected && this.selected.kind !== "area";
      this.select(story && this.area ? { kind: "area", id: this.area } : null);
    }

    /** Whether a layer is switched on; what belongs to none of the city's goes with "other". */
    shows(code) {
      return !this.hidden.has(this.layers.has(code) ? code : "other");
    }

    shownDevices() {
      return [...this.devices.values()].filter((device) => this.shows(device.layer));
    }

    shownTickets() {
      return [...this.tickets.values()].filter((ticket) => this.shows(ticket.layer));
    }

    toggleLayer(code) {
      if (this.hidden.has(code)) this.hidden.delete(code);
      else this.hidden.add(code);
      this.tell("layers");
      this.tell("lists");
    }
  }

  ns.readTicket = readTicket;
  ns.live = ns.live || new Live();
})();
