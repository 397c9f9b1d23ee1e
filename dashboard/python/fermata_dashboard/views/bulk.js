// One verb on all jobs that a filter lets through: tried first, then done, with what became of each.
import { html, useEffect, useRef, useState } from "../lib/html.js";
import { post } from "../lib/api.js";
import { WORDS, count, many } from "../lib/format.js";
import { go, jobAddress, to } from "../lib/router.js";
import { barred } from "../lib/session.js";
import { HoldFields, holdOf } from "../parts/acts.js";
import { Button, Empty, Field, Head, Panel, Status, Trouble } from "../parts/basics.js";
import { Icon } from "../parts/icons.js";
import { asked } from "./jobs.js";

const VERBS = { pause: ["Pause", "paused"], resume: ["Resume", "resumed"], cancel: ["Cancel", "cancelled"], retry: ["Retry", "retried"] };
const NAMES = { "held true": "a hold", "held false": "no hold", "failed_units true": "failed units", "failed_units false": "no failed unit" };
const PAGE = 100;
const SHOWN = 200;

/** The filter of the address, as the routes take it; `q` and the like are not for the server. */
export function filterOf(query) {
  const { filter } = asked(query);
  const given = Object.entries(filter).filter(([, value]) => value !== null && value !== "" && !(Array.isArray(value) && !value.length));
  return Object.fromEntries(given.map(([name, value]) => [name, ["held", "failed_units"].includes(name) ? value === "true" : value]));
}

