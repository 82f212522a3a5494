/* The areas of the city: their names on the map, the one that is chosen, links that open things. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const ADDRESS = "/api/v1/areas";

  const areas = new Map(); // code -> {code, id, kind, name, at, bbox}

  function labels() {
    const features = [...areas.values()].map((area) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: area.at },
      properties: { code: area.code, kind: area.kind, name_zh: area.name.zh, name_en: area.name.en },
    }));
    return { type: "FeatureCollection", features };
  }

  /** Names and extents of all areas, once; without them the map has no names, nothing worse. */
  async function load() {
    if (areas.size) return;
    try {
      const answer = await fetch(ADDRESS);
      if (!answer.ok) return;
      (await answer.json()).areas.forEach((area) => areas.set(area.code, area));
    } catch (error) {
      return;
    }
    live.tell("areas");
  }

  /** The chosen area on a map: its outline, and the map so that it is seen whole. */
  class ChosenArea {
    constructor(city) {
      this.city = city;
      this.shown = undefined;
      this.ends = [live.on("area", () => this.show()), live.on("areas", () => this.name())];
      load();
      if (areas.size) this.name();
      this.show();
    }

    /** Writes the names; what the base map calls by the same name is not named twice. */
    name() {
      const { map } = this.city;
      map.getSource("area-names").setData(labels());
      const known = [...areas.values()].map((area) => area.name.zh);
      const other = ["!", ["in", ["get", "name_zh"], ["literal", known]]];
      map.setFilter("place-name", ["all", ns.ofKind("place"), other]);
      this.show();
    }

    show() {
      const area = areas.get(live.area);
      const code = area ? area.code : null;
      if (code === this.shown) return;
      this.shown = code;
      ns.storyShown().then(() => this.outline(code));
      if (!area) return;
      if (code !== this.city.linked.area) this.city.fit(area.bbox);
      this.city.linked.area = undefined;
    }

    outline(code) {
      if (code !== this.shown) return;
      this.city.map.setFilter("area-chosen", ns.oneArea(code));
      this.city.map.setFilter("area-chosen-halo", ns.oneArea(code));
    }

    end() {
      this.shown = undefined;
      this.ends.forEach((end) => end());
    }
  }

  // A link in a panel that names what it opens: on the wall it is opened at the side.
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[data-open]");
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!link || elsewhere || !document.querySelector(".cc-wall")) return;
    event.preventDefault();
    const [kind, id] = link.dataset.open.split(":");
    live.select({ kind, id: kind === "cell" ? Number(id) : id });
  });

  /** Invisible: tells the map where the story stands that is open, and the outline of its cell. */
  function Here({ of, at, outline }) {
    window.React.useEffect(() => {
      const told = (ns.here = { of, at, outline });
      live.tell("here");
      return () => {
        if (ns.here !== told) return;
        ns.here = null;
        queueMicrotask(() => ns.here || live.tell("here")); // the same story may be there again
      };
    }, [of, String(at)]);
    return null;
  }

  Object.assign(ns, { areas, ChosenArea, Here, here: null });
})();
