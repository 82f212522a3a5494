/* The form of a device, and its secret as it is shown once. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const e = (...args) => window.React.createElement(...args);

  const EMPTY = {
    device_id: "", name_zh: "", name_en: "", layer: "", model: "", interval_s: "60", metrics: [], lon: "", lat: "",
    crs: "EPSG:4326", component_code: "", mn: "", station_code: "", profile: "", station_password: "", attributes: "",
  };

  /** "warning_m = 3.5" a line -> {warning_m: 3.5}; a line without "=" is told by its number. */
  function readAttributes(text) {
    const found = {};
    text.split("\n").forEach((line) => {
      const [name, ...rest] = line.split(/[=＝]/);
      const value = rest.join("=").trim();
      if (!name.trim() || !value) return;
      found[name.trim()] = /^-?(0|[1-9]\d*)(\.\d+)?$/.test(value) ? Number(value) : value;
    });
    return found;
  }

  /** What the server takes. */
  function bodyOf(draft, known) {
    const body = Object.assign({}, draft, {
      interval_s: Number(draft.interval_s || NaN),
      lon: draft.lon === "" ? null : Number(draft.lon),
      lat: draft.lat === "" ? null : Number(draft.lat),
      attributes: readAttributes(draft.attributes),
    });
    if (known && known.has_password && !draft.station_password) delete body.station_password;
    return body;
  }

  function Field({ draft, change, errors, name, label, hint, ...rest }) {
    const wrong = errors[name];
    return e(
      "label",
      { className: wrong ? "cc-field wrong" : "cc-field" },
      e("span", null, label),
      e("input", Object.assign({
        name, value: draft[name], maxLength: 200, "aria-invalid": Boolean(wrong), placeholder: hint,
        autoComplete: "off", spellCheck: false, onChange: (event) => change({ [name]: event.target.value }),
      }, rest)),
      wrong && e("em", { role: "alert" }, wrong)
    );
  }

  function Select({ draft, change, errors, name, label, rows }) {
    const wrong = errors[name];
    return e(
      "label",
      { className: wrong ? "cc-field wrong" : "cc-field" },
      e("span", null, label),
      e("select", { name, value: draft[name], onChange: (event) => change({ [name]: event.target.value }) },
        rows.map((row) => e("option", { key: row.value, value: row.value }, row.label))),
      wrong && e("em", { role: "alert" }, wrong)
    );
  }

  function Metrics({ draft, change, errors, words, choices }) {
    const layer = choices.layers.find((one) => one.value === draft.layer);
    const own = new Set(layer ? layer.metrics : []);
    const toggle = (name) =>
      change({ metrics: draft.metrics.includes(name) ? draft.metrics.filter((one) => one !== name) : [...draft.metrics, name] });
    const box = (metric) =>
      e("label", { key: metric.value },
        e("input", { type: "checkbox", name: `metric-${metric.value}`, checked: draft.metrics.includes(metric.value),
          onChange: () => toggle(metric.value) }), metric.label);
    const others = choices.metrics.filter((one) => !own.has(one.value));
    return e(
      "fieldset",
      { className: errors.metrics ? "cc-metrics wrong" : "cc-metrics" },
      e("legend", null, words.form_metrics),
      e("div", { className: "cc-ticks" }, choices.metrics.filter((one) => own.has(one.value)).map(box)),
      e("details", { open: others.some((one) => draft.metrics.includes(one.value)) },
        e("summary", null, words.form_more_metrics), e("div", { className: "cc-ticks" }, others.map(box))),
      errors.metrics && e("em", { role: "alert" }, errors.metrics)
    );
  }

  function Place({ draft, change, errors, words, choices, config }) {
    const parts = { draft, change, errors };
    // the map is drawn once: its clicks are WGS-84, whatever was chosen before
    const place = draft.lon !== "" && draft.crs === "EPSG:4326" ? [Number(draft.lon), Number(draft.lat)] : null;
    return [
      e("div", { key: "fields", className: "cc-three" },
        e(Field, { ...parts, name: "lon", label: words.form_lon, inputMode: "decimal" }),
        e(Field, { ...parts, name: "lat", label: words.form_lat, inputMode: "decimal" }),
        e(Select, { ...parts, name: "crs", label: words.form_crs, rows: choices.crs })),
      e("p", { key: "hint", className: "cc-note" }, words.form_map),
      e(ns.PlacePicker, { key: "map", id: "device-map", config, place,
        setProps: ({ place: [lon, lat] }) => change({ lon: String(lon), lat: String(lat), crs: "EPSG:4326" }) }),
    ];
  }

  function Station({ draft, change, errors, words, choices, known }) {
    const parts = { draft, change, errors };
    const profiles = [{ value: "", label: words.form_profile_by_model }].concat(choices.profiles.map((one) => ({ value: one, label: one })));
    return e(
      "details",
      { className: "cc-more-fields", open: Boolean(draft.mn || draft.station_code) },
      e("summary", null, words.form_station),
      e("div", { className: "cc-two" },
        e(Field, { ...parts, name: "mn", label: words.form_mn, maxLength: 64 }),
        e(Field, { ...parts, name: "station_code", label: words.form_station_code, maxLength: 10 }),
        e(Select, { ...parts, name: "profile", label: words.form_profile, rows: profiles }),
        e(Field, { ...parts, name: "station_password", label: words.form_password, type: "password", autoComplete: "new-password",
          hint: known && known.has_password ? words.form_password_stays : "" }))
    );
  }

  /** `known` is a device to change, null for a new one. `done` is told what the server answered. */
  function DeviceForm({ id, config, words, choices, known, start, close, done }) {
    const React = window.React;
    const [draft, setDraft] = React.useState(Object.assign({}, EMPTY, known, start, { station_password: "" }));
    const [errors, setErrors] = React.useState({});
    const [notice, setNotice] = React.useState("");
    const [busy, setBusy] = React.useState(false);
    const change = (values) => setDraft((before) => Object.assign({}, before, values));
    const parts = { draft, change, errors };
    const submit = async (event) => {
      event.preventDefault();
      if (busy) return;
      setBusy(true);
      try {
        const path = "/api/v1/devices" + (known ? `/${encodeURIComponent(known.device_id)}` : "");
        const { ok, told } = await ns.postJson(path, bodyOf(draft, known));
        if (ok) return done(told);
        const found = {};
        (told.errors || []).forEach((one) => (found[one.field.split(".")[0].split(",")[0]] = one.reason));
        setErrors(found);
        setNotice(told.detail || words.form_failed);
      } catch (error) {
        setNotice(words.form_not_sent);
      } finally {
        setBusy(false);
      }
      return undefined;
    };
    const title = known ? ns.fill(words.form_edit, { id: known.device_id }) : words.form_new;
    const layers = [{ value: "", label: "–" }].concat(choices.layers);
    return e(
      ns.Dialog,
      { id, title, close, wide: true },
      e(
        "form",
        { className: "cc-device-form", onSubmit: submit, noValidate: true },
        e("div", { className: "cc-two" },
          !known && e(Field, { ...parts, name: "device_id", label: words.form_id, hint: words.form_id_hint, maxLength: 64, autoFocus: true }),
          e(Field, { ...parts, name: "model", label: words.form_model, list: `${id}-models`, maxLength: 100 }),
          e("datalist", { id: `${id}-models` }, choices.models.map((one) => e("option", { key: one, value: one }))),
          e(Field, { ...parts, name: "name_zh", label: words.form_name_zh }),
          e(Field, { ...parts, name: "name_en", label: words.form_name_en }),
          e(Select, { ...parts, name: "layer", label: words.form_layer, rows: layers }),
          e(Field, { ...parts, name: "interval_s", label: words.form_interval, inputMode: "decimal" })),
        e(Metrics, { ...parts, words, choices }),
        e(Place, { ...parts, words, choices, config }),
        e(Station, { ...parts, words, choices, known }),
        e(Field, { ...parts, name: "component_code", label: words.form_component, maxLength: 64 }),
        e("label", { className: "cc-field" }, e("span", null, words.form_attributes),
          e("textarea", { name: "attributes", rows: 4, maxLength: 8000, value: draft.attributes, spellCheck: false,
            onChange: (event) => change({ attributes: event.target.value }) })),
        e("p", { className: "cc-notice bad", role: "status" }, notice),
        e("div", { className: "cc-buttons" },
          e("button", { type: "submit", className: "cc-button strong", disabled: busy }, words.form_save),
          e("button", { type: "button", className: "cc-button", onClick: close }, words.form_cancel))
      )
    );
  }

  /** The secret, once; closing it needs the button, not a stray key. */
  function SecretShown({ told, words, renewed, close }) {
    const { secret, device_id: device, connection } = told;
    const example = connection.example.replace(/\bSECRET\b/, secret);
    const line = (label, text) => e(ns.Copyable, { key: label, label, text, words });
    return e(
      ns.Dialog,
      { id: "secret", title: ns.fill(words.secret_title, { id: device }), wide: true },
      e("p", { className: "cc-once", role: "alert" }, words.secret_once),
      renewed && e("p", { className: "cc-why" }, words.secret_old),
      line(words.secret_secret, secret),
      line(words.secret_user, device),
      line(words.secret_broker, connection.broker || words.secret_broker_unknown),
      line(words.secret_topic, connection.topic),
      line(words.secret_message, connection.message),
      line(words.secret_example, example),
      e("div", { className: "cc-buttons" },
        e("button", { type: "button", className: "cc-button strong", onClick: close }, words.secret_done))
    );
  }

  Object.assign(ns, { DeviceForm, SecretShown });
})();
