/* Open tickets that this wall is not told of one by one: drawn in groups, as the server makes them.
 *
 * Asked for what is seen, when the map has come to rest and every 15 s, and only while there are any.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const ADDRESS = "/api/v1/tickets/clusters?";
  const AGAIN_MS = 15000;
  const FAILED_AGAIN_MS = 5000;
  const MOST_ZOOM = 19;

  class Groups {
    constructor(map, changed) {
      this.map = map;
      this.changed = changed; // called when others are to be drawn
      this.groups = [];
      this.asked = 0; // counts the questions: an answer to an older one is not drawn
      this.again = 0; // when to ask again, ms
    }

    /** Those of layers that are shown, without what was told in the meantime. */
    shown() {
      return this.groups.filter((one) => live.shows(one.layer) && !live.tickets.has(one.ticket_id));
    }

    moved() {
      this.again = 0;
      this.refresh();
    }

    /** Asks when it is time; called every second while a map is open. */
    refresh() {
      if (!ns.cells.leftOut()) {
        this.asked += 1;
        this.again = 0;
        this.take([]);
      } else if (performance.now() >= this.again) this.ask();
    }

    async ask() {
      const asked = (this.asked += 1);
      this.again = performance.now() + FAILED_AGAIN_MS;
      const bounds = this.map.getBounds();
      const z = Math.min(Math.floor(this.map.getZoom()), MOST_ZOOM);
      const [west, south, east, north] = [
        Math.max(bounds.getWest(), -180), Math.max(bounds.getSouth(), -90),
        Math.min(bounds.getEast(), 180), Math.min(bounds.getNorth(), 90),
      ];
      try {
        const answer = await fetch(ADDRESS + new URLSearchParams({ z, west, south, east, north }));
        if (!answer.ok) return;
        const { groups } = await answer.json();
        if (asked !== this.asked) return;
        this.again = performance.now() + AGAIN_MS;
        this.take(groups);
      } catch (error) {
        // what was told before is shown on; the banner says that the server is away
      }
    }

    take(groups) {
      if (!groups.length && !this.groups.length) return;
      this.groups = groups;
      this.changed();
    }
  }

  ns.Groups = Groups;
})();
