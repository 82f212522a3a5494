/* A project's actions, the door that opens one, and the strip of stages above the list. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const e = (...args) => window.React.createElement(...args);
  const { ProjectForm, Choice, bodyOf, formOf } = ns.projectForms;

  const drafts = new Map(); // what was typed, by project: a change from elsewhere must not erase it
  const notices = new Map(); // what became of the last action, by project

  const localNow = () => {
    const now = new Date();
    return new Date(now - now.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
  };

  /** What a form begins with: what is known already, and the time. */
  function started(action, facts) {
    return {
      open: action.verb, taken_at: localNow(), kind: facts.early ? "before" : "after",
      outfall_type: facts.type || "", water: facts.water || "", water_known: Boolean(facts.water), receives: facts.receives || "",
      target_class: facts.target_class || "",
    };
  }

  function ProjectActions(props) {
    const React = window.React;
    const { number, words, actions, choices } = props;
    if (!drafts.has(number)) drafts.set(number, { open: null });
    const draft = drafts.get(number);
    const [busy, setBusy] = React.useState(false);
    const [, again] = React.useReducer((n) => n + 1, 0);
    const change = (values) => {
      Object.assign(draft, values);
      again();
    };
    const setDraft = (next) => {
      drafts.set(number, next);
      again();
    };
    const notice = notices.get(number);
    const action = actions.find((one) => one.verb === draft.open);
    const submit = async (chosen) => {
      setBusy(true);
      const path = `/api/v1/projects/${encodeURIComponent(number)}/actions`;
      const body = bodyOf(chosen, draft, props.version);
      const photos = draft.photos || [];
      draft.key = draft.key || ns.newKey();
      let told = { good: false, text: words.not_sent };
      try {
        const answer = photos.length ? await ns.postForm(path, formOf(body, photos, draft.kind || "other"), draft.key)
          : await ns.postJson(path, body, draft.key);
        draft.key = undefined;
        const problem = (answer.told.errors || []).map((one) => one.reason).join(" ");
        told = answer.ok ? { good: true, text: ns.fill(words.done_verb, { verb: chosen.label }) }
          : { good: false, text: problem || answer.told.detail || words.failed };
        if (answer.ok) drafts.set(number, { open: null });
        if (answer.ok || answer.status === 409) props.setProps({ acted: Date.now() });
      } catch (error) {
        told = { good: false, text: words.not_sent };
      } finally {
        notices.clear();
        notices.set(number, told);
        setBusy(false);
      }
    };
    const press = (chosen) => {
      notices.clear();
      setDraft(draft.open === chosen.verb ? { open: null } : started(chosen, props.facts || {}));
    };
    return e(
      "section",
      { id: props.id, className: "cc-actions", "aria-label": words.actions },
      e("div", { className: "cc-buttons" },
        actions.map((one) =>
          e("button", { key: one.verb, type: "button", "data-verb": one.verb, disabled: busy, "aria-expanded": one.verb === draft.open,
            className: `cc-button ${one.main ? "strong" : ""} ${one.verb === draft.open ? "open" : ""}`, onClick: () => press(one) }, one.label)),
        !actions.length && e("p", { className: "cc-empty" }, words.no_actions)),
      action && e(ProjectForm, { action, draft, change, choices, words, busy, submit: () => submit(action), cancel: () => setDraft({ open: null }) }),
      e("p", { className: `cc-notice ${notice && !notice.good ? "bad" : ""}`, role: "status" }, notice && notice.text)
    );
  }

  function OpenForm({ words, kinds, departments, close, done }) {
    const React = window.React;
    const [draft, setDraft] = React.useState({ kind: "outfall" });
    const [notice, setNotice] = React.useState("");
    const set = (name) => (value) => setDraft({ ...draft, [name]: value });
    const text = (name, Tag, more) =>
      e("label", { className: "cc-field" }, e("span", null, words[`field_${name}`]),
        e(Tag, { name, value: draft[name] || "", onChange: (event) => set(name)(event.target.value), ...more }));
    const submit = async (event) => {
      event.preventDefault();
      const body = { kind: draft.kind, component: (draft.component || "").trim(), why: (draft.why || "").trim() };
      if (draft.department) body.department = draft.department;
      try {
        const { ok, told } = await ns.postJson("/api/v1/projects", body);
        if (ok) done(told.id);
        else setNotice(told.detail || words.failed);
      } catch (error) {
        setNotice(words.not_sent);
      }
    };
    return e(
      ns.Dialog,
      { id: "project-open", title: words.open_title, close },
      e("form", { className: "cc-device-form", onSubmit: submit },
        e(Choice, { label: words.kind, name: "kind", rows: kinds, value: draft.kind, onChange: set("kind"), words }),
        text("component", "input", { type: "text", maxLength: 64, required: true }),
        e(Choice, { label: words.field_department + words.optional, name: "department", rows: departments, value: draft.department, onChange: set("department"), words }),
        text("why", "textarea", { rows: 3, maxLength: 2000, required: true }),
        e("p", { className: "cc-notice bad", role: "status" }, notice),
        e("div", { className: "cc-buttons" },
          e("button", { type: "submit", className: "cc-button strong" }, words.open),
          e("button", { type: "button", className: "cc-button", onClick: close }, words.cancel)))
    );
  }

  /** Opens a project by hand. */
  function ProjectDoor(props) {
    const [open, setOpen] = window.React.useState(false);
    const { words, kinds, departments } = props;
    const done = (number) => {
      setOpen(false);
      props.setProps({ acted: Date.now() });
      ns.live.select({ kind: "project", id: number });
    };
    return e("div", { id: props.id, className: "cc-buttons" },
      e("button", { type: "button", id: "project-add", className: "cc-button", onClick: () => setOpen(true) }, words.open),
      open && e(OpenForm, { words, kinds, departments, close: () => setOpen(false), done }));
  }

  /** The stages with their counts: pressing one shows its projects only. */
  function Stages(props) {
    const { stages, value, label, setProps } = props;
    const rows = stages || [];
    return e(
      "div",
      { id: props.id, className: "cc-stage-strip", role: "group", "aria-label": label },
      rows.map((one) =>
        e("button", { key: one.value, type: "button", "data-stage": one.value, "aria-pressed": one.value === value, title: one.hint,
          className: one.count ? "" : "none", onClick: () => setProps({ value: one.value === value ? null : one.value }) },
          ns.marks.stageIcon(one.mark, one.mark.sign, false, "mark big"),
          e("b", null, one.count),
          e("span", null, one.label),
          one.late ? e("em", null, one.late) : null))
    );
  }

  Object.assign(ns, { ProjectActions, ProjectDoor, Stages });

  /** Keeps the filters in the address, so that a view of the list can be sent. */
  window.dash_clientside.cc_wall.keepProjectFilters = (show, kind, stage, department, text) => {
    const query = new URLSearchParams(location.search);
    const wanted = { show: show === "live" ? null : show, kind: kind === "any" ? null : kind, stage, department, q: text };
    for (const [key, value] of Object.entries(wanted)) {
      if (value === null || value === undefined || value === "") query.delete(key);
      else query.set(key, value);
    }
    const search = query.size ? `?${query}` : "";
    if (search !== location.search) history.replaceState(history.state, "", location.pathname + search);
    return window.dash_clientside.no_update;
  };
})();
