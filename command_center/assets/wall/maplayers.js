/* The marks of the map: their images, their live sources, how they are drawn. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});

  const MARK_RISE = 23 * ns.scale(); // a ticket's mark stands above its place, px
  const VALUES_FROM = 13.2 + ns.nearer; // the zoom from which values stand beside their marks
  // a circle with its number: several marks, or one that stands for several tickets
  const SEVERAL = [">", ["get", "n"], 1];
  const DONE = ["==", ["get", "done"], 1];
  const TICKET_OPACITY = ["case", DONE, 0.4, 1]; // what burns stands out
  const collection = (features) => ({ type: "FeatureCollection", features });

  function addImages(map, config) {
    const ratio = Math.max(2, window.devicePixelRatio || 1) * ns.scale();
    const add = (id, data) => map.addImage(id, data, { pixelRatio: ratio / ns.scale() });
    for (const layer of [...config.layers, { code: "", shape: "circle", colour: "#9fb3cc" }]) {
      for (const level of [0, 1, 2, 3, 4]) {
        add(`d-${layer.code}-${level}`, ns.marks.deviceImage(layer, level, true, ratio));
        if (!level) continue;
        add(`t-${layer.code}-${level}-0`, ns.marks.ticketImage(layer, level, false, ratio));
        add(`t-${layer.code}-${level}-1`, ns.marks.ticketImage(layer, level, true, ratio));
      }
      for (const stage of layer.projects || []) {
        const sign = ns.pick(stage, "sign", config.language);
        add(`p-${stage.code}-0`, ns.marks.projectImage(stage, sign, false, ratio));
        add(`p-${stage.code}-1`, ns.marks.projectImage(stage, sign, true, ratio));
      }
      add(`d-${layer.code}-off`, ns.marks.deviceImage(layer, 0, false, ratio));
    }
  }

  function addSources(map) {
    map.addSource("devices", { type: "geojson", data: collection([]), tolerance: 0 });
    map.addSource("values", { type: "geojson", data: collection([]), tolerance: 0 });
    map.addSource("projects", { type: "geojson", data: collection([]), tolerance: 0 });
    map.addSource("tickets", {
      type: "geojson",
      data: collection([]),
      cluster: true,
      clusterMaxZoom: 17,
      clusterRadius: 22 * ns.scale(),
      clusterProperties: {
        worst: ["max", ["get", "severity"]],
        late: ["+", ["get", "late"]],
        n: ["+", ["get", "n"]],
      },
    });
  }

  function addLayers(map) {
    const add = (layer) => map.addLayer(ns.scaled(layer));
    const severity = ns.marks.SEVERITY;
    add({
      id: "device-mark",
      type: "symbol",
      source: "devices",
      layout: {
        "icon-image": ["get", "icon"],
        "icon-size": ["interpolate", ["linear"], ["zoom"], 10, 0.5, 13, 0.78, 16, 1.05],
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "symbol-sort-key": ["get", "level"],
      },
    });
    add({
      id: "device-value",
      type: "symbol",
      source: "values",
      minzoom: VALUES_FROM,
      layout: {
        "text-field": ["get", "value"],
        "text-font": [ns.FONT],
        "text-size": 12,
        "text-anchor": "top",
        "text-offset": [0, 1.35],
        "text-optional": true,
        "text-padding": 1,
        "symbol-sort-key": ["-", 0, ["get", "level"]],
      },
      paint: Object.assign({ "text-halo-width": 1.6 }, ns.markPaints()["device-value"]),
    });
    add({
      id: "project-mark",
      type: "symbol",
      source: "projects",
      layout: {
        "icon-image": ["get", "icon"],
        "icon-offset": [9, 9], // beside what stands on the same place
        "icon-size": ["interpolate", ["linear"], ["zoom"], 10, 0.62, 13, 0.86, 16, 1.1],
        "icon-allow-overlap": ["step", ["zoom"], false, 12, true],
        "icon-ignore-placement": true,
        "symbol-sort-key": ["get", "order"],
      },
      // over the whole city they stand back behind what burns
      paint: { "icon-opacity": ["interpolate", ["linear"], ["zoom"], 11.5, 0.5, 13.5, 1] },
    });
    add({
      id: "ticket-cluster",
      type: "circle",
      source: "tickets",
      filter: SEVERAL,
      paint: {
        "circle-radius": ["step", ["get", "n"], 14, 10, 18, 50, 23, 1000, 28],
        "circle-translate": [0, -MARK_RISE + 8 * ns.scale()],
        "circle-color": "#0d1828",
        "circle-opacity": 0.92,
        "circle-stroke-width": 3,
        "circle-stroke-color": [
          "match", ["get", "worst"], 1, severity[1].colour, 2, severity[2].colour,
          3, severity[3].colour, severity[4].colour,
        ],
      },
    });
    add({
      id: "ticket-count",
      type: "symbol",
      source: "tickets",
      filter: SEVERAL,
      layout: {
        "text-field": ["to-string", ["get", "n"]],
        "text-font": [ns.FONT],
        "text-size": 14,
        "text-allow-overlap": true,
        "text-ignore-placement": true,
      },
      paint: { "text-color": "#ffffff", "text-translate": [0, -MARK_RISE + 8 * ns.scale()] },
    });
    add({
      id: "ticket-mark",
      type: "symbol",
      source: "tickets",
      filter: ["!", SEVERAL],
      layout: {
        "icon-image": ["get", "icon"],
        "icon-anchor": "bottom",
        "icon-size": ["interpolate", ["linear"], ["zoom"], 10, 0.72, 13, 0.92, 16, 1.15],
        "icon-allow-overlap": true,
        "icon-padding": 0, // names keep clear of it
        "symbol-sort-key": ["case", DONE, 0, ["get", "severity"]],
      },
      paint: { "icon-opacity": TICKET_OPACITY },
    });
    add({
      id: "ticket-stage",
      type: "symbol",
      source: "tickets",
      minzoom: 13 + ns.nearer,
      filter: ["all", ["!", SEVERAL], ["has", "stage"]],
      layout: {
        "text-field": ["get", "stage"],
        "text-font": [ns.FONT],
        "text-size": 12,
        "text-anchor": "left",
        "text-offset": [1.4, -1.9],
        "text-optional": true,
      },
      paint: Object.assign({ "text-halo-width": 1.6 }, ns.markPaints()["ticket-stage"]),
    });
  }

  ns.MARK_RISE = MARK_RISE;
  ns.VALUES_FROM = VALUES_FROM;
  ns.TICKET_OPACITY = TICKET_OPACITY;
  /** The signs of projects are characters of the reader's language. */
  ns.renameMarks = function (map, config) {
    const ratio = Math.max(2, window.devicePixelRatio || 1) * ns.scale();
    for (const stage of config.layers.flatMap((layer) => layer.projects || [])) {
      const sign = ns.pick(stage, "sign", config.language);
      for (const late of [0, 1]) {
        map.updateImage(`p-${stage.code}-${late}`, ns.marks.projectImage(stage, sign, Boolean(late), ratio));
      }
    }
  };
  ns.addMarks = function (map, config) {
    addImages(map, config);
    addSources(map);
    addLayers(map);
  };
})();
