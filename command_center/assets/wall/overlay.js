/* What a thematic view draws on the map while it is open: areas, cells, lines, words; the other
 * layers step back. And the door for a warning that somebody sent as a file.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const e = (...args) => window.React.createElement(...args);

  const NONE = { features: [], layers: null };
  const FAINT = 0.28;
  let shown = NONE;
  let notice = null; // what became of the last file: the view is drawn anew by time

  const of = (kind) => ["==", ["get", "kind"], kind];

  function drawn() {
    const colour = ["get", "colour"];
    return [
      { id: "overlay-fill", type: "fill", source: "overlay", filter: ["==", ["geometry-type"], "Polygon"],
        paint: { "fill-color": colour, "fill-opacity": ["match", ["get", "kind"], "cell", 0.42, 0.16] } },
      { id: "overlay-edge", type: "line", source: "overlay", filter: ["all", of("area"), ["==", ["geometry-type"], "Polygon"]],
        layout: { "line-join": "round" },
        paint: { "line-color": colour, "line-width": 2.4, "line-dasharray": [4, 2] } },
      { id: "overlay-cell", type: "line", source: "overlay", filter: of("cell"),
        paint: { "line-color": colour, "line-width": 1.6 } },
      { id: "overlay-line", type: "line", source: "overlay", filter: of("line"),
        layout: { "line-cap": "round" },
        paint: { "line-color": colour, "line-width": 3, "line-opacity": 0.9 } },
    ];
  }

  /** Words lie over everything else: a line's direction, and what is said beside a place. */
  function written() {
    const text = { "text-font": [ns.FONT], "text-size": 13 };
    const paint = { "text-color": ["get", "colour"], "text-halo-color": ns.PALETTE.halo, "text-halo-width": 2 };
    return [
      { id: "overlay-arrow", type: "symbol", source: "overlay", filter: of("line"),
        layout: { ...text, "text-field": "▶", "symbol-placement": "line", "symbol-spacing": 70,
          "text-keep-upright": false, "text-allow-overlap": true, "text-ignore-placement": true }, paint },
      { id: "overlay-text", type: "symbol", source: "overlay", filter: ["all", of("text"), ["==", ["geometry-type"], "Point"]],
        layout: { ...text, "text-field": ["get", "text"], "text-anchor": "left", "text-offset": [1.1, 0],
          "text-optional": true, "symbol-sort-key": ["-", 0, ["coalesce", ["get", "level"], 0]] }, paint },
      { id: "overlay-name", type: "symbol", source: "overlay", filter: ["all", of("area"), ["has", "text"]],
        layout: { ...text, "text-field": ["get", "text"], "text-max-width": 14 }, paint },
    ];
  }

  class Overlay {
    constructor(city) {
      this.map = city.map;
      this.city = city;
      const data = { type: "FeatureCollection", features: [] };
      this.map.addSource("overlay", { type: "geojson", data, tolerance: 0.2 });
      const under = this.map.getLayer("box") ? "box" : undefined;
      drawn().forEach((layer) => this.map.addLayer(layer, under));
      written().forEach((layer) => this.map.addLayer(layer));
      this.ends = [live.on("overlay", () => this.show()), live.on("fit", (bbox) => city.fit(bbox))];
      if (shown !== NONE) this.show();
    }

    show() {
      const data = { type: "FeatureCollection", features: shown.features };
      this.map.getSource("overlay").setData(data);
      this.dim("device-mark", "d", shown.layers, 1);
      this.dim("ticket-mark", "t", shown.layers, ns.TICKET_OPACITY);
    }

    /** Marks of other layers step back: their icons are called `{first}-{layer}-...`; the rest are
     *  as they always are. */
    dim(mark, first, layers, always) {
      const own = (layers || []).map((layer) => ["in", `${first}-${layer}-`, ["get", "icon"]]);
      const opacity = layers ? ["case", ["any", ...own], always, FAINT] : always;
      this.map.setPaintProperty(mark, "icon-opacity", opacity);
    }

    end() {
      this.ends.forEach((end) => end());
    }
  }

  /** Invisible: what the view that is open draws on the map; nothing when it is closed. */
  function Drawing({ features, layers }) {
    const told = JSON.stringify([features, layers]);
    window.React.useEffect(() => {
      shown = { features: features || [], layers };
      live.tell("overlay");
    }, [told]);
    window.React.useEffect(
      () => () => {
        shown = NONE;
        live.tell("overlay");
      },
      []
    );
    return null;
  }

  // A link in a view that names an extent: the map shows it.
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("[data-extent]");
    if (link) live.tell("fit", ns.readBox(link.dataset.extent));
  });

  /** Takes a CAP file and sends it; says what became of it, or everything that is wrong with it. */
  function WarningDoor({ id, words }) {
    const React = window.React;
    const field = React.useRef(null);
    const [, again] = React.useReducer((n) => n + 1, 0);
    const setNotice = (told) => {
      notice = told;
      again();
    };
    const send = async () => {
      const file = field.current.files[0];
      if (!file) return;
      setNotice({ good: true, text: words.warning_sending });
      try {
        const answer = await fetch("/api/v1/warnings", {
          method: "POST", headers: { "Content-Type": "application/xml" }, body: file,
        });
        const told = await answer.json().catch(() => ({}));
        const wrong = (told.errors || []).map((one) => `${one.field}: ${one.reason}`).join("\n");
        if (!answer.ok) setNotice({ good: false, text: wrong || told.detail || words.warning_failed });
        else {
          setNotice({ good: true, text: told.new ? (told.inside ? words.warning_taken : words.warning_outside) : words.warning_known });
          live.tell("reload");
        }
      } catch (error) {
        setNotice({ good: false, text: words.warning_failed });
      }
      field.current.value = "";
    };
    return e(
      "div",
      { id, className: "cc-warning-door" },
      e("label", { className: "cc-button" }, words.warning_import,
        e("input", { ref: field, type: "file", name: "warning", className: "cc-sr", accept: ".xml,.cap,application/xml", onChange: send })),
      e("p", { className: `cc-notice ${notice && !notice.good ? "bad" : ""}`, role: "status" }, notice && notice.text)
    );
  }

  Object.assign(ns, { Overlay, Drawing, WarningDoor });
})();
