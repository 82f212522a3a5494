// Where it is: found by the phone, tapped on the map, or chosen from the list of communities.
import { byId, data, show, t, tell } from "./common.mjs";
import { PlaceMap } from "./map.mjs";

const NEAR_M = 1200;
const COMMUNITY_M = 2500;

export class Place {
  constructor() {
    this.at = null; // {lon, lat, accuracy, by}
    this.map = null;
    byId("locate").addEventListener("click", () => this.locate());
    byId("by-hand").addEventListener("click", () => this.#openList());
    byId("community").addEventListener("change", (event) => this.#choose(event.target.value));
  }

  async start() {
    const drawn = this.#draw();
    this.locate();
    await drawn;
  }

  locate() {
    if (!("geolocation" in navigator) || !window.isSecureContext) {
      this.#lost(t("not_located"));
      return;
    }
    this.#told(t("locating"), "");
    navigator.geolocation.getCurrentPosition(
      (found) => this.#found(found.coords),
      (error) => this.#lost(t(error.code === 1 ? "denied" : "not_located")),
      { enableHighAccuracy: true, timeout: 8_000, maximumAge: 30_000 },
    );
  }

  #found({ longitude, latitude, accuracy }) {
    if (data.bbox && !inside(data.bbox, longitude, latitude)) {
      this.#lost(t("outside"));
      return;
    }
    this.at = { lon: longitude, lat: latitude, accuracy, by: "phone" };
    this.#told(t("located", { metres: Math.max(1, Math.round(accuracy)) }), "good");
    this.#mark(NEAR_M);
  }

  #lost(text) {
    if (this.at) return;
    this.#told(text, "warn");
    this.#openList(true);
  }

  #told(text, look) {
    const told = byId("place-told");
    told.className = `place-told ${look}`;
    told.querySelector("span").textContent = text;
    tell(byId("place-trouble"), "");
  }

  #openList(open = byId("by-hand-box").hidden) {
    show(byId("by-hand-box"), open);
    byId("by-hand").setAttribute("aria-expanded", String(open));
  }

  #choose(code) {
    const place = this.places?.find((one) => one.code === code);
    if (!place) return;
    const [lon, lat] = place.at;
    this.at = { lon, lat, accuracy: null, by: "community" };
    this.#told(t("placed_community", { name: place.name[data.language] }), "good");
    this.#mark(COMMUNITY_M);
  }

  #mark(metres) {
    if (this.map && this.at) this.map.set(this.at.lon, this.at.lat, metres);
  }

  async #draw() {
    if (!data.bbox) return;
    let answer;
    try {
      answer = await (await fetch("/api/v1/places")).json();
    } catch {
      return; // offline and never opened before: position by the phone only
    }
    this.places = answer.places;
    const list = byId("community");
    for (const street of this.places.filter((one) => one.kind === "street")) {
      const group = document.createElement("optgroup");
      group.label = street.name[data.language];
      for (const one of this.places.filter((it) => it.parent === street.code)) {
        group.append(new Option(one.name[data.language], one.code));
      }
      if (group.children.length) list.append(group);
    }
    const box = byId("map");
    show(box, true);
    show(byId("map-hint"), true);
    this.map = new PlaceMap(box, {
      bbox: data.bbox,
      places: this.places,
      ground: answer.ground,
      language: data.language,
      label: t("map_name"),
      zoom: [t("zoom_in"), t("zoom_out")],
      picked: (lon, lat) => {
        this.at = { lon, lat, accuracy: null, by: "map" };
        this.#told(t("placed"), "good");
      },
    });
    this.#mark(NEAR_M);
  }
}

function inside([west, south, east, north], lon, lat) {
  return lon >= west && lon <= east && lat >= south && lat <= north;
}