export function Bulk({ query }) {
  const verb = query.get("verb") ?? "pause";
  const filter = filterOf(query), ids = query.getAll("id");
  const key = `${verb} ${JSON.stringify([filter, ids])}`;
  const [state, setState] = useState({ phase: "trying", outcomes: [], error: null });
  const stop = useRef(false);
  const form = useRef(null);
  const keep = Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name)]));

  const through = async (body, taken) => {
    let cursor = null, outcomes = [];
    do {
      const which = ids.length ? { ids: ids.slice(outcomes.length, outcomes.length + PAGE) } : { filter, limit: PAGE, ...(cursor && { cursor }) };
      const page = await post(`/api/v1/jobs/${verb}`, { ...which, ...body });
      outcomes = [...outcomes, ...page.outcomes];
      cursor = ids.length ? outcomes.length < ids.length : page.next_cursor;
      taken(outcomes);
    } while (cursor && !stop.current);
    return outcomes;
  };
  useEffect(() => {
    let current = true;
    stop.current = false;
    setState({ phase: "trying", outcomes: [], error: barred() && new Error(barred()) });
    if (barred()) return undefined;
    through({ dry_run: true }, (outcomes) => { if (current) setState({ phase: "trying", outcomes, error: null }); else stop.current = true; })
      .then((outcomes) => current && setState({ phase: "tried", outcomes, error: null }), (error) => current && setState({ phase: "failed", outcomes: [], error }));
    return () => { current = false; };
  }, [key]);

  const act = async () => {
    stop.current = false;
    const given = new FormData(form.current);
    const body = verb === "pause" ? holdOf(given) : verb === "cancel" && given.get("reason").trim() ? { reason: given.get("reason").trim() } : {};
    const whole = state.outcomes.filter((one) => one.outcome === "would be done").length;
    setState({ phase: "doing", outcomes: [], whole, error: null });
    try {
      const outcomes = await through(body, (outcomes) => setState({ phase: "doing", outcomes, whole, error: null }));
      setState({ phase: stop.current ? "stopped" : "done", outcomes, whole, error: null });
    } catch (error) {
      setState((before) => ({ ...before, phase: "failed", error }));
    }
  };
  const by = (outcome) => state.outcomes.filter((one) => one.outcome === outcome);
  const able = by("would be done"), done = by("done"), not = state.outcomes.filter((one) => ["refused", "failed"].includes(one.outcome));
  const words = Object.entries(filter).map(([name, value]) => NAMES[`${name} ${value}`] ?? `${name} ${[value].flat().map((one) => WORDS[one] ?? String(one)).join(" or ")}`);
  const back = ids.length ? to("/jobs") : to("/jobs", { ...keep, verb: "" });
  const acting = ["doing", "done", "stopped"].includes(state.phase);
  return html`<${Head} title="Act on many jobs" crumb=${html`<a class="crumb" href=${back}><${Icon} name="back" />Jobs</a>`} sub=${ids.length ? `${many(ids.length, "job")} that you chose` : words.length ? `Those with ${words.join(", ")}` : "All jobs of the tenant that it can mean"} />
    <div class="overview">
      <${Panel} title="What to do" id="what"><form ref=${form} class="stack" onSubmit=${(event) => { event.preventDefault(); act(); }}>
        <div class="chips" role="group" aria-label="Verb">${Object.entries(VERBS).map(([name, [title]]) => html`<button type="button" class="chip" aria-pressed=${verb === name} disabled=${state.phase === "doing"} onClick=${() => go(to("/bulk", { ...keep, verb: name }), { replace: true })}>${title}</button>`)}</div>
        ${verb === "pause" && html`<${HoldFields} />`}
        ${verb === "cancel" && html`<${Field} name="reason" label="Reason"><input id="reason" name="reason" maxlength="500" autocomplete="off" /><//>`}
        <${Trouble} error=${state.error} />
        <div class="actions">
          ${state.phase === "doing" ? html`<${Button} onClick=${() => { stop.current = true; }}>Stop after this page<//>`
            : html`<button class=${`button primary${verb === "cancel" ? " danger" : ""}`} disabled=${state.phase !== "tried" || !able.length || Boolean(barred())} title=${barred()}>${state.phase === "trying" ? "Looking…" : `${VERBS[verb][0]} ${many(able.length, "job")}`}</button>`}
          ${acting && state.phase !== "doing" && html`<a class="button" href=${back}>Back to the jobs</a>`}
        </div></form><//>
      <${Panel} title=${acting ? "What became of it" : "What would happen"} id="would"><div class="stack" role="status">
        ${!acting && html`<p class="sentence"><b class="num">${count(able.length)}</b> would be ${VERBS[verb][1]}${not.length ? html`, <b class="num">${count(not.length)}</b> would be refused` : ""}. Nothing has happened yet.</p>`}
        ${acting && html`<p class="sentence"><b class="num">${count(done.length)}</b> of ${count(state.whole)} ${VERBS[verb][1]}${not.length ? html`, <b class="num">${count(not.length)}</b> not` : ""}${state.phase === "doing" ? "…" : state.phase === "stopped" ? ". You stopped it." : "."}</p>
          <svg class="bar tall" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label=${`${done.length} of ${state.whole}`}><rect class="done" width=${state.whole ? (done.length / state.whole) * 100 : 100} height="6" /></svg>`}
      </div><//>
    </div>
    ${state.outcomes.length > 0 ? html`<div class="panel flush spaced"><div class="body scroll" tabindex="0" role="group" aria-label="Outcome of each job"><table><thead><tr><th>Job</th><th>Status</th><th>Outcome</th><th>Why not</th></tr></thead>
      <tbody>${[...not, ...done, ...able].slice(0, SHOWN).map((one) => html`<tr key=${one.job_id}><td class="mono"><a href=${jobAddress(one.job_id)}>${one.job_id}</a></td><td>${one.status && html`<${Status} of=${one.status} />`}</td>
        <td><${Status} of=${{ done: "completed", "would be done": "pending" }[one.outcome] ?? "failed"}>${{ done: "Done", "would be done": "Would be done", refused: "Refused", failed: "Failed; try again" }[one.outcome]}<//></td><td class="break">${one.error ?? ""}</td></tr>`)}</tbody></table></div></div>
      ${state.outcomes.length > SHOWN && html`<p class="muted small">${count(SHOWN)} of ${count(state.outcomes.length)} are shown.</p>`}`
      : state.phase === "tried" && html`<${Empty} icon="search" title="No job can be meant">None that matches can be ${VERBS[verb][1]} now.<//>`}`;
}
