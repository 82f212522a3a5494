/* Projects beside the map: their stages in the legend, who has how many where, the most urgent. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const e = (...args) => window.React.createElement(...args);

  const LISTED = 60;

  /** The stages as the layer that shows projects draws them. */
  function stagesOf(config) {
    const layer = config.layers.find((one) => (one.projects || []).length);
    return layer ? layer.projects : [];
  }

  function stageMark(config, code, late, className) {
    const stage = stagesOf(config).find((one) => one.code === code);
    return stage ? ns.marks.stageIcon(stage, ns.pick(stage, "sign", config.language), late, className) : null;
  }

  const stageName = (config, project) =>
    ((config.project_stages || {})[project.kind] || {})[project.stage] || project.stage;

  function counted(projects) {
    const counts = new Map();
    for (const project of projects) {
      const row = counts.get(project.stage) || { all: 0, late: 0 };
      row.all += 1;
      if (live.overdue(project)) row.late += 1;
      counts.set(project.stage, row);
    }
    return counts;
  }

  /** A stage's mark, its name, and how many projects are there; leads to them. */
  function ProjectLegend({ config }) {
    ns.useLive("lists", "second");
    const counts = counted(live.projects.values());
    if (!counts.size) return null;
    const href = (code) => config.links.projects && `${config.links.projects}?stage=${code}`;
    return e(
      "section",
      null,
      e("h2", null, config.words.projects),
      e(
        "ul",
        { className: "cc-stages", "aria-label": config.words.projects },
        stagesOf(config).map((stage) => {
          const count = counts.get(stage.code) || { all: 0, late: 0 };
          const body = [
            e(window.React.Fragment, { key: "m" }, stageMark(config, stage.code, false)),
            e("span", { key: "n" }, ns.pick(stage, "name", config.language)),
            count.late > 0 && e("em", { key: "l" }, ns.fill(config.words.late_count, { n: count.late })),
            e("b", { key: "b" }, count.all),
          ];
          return e("li", { key: stage.code, "data-stage": stage.code, className: count.all ? "" : "none" },
            e(href(stage.code) ? "a" : "div", { href: href(stage.code) }, body));
        })
      )
    );
  }

  /** All projects that are shown, or those of one kind. */
  const ofKind = (kind) => [...live.projects.values()].filter((one) => !kind || one.kind === kind);

  /** Who has how many projects in which stage. */
  function ProjectBoard({ id, config, kind }) {
    ns.useLive("lists", "second");
    const owners = new Map();
    const shown = ofKind(kind);
    for (const project of shown) {
      const owner = owners.get(project.department_id) || { project, rows: [] };
      owner.rows.push(project);
      owners.set(project.department_id, owner);
    }
    if (!owners.size) return e("p", { id, className: "cc-empty" }, config.words.projects_none);
    const stages = stagesOf(config).filter((stage) => shown.some((one) => one.stage === stage.code));
    const link = (department, stage) =>
      config.links.projects && `${config.links.projects}?department=${department}&stage=${stage}${kind ? `&kind=${kind}` : ""}`;
    return e(
      "table",
      { id, className: "cc-board" },
      e("thead", null, e("tr", null,
        e("th", { scope: "col" }, config.words.projects_owner),
        stages.map((stage) => e("th", { key: stage.code, scope: "col", title: ns.pick(stage, "name", config.language) },
          stageMark(config, stage.code, false), e("span", { className: "cc-sr" }, ns.pick(stage, "name", config.language)))))),
      e("tbody", null,
        [...owners.entries()].sort((a, b) => b[1].rows.length - a[1].rows.length).map(([department, owner]) => {
          const counts = counted(owner.rows);
          return e("tr", { key: department },
            e("th", { scope: "row" }, ns.pick(owner.project, "department", config.language)),
            stages.map((stage) => {
              const count = counts.get(stage.code);
              const href = count && link(department, stage.code);
              return e("td", { key: stage.code, className: count && count.late ? "late" : "" },
                count ? e(href ? "a" : "span", { href }, count.all) : "·");
            }));
        }))
    );
  }

  function byUrgency(a, b) {
    const over = (row) => (row.stage === "done" ? 1 : 0);
    return over(a) - over(b) || (a.due_at || Infinity) - (b.due_at || Infinity) || a.id - b.id;
  }

  /** The projects, the most urgent first; one that is pressed opens at the side. */
  function ProjectList({ id, config, kind, most }) {
    ns.useLive("lists", "second");
    const rows = ofKind(kind).sort(byUrgency).slice(0, most || LISTED);
    return e(
      "ol",
      { id, className: "cc-device-list" },
      rows.map((project) =>
        e("li", { key: project.id },
          e("button", { type: "button", "data-project": project.number,
            onClick: () => live.select({ kind: "project", id: project.number }) },
            stageMark(config, project.stage, live.overdue(project)),
            e("span", { className: "title" }, ns.pick(project, "name", config.language)),
            e("span", { className: live.overdue(project) ? "cc-due red" : "cc-due" }, stageName(config, project)))))
    );
  }

  function StageMark({ look }) {
    return look ? ns.marks.stageIcon(look, look.sign, look.late, "mark huge") : null;
  }

  Object.assign(ns, { StageMark, stageMark, stageName, ProjectLegend, ProjectBoard, ProjectList });
})();
