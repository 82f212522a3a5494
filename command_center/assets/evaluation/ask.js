/* A form of plain fields that asks for the same page again: its address can be sent. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const e = (...args) => window.React.createElement(...args);

  function Field({ field }) {
    const name = { name: field.name, defaultValue: field.value || "", "aria-label": field.label };
    const control = field.options
      ? e("select", { ...name, onChange: (event) => event.target.form.requestSubmit() },
          field.options.map((one) => e("option", { key: one.value, value: one.value }, one.label)))
      : e("input", { ...name, type: "date", min: field.min, max: field.max, required: true });
    return e("label", { className: "cc-field" }, e("span", null, field.label), control);
  }

  /** `kept` are fields that stay as they are; empty ones are not sent. */
  function Ask({ id, action, fields, kept, send }) {
    const tidy = (event) => {
      for (const one of event.target.elements) if (one.name && !one.value) one.disabled = true;
    };
    return e(
      "form",
      { id, method: "get", action, className: "cc-ask", onSubmit: tidy },
      Object.entries(kept).map(([name, value]) => e("input", { key: name, type: "hidden", name, value })),
      fields.map((field) => e(Field, { key: `${field.name}=${field.value}`, field })),
      e("button", { type: "submit", className: "cc-button" }, send)
    );
  }

  Object.assign(ns, { Ask });
})();
