/* Adding devices by a form or from a file, and what can be done to one of them. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const e = (...args) => window.React.createElement(...args);

  /** The secrets of an import as a file for the person: device_id,secret. */
  function saveSecrets(secrets) {
    const lines = ["device_id,secret"].concat(Object.entries(secrets).map(([id, secret]) => `${id},${secret}`));
    const address = URL.createObjectURL(new Blob([lines.join("\r\n") + "\r\n"], { type: "text/csv" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = "device-secrets.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  }

  function Refused({ told, words }) {
    const rows = told.refused || [];
    if (!rows.length) return null;
    const hidden = told.reasons - rows.length;
    return e(
      "div",
      { className: "cc-refused" },
      e("table", null,
        e("thead", null, e("tr", null, [words.upload_row, words.upload_field, words.upload_reason].map((head) =>
          e("th", { key: head, scope: "col" }, head)))),
        e("tbody", null, rows.map((row, index) =>
          e("tr", { key: index }, e("td", null, row.row), e("td", null, row.field), e("td", null, row.reason))))),
      hidden > 0 && e("p", { className: "cc-note" }, ns.fill(words.upload_more, { n: hidden }))
    );
  }

  function Upload({ words, choices, close, done }) {
    const React = window.React;
    const [state, setState] = React.useState({ busy: false, told: null, ok: false });
    const submit = async (event) => {
      event.preventDefault();
      const form = new FormData(event.currentTarget);
      setState({ busy: true, told: null, ok: false });
      try {
        const { ok, told } = await ns.postForm("/api/v1/device-imports", form);
        setState({ busy: false, told, ok });
        if (ok) done();
      } catch (error) {
        setState({ busy: false, told: { detail: words.form_not_sent }, ok: false });
      }
    };
    const { told, ok, busy } = state;
    const made = (ok && told.secrets) || {};
    const count = Object.keys(made).length;
    const text = busy ? words.upload_busy : ok ? ns.fill(words.upload_done, { n: told.imported, new: count })
      : told && (told.detail || words.form_failed);
    return e(
      ns.Dialog,
      { id: "upload", title: words.upload_title, close: count ? undefined : close, wide: true },
      e("p", { className: "cc-why" }, words.upload_told),
      e("p", { className: "cc-note" }, words.upload_columns),
      e(
        "form",
        { className: "cc-device-form", onSubmit: submit },
        e("div", { className: "cc-two" },
          e("label", { className: "cc-field" }, e("span", null, words.upload_file),
            e("input", { type: "file", name: "file", accept: ".csv,.geojson,.json,.gpkg,.zip,.parquet" })),
          e("label", { className: "cc-field" }, e("span", null, words.upload_crs),
            e("select", { name: "crs", defaultValue: "" }, e("option", { value: "" }, "–"),
              choices.crs.map((row) => e("option", { key: row.value, value: row.value }, row.label))))),
        e("p", { className: `cc-notice ${told && !ok ? "bad" : ""}`, role: "status" }, text),
        told && !ok && e(Refused, { told, words }),
        e("div", { className: "cc-buttons" },
          count > 0 && e("button", { type: "button", className: "cc-button strong", onClick: () => saveSecrets(made) }, words.upload_secrets),
          !ok && e("button", { type: "submit", className: "cc-button strong", disabled: busy }, words.upload_send),
          e("button", { type: "button", className: "cc-button", onClick: close }, words.form_close))
      )
    );
  }

  /** The buttons above the list. `first` {device_id}: the form opens at once, e.g. from quarantine. */
  function DeviceDoors(props) {
    const React = window.React;
    const { config, words, choices } = props;
    const [open, setOpen] = React.useState(props.first ? "form" : null);
    const [secret, setSecret] = React.useState(null);
    const close = () => setOpen(null);
    const acted = () => props.setProps({ acted: Date.now() });
    return e(
      "div",
      { id: props.id, className: "cc-buttons" },
      e("button", { type: "button", id: "device-add", className: "cc-button strong", onClick: () => setOpen("form") }, words.add),
      e("button", { type: "button", id: "device-upload", className: "cc-button", onClick: () => setOpen("file") }, words.upload),
      open === "form" &&
        e(ns.DeviceForm, { id: "device-new", config, words, choices, known: null, start: props.first, close,
          done: (told) => {
            close();
            setSecret(told);
            acted();
          } }),
      open === "file" && e(Upload, { words, choices, close, done: acted }),
      secret && e(ns.SecretShown, { told: secret, words, close: () => setSecret(null) })
    );
  }

  function Ask({ id, text, yes, no, busy, confirm, close }) {
    return e(
      ns.Dialog,
      { id, title: yes, close },
      e("p", null, text),
      e("div", { className: "cc-buttons" },
        e("button", { type: "button", className: "cc-button strong", disabled: busy, onClick: confirm }, yes),
        e("button", { type: "button", className: "cc-button", onClick: close }, no))
    );
  }

  function DeviceActions(props) {
    const React = window.React;
    const { config, words, choices, device } = props;
    const [open, setOpen] = React.useState(null);
    const [secret, setSecret] = React.useState(null);
    const [notice, setNotice] = React.useState("");
    const [busy, setBusy] = React.useState(false);
    const close = () => setOpen(null);
    const acted = () => props.setProps({ acted: Date.now() });
    const post = async (what) => {
      setBusy(true);
      try {
        const { ok, told } = await ns.postJson(`/api/v1/devices/${encodeURIComponent(device.device_id)}/${what}`, {});
        setNotice(ok ? "" : told.detail || words.form_failed);
        close();
        if (ok && what === "secret") setSecret(told);
        else if (ok) acted();
      } catch (error) {
        setNotice(words.form_not_sent);
        close();
      } finally {
        setBusy(false);
      }
    };
    const switched = device.disabled ? "enable" : "disable";
    const button = (name, act) =>
      e("button", { type: "button", key: name, "data-act": name, className: "cc-button", onClick: act }, words[name]);
    const ask = (name, what) =>
      e(Ask, { id: "ask", text: ns.fill(words[`${name}_ask`], { id: device.device_id }), yes: words[name], no: words.form_cancel,
        busy, confirm: () => post(what), close });
    return e(
      "section",
      { id: props.id, className: "cc-actions", "aria-label": words.actions },
      e("div", { className: "cc-buttons" },
        button("edit", () => setOpen("edit")), button("renew", () => setOpen("renew")), button(switched, () => setOpen(switched)),
        device.blocked && button("let_in", () => post("let-in"))),
      e("p", { className: "cc-notice bad", role: "status" }, notice),
      open === "edit" &&
        e(ns.DeviceForm, { id: "device-edit", config, words, choices, known: device, close,
          done: () => {
            close();
            acted();
          } }),
      open === "renew" && ask("renew", "secret"),
      open === switched && ask(switched, switched),
      secret &&
        e(ns.SecretShown, { told: secret, words, renewed: true, close: () => setSecret(null) })
    );
  }

  Object.assign(ns, { DeviceDoors, DeviceActions });
})();
