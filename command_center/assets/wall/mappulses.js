/* Rings around the tickets that are late (red, whole) or have just arrived (broken): at most 40, the
 * worst first.
 *
 * A ring breathes a few times and then stands still: a map that moves all the time costs a slow
 * machine everything else, and nobody sees what is new.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const PULSES = 40;
  const NEW_FOR_MS = 60000;
  const OLD_NEWS_MS = 30 * 60000; // told so long after it happened, nobody needs to run any more

  class Pulses {
    constructor(gl, map, tickets) {
      this.gl = gl;
      this.map = map;
      this.tickets = tickets; // () => those on the map
      this.rings = new Map();
      this.known = "";
    }

    wanted() {
      const now = live.now();
      return this.tickets().filter(
        (t) => live.overdue(t) || (t.severity >= 2 && this.isNews(t, now))
      );
    }

    /** Whether a ticket has just arrived, and with it what happened just now. */
    isNews(ticket, now) {
      return now - ticket.created_at < NEW_FOR_MS && ns.toldInTime(ticket);
    }

    /** Looks again; unless it is said that the map `changed`, only when others are wanted. */
    show(changed) {
      const wanted = this.wanted();
      const known = wanted.map((t) => `${t.id}/${t.severity}/${live.overdue(t)}`).join();
      if (!changed && known === this.known) return;
      this.known = known;
      const alone = wanted.length ? this.alone() : new Set();
      const chosen = wanted
        .filter((ticket) => alone.has(ticket.id))
        .sort((a, b) => b.severity - a.severity)
        .slice(0, PULSES);
      const keep = new Set(chosen.map((ticket) => ticket.id));
      for (const [id, ring] of this.rings) {
        if (keep.has(id)) continue;
        ring.remove();
        this.rings.delete(id);
      }
      for (const ticket of chosen) {
        const look = (this.rings.get(ticket.id) || this.ring(ticket)).getElement();
        look.style.setProperty("--c", ns.marks.SEVERITY[ticket.severity].colour);
        look.classList.toggle("late", live.overdue(ticket));
      }
    }

    /** The tickets that are drawn by themselves, not in a cluster. */
    alone() {
      const marks = this.map.queryRenderedFeatures({ layers: ["ticket-mark"] });
      return new Set(marks.map((mark) => mark.properties.id));
    }

    ring(ticket) {
      const element = document.createElement("div");
      element.className = "cc-pulse";
      element.setAttribute("aria-hidden", "true");
      const ring = new this.gl.Marker({ element, anchor: "center", offset: [0, -ns.MARK_RISE] })
        .setLngLat([ticket.lon, ticket.lat])
        .addTo(this.map);
      this.rings.set(ticket.id, ring);
      return ring;
    }
  }

  ns.toldInTime = (ticket) => ticket.created_at - ticket.occurred_at <= OLD_NEWS_MS;
  ns.Pulses = Pulses;
})();
