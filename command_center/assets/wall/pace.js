/* Back-pressure: work that is wanted often is done as often as this machine can show it.
 *
 * After each turn it waits at least `least` ms, and four times what the turn cost until it was on
 * the screen; so no work takes more than about a fifth of the page, however slow the machine.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const FACTOR = 4;
  const LONGEST_MS = 3000;

  /** Resolves in the task after the next frame: what was changed before is on the screen. */
  function framed() {
    return new Promise((resolve) => {
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => {
          channel.port1.close();
          resolve();
        };
        channel.port2.postMessage(0);
      });
    });
  }

  class Pace {
    /** `work()` may return a promise of the moment when what it changed was drawn. */
    constructor(least, work) {
      this.least = least;
      this.work = work;
      this.wanted = false;
      this.busy = false;
      this.timer = null;
      this.nextAt = 0;
    }

    /** Asks for one turn; many wishes before it become the same turn. */
    want() {
      this.wanted = true;
      if (this.busy || this.timer !== null) return;
      this.timer = setTimeout(() => this.turn(), Math.max(0, this.nextAt - performance.now()));
    }

    async turn() {
      this.timer = null;
      this.wanted = false;
      this.busy = true;
      const began = performance.now();
      this.nextAt = began + this.least;
      try {
        await this.work();
        await framed();
      } finally {
        const ended = performance.now();
        this.nextAt = Math.max(this.nextAt, ended + Math.min(FACTOR * (ended - began), LONGEST_MS));
        this.busy = false;
        if (this.wanted) this.want();
      }
    }

    /** Does it at once, even while a turn is under way, which may have begun before there was anything
     *  of it: for what somebody has just asked for and looks at. */
    async now() {
      clearTimeout(this.timer);
      if (!this.busy) return this.turn();
      this.wanted = false;
      await this.work();
      return framed();
    }

    /** Forgets what was wanted. */
    stop() {
      clearTimeout(this.timer);
      this.wanted = false;
    }
  }

  Object.assign(ns, { Pace, framed });
})();
