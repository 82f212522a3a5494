/* The fields of a project's forms: what a verb asks for, how it is shown, how it is sent. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const e = (...args) => window.React.createElement(...args);

  const number = { type: "number", step: "any", min: 0 };
  const instant = (text) => new Date(text).toISOString();

  // By what the table of moves says is needed: the fields, in order. `list`: chosen from choices.
  const FIELDS = {
    facts: [
      { name: "outfall_type", list: true },
      { name: "water", list: true },
      { name: "receives", optional: true },
      { name: "target_class", list: true },
    ],
    method: [{ name: "method", list: true }, { name: "into", when: (draft) => draft.method === "merge" }],
    cause: [{ name: "cause", area: true }],
    measures: [{ name: "measures", area: true }, { name: "reduce_to", input: { ...number, max: 99, step: 1 }, optional: true, sent: (text) => Number(text) / 100 }],
    sample: [
      { name: "taken_at", input: { type: "datetime-local" }, sent: instant },
      { name: "water", list: true, when: (draft) => !draft.water_known },
      { name: "laboratory", optional: true },
    ],
    source: [{ name: "source", list: true }, { name: "party" }, { name: "upstream", optional: true }],
    settles: [{ name: "settles", list: true, sent: Number }],
    item: [{ name: "item", list: true }, { name: "met", list: true, sent: (text) => text === "yes" }],
    department: [{ name: "department", list: true }],
    days: [{ name: "days", input: { ...number, step: 1, min: 1, max: 366 }, sent: Number }],
    ticket: [{ name: "ticket" }],
  };
  const WORDS = ["reason", "note"];
  // A word about it is welcome though none is asked for.
  const WELCOME = new Set(["check", "evidence", "sample", "source"]);
  const WITH_PHOTOS = new Set(["evidence", "check"]);

  function fieldsOf(action, draft) {
    const fields = action.needs.flatMap((need) => FIELDS[need] || []);
    return fields.filter((field) => !field.when || field.when(draft));
  }

  const asksFor = (action, need) => action.needs.includes(need);
  const asksForWords = (action) => WORDS.some((need) => asksFor(action, need));

  function isReady(action, draft) {
    if (asksForWords(action) && !(draft.why || "").trim()) return false;
    if (asksFor(action, "photos") && !(draft.photos || []).length) return false;
    if (asksFor(action, "sample") && !Object.values(draft.values || {}).some((text) => text !== "")) return false;
    return fieldsOf(action, draft).every((field) => field.optional || (draft[field.name] || "") !== "");
  }

  /** What is sent: texts as they are, numbers and times as the API wants them. */
  function bodyOf(action, draft, version) {
    const body = { verb: action.verb, version };
    if ((draft.why || "").trim()) body.why = draft.why.trim();
    for (const field of fieldsOf(action, draft)) {
      const text = (draft[field.name] || "").trim();
      if (text !== "") body[field.name] = field.sent ? field.sent(text) : text;
    }
    if (asksFor(action, "sample")) {
      const filled = Object.entries(draft.values || {}).filter(([, text]) => text !== "");
      body.values = Object.fromEntries(filled.map(([name, text]) => [name, Number(text)]));
    }
    return body;
  }

  /** With photos it goes as a form: values as JSON text, and what each photo is. */
  function formOf(body, photos, kind) {
    const form = new FormData();
    for (const [name, value] of Object.entries(body)) {
      form.append(name, typeof value === "object" ? JSON.stringify(value) : String(value));
    }
    const facts = photos.map((photo) => ({ kind, taken_at: new Date(photo.lastModified).toISOString() }));
    form.append("photo_facts", JSON.stringify(facts));
    form.append("phone_at", new Date().toISOString());
    photos.forEach((photo) => form.append("photos", photo));
    return form;
  }

  function Choice({ label, name, rows, value, onChange, words }) {
    return e("label", { className: "cc-field" }, e("span", null, label),
      e("select", { name, value: value || "", onChange: (event) => onChange(event.target.value) },
        e("option", { value: "" }, words.choose_one),
        rows.map((row) => e("option", { key: row.value, value: row.value }, row.label))));
  }

  function Field({ field, draft, change, choices, words }) {
    const { name } = field;
    const label = words[`field_${name}`] + (field.optional ? words.optional : "");
    const onChange = (value) => change({ [name]: value });
    if (field.list) return e(Choice, { label, name, rows: choices[name] || [], value: draft[name], onChange, words });
    const shared = { name, value: draft[name] || "", onChange: (event) => onChange(event.target.value) };
    return e("label", { className: "cc-field" }, e("span", null, label),
      field.area ? e("textarea", { ...shared, rows: 3, maxLength: 2000 })
        : e("input", { type: "text", maxLength: 300, ...shared, ...field.input }));
  }

  function Measured({ draft, change, choices }) {
    const set = (name) => (event) => change({ values: { ...(draft.values || {}), [name]: event.target.value } });
    return e("div", { className: "cc-values-in" },
      (choices.substances || []).map((one) =>
        e("label", { key: one.value, className: "cc-field" }, e("span", null, one.label),
          e("input", { ...number, name: `values.${one.value}`, value: (draft.values || {})[one.value] || "", onChange: set(one.value) }))));
  }

  function Photos({ draft, change, choices, words, required }) {
    return e("div", { className: "cc-two" },
      e("label", { className: "cc-field" }, e("span", null, words.field_photos + (required ? "" : words.optional)),
        e("input", { type: "file", name: "photos", accept: "image/*", multiple: true,
          onChange: (event) => change({ photos: [...event.target.files].slice(0, 3) }) })),
      e(Choice, { label: words.field_kind, name: "kind", rows: choices.kind || [], value: draft.kind,
        onChange: (kind) => change({ kind }), words }));
  }

  function ProjectForm({ action, draft, change, choices, words, busy, submit, cancel }) {
    const ready = isReady(action, draft);
    const typed = asksForWords(action);
    return e(
      "form",
      { className: "cc-form", "data-form": action.verb,
        onSubmit: (event) => {
          event.preventDefault();
          if (ready && !busy) submit();
        } },
      fieldsOf(action, draft).map((field) => e(Field, { key: field.name, field, draft, change, choices, words })),
      asksFor(action, "sample") && e(Measured, { draft, change, choices }),
      WITH_PHOTOS.has(action.verb) && e(Photos, { draft, change, choices, words, required: asksFor(action, "photos") }),
      (typed || WELCOME.has(action.verb)) &&
        e("label", { className: "cc-field" }, e("span", null, asksFor(action, "reason") ? words.field_reason : words.field_note + (typed ? "" : words.optional)),
          e("textarea", { name: "why", rows: 3, maxLength: 2000, value: draft.why || "", onChange: (event) => change({ why: event.target.value }) })),
      e("div", { className: "cc-buttons" },
        e("button", { type: "submit", className: "cc-button strong", disabled: !ready || busy }, ns.fill(words.confirm, { verb: action.label })),
        e("button", { type: "button", className: "cc-button", onClick: cancel }, words.cancel))
    );
  }

  ns.projectForms = { ProjectForm, Choice, bodyOf, formOf };
})();
