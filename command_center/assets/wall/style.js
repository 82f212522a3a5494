/* The map's style: our own vector tiles, no glyphs, no sprites, no request to anybody. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});

  const zoomed = (...stops) => ["interpolate", ["exponential", 1.5], ["zoom"], ...stops];
  const kind = (...kinds) => ["in", ["get", "kind"], ["literal", kinds]];

  function tiles(layer, minzoom, maxzoom, promoteId) {
    const source = {
      type: "vector",
      tiles: [`${location.origin}/tiles/${layer}/{z}/{x}/{y}.mvt`],
      minzoom,
      maxzoom,
    };
    if (promoteId) source.promoteId = promoteId;
    return source;
  }

  function road(id, roadKind, colour, widths, minzoom) {
    return {
      id,
      type: "line",
      source: "basemap",
      "source-layer": "basemap",
      minzoom,
      filter: ["all", kind(roadKind), ["==", ["geometry-type"], "LineString"]],
      // a thin line shows no round ends, and costs as many triangles again
      layout: {
        "line-cap": ["step", ["zoom"], "butt", 14, "round"],
        "line-join": ["step", ["zoom"], "miter", 14, "round"],
      },
      paint: { "line-color": colour, "line-width": zoomed(...widths) },
    };
  }

  function fill(id, kinds, colour, extra) {
    return Object.assign(
      {
        id,
        type: "fill",
        source: "basemap",
        "source-layer": "basemap",
        filter: ["all", kind(...kinds), ["==", ["geometry-type"], "Polygon"]],
        paint: { "fill-color": colour, "fill-antialias": true },
      },
      extra || {}
    );
  }

  function name(language) {
    const other = language === "zh" ? "en" : "zh";
    return ["coalesce", ["get", `name_${language}`], ["get", `name_${other}`], ""];
  }

  function label(id, source, filter, language, layout, paint, minzoom, c) {
    return {
      id,
      type: "symbol",
      source,
      "source-layer": source,
      minzoom,
      filter,
      layout: Object.assign(
        { "text-field": name(language), "text-font": [ns.FONT], "text-padding": 8 },
        layout
      ),
      paint: Object.assign(
        { "text-color": c.label, "text-halo-color": c.halo, "text-halo-width": 1.6 },
        paint
      ),
    };
  }

  function baseLayers(c) {
    return [
      { id: "background", type: "background", paint: { "background-color": c.sea } },
      fill("land", ["land"], c.land),
      fill("green", ["green"], c.green),
      fill("sea", ["sea"], c.sea),
      fill("water", ["water", "river"], c.water),
      road("river-line", "river", c.river, [10, 1, 13, 3, 16, 12], 9),
      fill("building", ["building"], c.building, { minzoom: 14 }),
      road("road-minor", "road_minor", c.road_minor, [12, 0.3, 14, 1, 17, 6], 12.5),
      road("road", "road", c.road, [10, 0.5, 13, 1.4, 17, 10], 11),
      road("road-major", "road_major", c.road_major, [9, 0.8, 12, 1.8, 17, 16], 8),
    ];
  }

  function cellLayers(c) {
    const common = { source: "cells", "source-layer": "cells" };
    return [
      Object.assign({ id: "cell-fill", type: "fill", paint: ns.cells.paint() }, common),
      Object.assign(
        {
          id: "cell-line",
          type: "line",
          minzoom: 12.5,
          paint: {
            "line-color": c.cell,
            "line-width": 0.6,
            "line-opacity": ["interpolate", ["linear"], ["zoom"], 12.5, 0, 13.5, 0.4, 15, 0.8],
          },
        },
        common
      ),
      // neither by state (thousands of invisible lines are a tenth of a frame) nor by a filter
      // (another one, and every tile of the cells is read anew)
      { id: "cell-selected", type: "line", source: "cell-selected", paint: { "line-color": c.select, "line-width": 2.5 } },
    ];
  }

  function areaLayers(c, language) {
    const of = (k) => ["==", ["get", "kind"], k];
    const line = (id, k, width, dash, minzoom) => ({
      id,
      type: "line",
      source: "areas",
      "source-layer": "areas",
      minzoom,
      filter: of(k),
      paint: { "line-color": c.area, "line-width": width, "line-dasharray": dash, "line-opacity": 0.75 },
    });
    return [
      line("area-community", "community", 0.7, [2, 3], 12.5),
      line("area-street", "street", 1.2, [4, 3], 9),
      line("area-district", "district", 1.8, [6, 2], 5),
      label("water-name", "basemap", kind("sea", "water", "river"), language,
        { "text-size": zoomed(10, 11, 15, 15), "symbol-placement": "point", "text-letter-spacing": 0.15 },
        { "text-color": c.label_water }, 9, c),
      label("road-name", "basemap", kind("road_major", "road"), language,
        { "symbol-placement": "line", "text-size": 11, "symbol-spacing": 400 },
        { "text-color": c.label, "text-opacity": 0.75 }, 13, c),
      label("place-name", "basemap", kind("place"), language,
        { "text-size": zoomed(9, 12, 14, 15) }, {}, 8, c),
    ];
  }

  /** Names of one level of areas, between two zooms; a click on one opens the area. */
  function areaNames(id, level, [minzoom, maxzoom], sizes, c, language) {
    return {
      id,
      type: "symbol",
      source: "area-names",
      minzoom,
      maxzoom,
      filter: ["==", ["get", "kind"], level],
      layout: {
        "text-field": name(language),
        "text-font": [ns.FONT],
        "text-size": zoomed(...sizes),
        "text-letter-spacing": 0.08,
        "text-max-width": 8,
        "text-variable-anchor": ["center", "top", "bottom", "left", "right"],
        "text-radial-offset": 1.3,
      },
      paint: {
        "text-color": c.label,
        "text-opacity": 0.85,
        "text-halo-color": c.halo,
        "text-halo-width": 1.8,
      },
    };
  }

  function chosenArea(c) {
    const line = (id, colour, width, opacity) => ({
      id,
      type: "line",
      source: "areas",
      "source-layer": "areas",
      filter: ns.oneArea(null),
      layout: { "line-join": "round" },
      paint: { "line-color": colour, "line-width": width, "line-opacity": opacity },
    });
    const box = {
      id: "box",
      type: "line",
      source: "box",
      paint: { "line-color": c.select, "line-width": 2, "line-dasharray": [3, 2] },
    };
    return [box, line("area-chosen-halo", c.halo, 6, 0.6), line("area-chosen", c.select, 2.2, 0.9)];
  }

  /** How much larger a big screen writes and draws: its rem, which follows the screen. */
  ns.scale = () => Math.max(1, parseFloat(getComputedStyle(document.documentElement).fontSize) / 16);

  /** How much nearer a big screen has to come until texts beside marks have room: both are larger. */
  ns.nearer = Math.log2(ns.scale());

  /** A size of the style, so much larger; zooms stay what they are. */
  function larger(value, scale) {
    if (typeof value === "number") return value * scale;
    if (!Array.isArray(value) || !["interpolate", "step"].includes(value[0])) return value;
    const first = value[0] === "interpolate" ? 4 : 2; // the first output; then every second one
    return value.map((one, n) => (n >= first && (n - first) % 2 === 0 ? larger(one, scale) : one));
  }

  /** A layer whose texts and lines suit the screen. */
  ns.scaled = function (layer) {
    const scale = ns.scale();
    if (scale === 1) return layer;
    const sized = (of, names) => {
      const found = Object.assign({}, of);
      names.forEach((name) => name in found && (found[name] = larger(found[name], scale)));
      return found;
    };
    return Object.assign({}, layer, {
      layout: sized(layer.layout, ["text-size"]),
      paint: sized(layer.paint, ["line-width", "text-halo-width", "circle-radius", "circle-stroke-width"]),
    });
  };

  ns.FONT = '"Noto Sans CJK SC","Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif';
  ns.ofKind = kind;
  ns.oneArea = (code) => ["==", ["get", "code"], code === null ? "" : code];

  /** The style without marks: those are added when their images are drawn. */
  ns.mapStyle = function (config) {
    const c = ns.PALETTE;
    const empty = { type: "geojson", data: { type: "FeatureCollection", features: [] } };
    return {
      version: 8,
      sources: {
        basemap: tiles("basemap", 0, 14),
        cells: tiles("cells", 10, 14),
        areas: tiles("areas", 0, 14),
        box: empty,
        "area-names": empty,
        "cell-selected": Object.assign({ tolerance: 0 }, empty),
      },
      layers: [
        ...baseLayers(c),
        ...cellLayers(c),
        ...areaLayers(c, config.language),
        ...chosenArea(c),
        areaNames("area-name", "street", [10, 14.5], [10, 12, 14, 18], c, config.language),
        areaNames("area-name-small", "community", [13.5, 16.5], [13, 11, 16, 15], c, config.language),
      ].map(ns.scaled),
    };
  };
})();
