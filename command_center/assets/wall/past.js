/* The time machine: which past instant is wanted, asked for, shown; playing; its address.
 *
 * One frame is asked for at a time; what is wanted meanwhile is asked for next, so that whoever drags
 * the slider sees as many frames as this machine can show, and the last one in any case. Between them
 * the one that will be wanted next is fetched, as far as that can be told: where somebody points on the
 * slider, the next step of who steps or plays.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;

  const MINUTE = 60000;
  const HOUR = 60 * MINUTE;
  const DAY = 24 * HOUR;
  // How long the slider is, its steps by key, by pointer (about a pixel), and how much passes in a second of playing.
  const SPANS = {
    hour: { length: HOUR, step: MINUTE, grain: 5000, slices: 60, speeds: [MINUTE, 5 * MINUTE] },
    day: { length: DAY, step: 15 * MINUTE, grain: MINUTE, slices: 96, speeds: [5 * MINUTE, 15 * MINUTE, HOUR] },
    week: { length: 7 * DAY, step: HOUR, grain: 5 * MINUTE, slices: 84, speeds: [HOUR, 3 * HOUR, 6 * HOUR] },
    month: { length: 30 * DAY, step: 6 * HOUR, grain: 30 * MINUTE, slices: 120, speeds: [6 * HOUR, DAY] },
  };
  const KEPT = 12; // frames that were used last: a step back is there at once
  const PLAYED_EVERY_MS = 1000;
  const WRITTEN_AFTER_MS = 400; // a browser allows few changes of the address in a second
  const BEFORE_NOW_MS = 1000;
  const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;

  const iso = (ms) => new Date(ms).toISOString().replace(".000Z", "Z");
  const query = () => new URLSearchParams(location.search);

  /** The page's links, as long as it shows what they lead to. */
  ns.links = (config) => (live.then === null ? config.links : {});

  class Past {
    constructor() {
      this.span = "day";
      this.from = null; // where the slider begins, ms
      this.wanted = null; // the instant that was chosen last; null: live
      this.busy = false;
      this.playing = null; // the timer
      this.speed = 1; // which of the span's speeds
      this.stepping = 0; // how far the last steps went, ms: who steps goes on
      this.frames = new Map(); // instant -> {open: device, frame: promise}
      this.ahead = null; // what is fetched before it is wanted
      this.facts = new Map(); // device -> what is registered of it
      this.pointed = null; // the instant on the slider that somebody points at
      this.first = undefined; // when anything was known; null: never
      this.marks = null; // {from, span, marks} of the slider that is shown
      this.notice = null; // {key, at}: what could not be done
      this.began = 0; // when it was wanted
      this.took = null; // from then until the last frame was painted, ms: for whoever measures
    }

    get length() {
      return SPANS[this.span].length;
    }

    get until() {
      return this.from + this.length;
    }

    get step() {
      return SPANS[this.span].step;
    }

    get grain() {
      return SPANS[this.span].grain;
    }

    get slices() {
      return SPANS[this.span].slices;
    }

    get speeds() {
      return SPANS[this.span].speeds;
    }

    /** How much passes in a second of playing, ms. */
    get pace() {
      return this.speeds[Math.min(this.speed, this.speeds.length - 1)];
    }

    /** What the address says: a past instant, nonsense, or nothing. */
    start() {
      const said = query().get("then");
      const span = query().get("span");
      if (Object.hasOwn(SPANS, span || "")) this.span = span;
      if (said === null) return;
      const at = INSTANT.test(said) ? Date.parse(said) : NaN;
      if (Number.isNaN(at) || Math.abs(at) > 8e15) this.refuse("nonsense", null);
      else if (at > live.present()) this.refuse("future", at);
      else {
        live.then = at; // nothing is shown as if it were live, not even for a moment
        this.goTo(at);
      }
    }

    /** Stays live, and says why. */
    refuse(key, at) {
      this.notice = { key, at };
      this.forget();
      live.tell("past");
    }

    open() {
      if (this.wanted === null) this.goTo(Math.floor((live.present() - HOUR) / MINUTE) * MINUTE);
    }

    /** Wants an instant; the slider follows when it lies outside. */
    goTo(at) {
      const newest = live.present() - BEFORE_NOW_MS;
      this.wanted = Math.round(Math.min(at, newest));
      this.began = performance.now();
      this.stepping = 0;
      this.notice = null;
      if (this.from === null || this.wanted < this.from || this.wanted > this.until) {
        this.place(Math.min(this.wanted + this.length / 4, newest));
      }
      live.tell("past");
      this.turn();
    }

    /** What the slider says at a share of its length, as the browser rounds it. */
    instant(share) {
      const whole = Math.round((Math.min(Math.max(share, 0), 1) * this.length) / this.grain);
      return this.from + whole * this.grain;
    }

    /** Lets the slider end at an instant, on a whole step. */
    place(end) {
      this.from = Math.ceil(end / this.step) * this.step - this.length;
      this.readMarks();
    }

    choose(span) {
      this.span = span;
      this.from = null;
      this.goTo(this.wanted);
      this.write();
    }

    /** The span before (-1) or after (1). */
    turnPage(by) {
      const at = this.wanted + by * this.length;
      this.from += by * this.length;
      this.readMarks();
      this.goTo(at);
    }

    move(steps) {
      this.pause();
      this.goTo(this.wanted + steps * this.step);
      this.stepping = steps * this.step;
    }

    // --- frames ----------------------------------------------------------------------------

    async turn() {
      if (this.busy) return;
      this.busy = true;
      while (this.wanted !== null && this.wanted !== this.shown) {
        const at = this.wanted;
        const { began } = this;
        try {
          const frame = await this.read(at);
          if (this.wanted === null) break; // went back to live meanwhile
          this.show(frame, at);
        } catch (problem) {
          this.fail(problem, at);
        }
        await this.painted();
        this.took = performance.now() - began;
      }
      this.busy = false;
      live.tell("past");
      if (!this.notice) this.foresee(this.pointed); // (not what has just failed)
    }

    /** Resolves when the frame is on the screen: at once, nobody pushes anything meanwhile. */
    painted() {
      const marks = ns.city && ns.city.marks;
      return marks ? Promise.all([marks.pace.now(), marks.valuesPace.now()]) : ns.framed();
    }

    show(frame, at) {
      this.shown = at;
      this.first = frame.first && Date.parse(frame.first);
      live.showPast(frame, at);
      live.tell("past");
      this.soon();
      const next = this.playing ? this.pace : this.stepping;
      if (next && this.wanted === at) this.fetchAhead(at + next); // who holds a key down is further on
    }

    /** Somebody points at an instant (null: at none any more), and will perhaps go there. */
    foresee(at) {
      this.pointed = this.wanted === null ? null : at;
      if (this.pointed !== null && !this.busy && !this.ahead) this.fetchAhead(at);
    }

    /** Fetches what is not wanted yet: one at a time, then the one that is pointed at by now. */
    async fetchAhead(at) {
      if (at > live.present() - BEFORE_NOW_MS) return;
      const mine = (this.ahead = this.read(at).catch(() => {})); // who wants it will hear why
      await mine;
      if (this.ahead !== mine) return;
      this.ahead = null;
      if (this.pointed !== at) this.foresee(this.pointed);
    }

    async read(at) {
      const { selected } = live;
      const open = selected && selected.kind === "device" ? selected.id : null;
      let kept = this.frames.get(at);
      // a device that was opened since then may be one whose values are told only when it is open
      if (!kept || (open !== null && kept.open !== open)) kept = { open, frame: this.ask(at, open) };
      this.frames.delete(at); // the one that was used last stays longest
      this.frames.set(at, kept);
      if (this.frames.size > KEPT) this.frames.delete(this.frames.keys().next().value);
      try {
        return this.whole(await kept.frame);
      } catch (problem) {
        if (this.frames.get(at) === kept) this.frames.delete(at);
        throw problem;
      }
    }

    async ask(at, open) {
      const device = open === null ? "" : `&device=${open}`;
      const get = async (facts) => {
        const answer = await fetch(`/api/v1/past?then=${iso(at)}&facts=${facts}${device}`);
        if (!answer.ok) throw answer;
        return answer.json();
      };
      let frame = await get(!this.facts.size);
      const known = (one) => one.device_id || this.facts.has(one.id);
      if (!frame.devices.every(known)) frame = await get(true); // one was registered meanwhile
      frame.devices.forEach((one) => one.device_id && this.facts.set(one.id, one));
      return frame;
    }

    whole(frame) {
      const devices = frame.devices.map((one) => Object.assign({}, this.facts.get(one.id), one));
      return Object.assign({}, frame, { devices });
    }

    fail(problem, at) {
      if (problem.status === 401) {
        location.assign("/login?next=" + encodeURIComponent(location.pathname + location.search));
      }
      this.pause();
      if (live.at === null || this.shown === undefined || this.shown === null) {
        // nothing of the past was ever shown: live is better than an empty wall
        this.wanted = null;
        live.backToLive();
        this.refuse(problem.status === 422 ? "future" : "failed", at);
      } else {
        this.wanted = this.shown;
        this.notice = { key: "failed", at: this.shown };
      }
    }

    // --- playing ---------------------------------------------------------------------------

    play() {
      if (this.playing) return;
      const next = () => {
        if (this.busy) return; // this machine is slower: no instant is left out
        if (this.wanted >= live.present() - this.pace) this.pause();
        else this.goTo(this.wanted + this.pace);
      };
      this.playing = setInterval(next, PLAYED_EVERY_MS);
      next();
    }

    pause() {
      clearInterval(this.playing);
      this.playing = null;
      live.tell("past");
    }

    toggle() {
      if (this.playing) this.pause();
      else this.play();
    }

    back() {
      this.pause();
      this.wanted = this.from = this.shown = this.notice = this.pointed = null;
      this.frames.clear();
      this.marks = null;
      this.forget();
      live.backToLive();
      live.tell("past");
    }

    // --- marks -----------------------------------------------------------------------------

    async readMarks() {
      const { from, until, span, slices } = this;
      const key = `${from}/${span}`;
      this.marks = null;
      this.wantedMarks = key;
      const asked = `from=${iso(from)}&to=${iso(until)}&slices=${slices}`;
      const answer = await fetch(`/api/v1/past/marks?${asked}`).catch(() => null);
      if (!answer || !answer.ok || this.wantedMarks !== key) return;
      const told = await answer.json();
      if (this.wantedMarks !== key) return;
      this.marks = told.marks;
      this.first = told.first && Date.parse(told.first);
      live.tell("past");
    }

    // --- the address -----------------------------------------------------------------------

    soon() {
      clearTimeout(this.writing);
      this.writing = setTimeout(() => this.write(), WRITTEN_AFTER_MS);
    }

    write() {
      if (this.wanted === null) return;
      const wanted = query();
      wanted.set("then", iso(this.wanted));
      if (this.span === "day") wanted.delete("span");
      else wanted.set("span", this.span);
      ns.writeQuery(wanted);
    }

    forget() {
      clearTimeout(this.writing);
      const wanted = query();
      wanted.delete("then");
      wanted.delete("span");
      if (ns.writeQuery) ns.writeQuery(wanted);
    }
  }

  ns.past = ns.past || new Past();
})();
