/* What is looked at, in the page's address: the map's centre and zoom, the layers
 * switched off, what the cells are coloured by.
 *
 * A link that is sent opens the same view; what an address says wrongly is left out.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const WRITTEN_AFTER_MS = 300; // a browser allows few changes of the address in a second
  const AT = /^(-?\d{1,3}(?:\.\d{1,8})?),(-?\d{1,2}(?:\.\d{1,8})?),(\d{1,2}(?:\.\d{1,4})?)$/;
  const LAST = ["at", "off", "cells"]; // behind the story that is open

  let codes = [];

  const query = () => new URLSearchParams(location.search);

  /** Puts a query into the address, readable: the view behind what is open. */
  ns.writeQuery = function (wanted) {
    const kept = LAST.map((name) => [name, wanted.get(name)]);
    kept.forEach(([name]) => wanted.delete(name));
    kept.forEach(([name, value]) => value && wanted.set(name, value));
    const text = wanted.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
    const search = text ? `?${text}` : "";
    if (location.search !== search) {
      history.replaceState(history.state, "", location.pathname + search + location.hash);
    }
  };

  /** {center, zoom} of a query; null where it names none on this earth. */
  function readAt(of) {
    const found = AT.exec(of.get("at") || "");
    if (!found) return null;
    const [lon, lat, zoom] = found.slice(1).map(Number);
    const real = Math.abs(lon) <= 180 && Math.abs(lat) <= 85 && zoom <= 22;
    return real ? { center: [lon, lat], zoom } : null;
  }

  /** Switches off the layers that the address names and the city has. */
  function readOff(layers) {
    const known = new Set([...codes, "other"]);
    const off = (query().get("off") || "").split(",").filter((code) => known.has(code));
    off.forEach((code) => live.hidden.add(code));
    if (off.length) {
      live.tell("layers");
      live.tell("lists");
    }
  }

  /** The place in the middle of a map's box, whatever the panels cover. */
  ns.middleOf = function (map) {
    const { clientWidth, clientHeight } = map.getContainer();
    return map.unproject([clientWidth / 2, clientHeight / 2]);
  };

  class View {
    constructor(layers) {
      codes = layers.map((layer) => layer.code);
      live.layers = new Set(codes);
      this.at = readAt(query());
      readOff(layers);
      ns.cells.choose(query().get("cells"));
    }

    /** Writes it down whenever the map has moved or a layer was switched. */
    follow(map) {
      let waiting = null;
      const soon = () => {
        clearTimeout(waiting);
        waiting = setTimeout(() => this.write(map), WRITTEN_AFTER_MS);
      };
      const ends = [live.on("moved", soon), live.on("layers", soon), live.on("figure", soon)];
      return () => {
        clearTimeout(waiting);
        ends.forEach((end) => end());
      };
    }

    write(map) {
      const wanted = query();
      // of what is seen, whatever the panels cover: who opens the link may have others open
      const { lng, lat } = ns.middleOf(map);
      const digits = map.getZoom() < 14 ? 4 : 5; // a pixel, as well as one sees it
      wanted.set("at", [lng.toFixed(digits), lat.toFixed(digits), map.getZoom().toFixed(2)].join());
      if (live.hidden.size) wanted.set("off", [...live.hidden].sort().join());
      else wanted.delete("off");
      const figure = ns.cells.current();
      if (figure === "worst") wanted.delete("cells");
      else wanted.set("cells", figure);
      ns.writeQuery(wanted);
    }
  }

  Object.assign(ns, { View, readAt, layerCodes: () => codes });
})();
