// Start a job: a form made from its kind's schema, with files dropped in.
import { html, useEffect, useMemo, useState } from "../lib/html.js";
import { get, jobPath, patch, post } from "../lib/api.js";
import { bytes, many, spaced } from "../lib/format.js";
import { useKinds } from "../lib/kinds.js";
import { go, jobAddress, to } from "../lib/router.js";
import { fieldsOf, fileNamed, meant, shown } from "../lib/schema.js";
import { barred } from "../lib/session.js";
import { DAYS, HERE, OFTEN, chosen, expressionOf, spoken } from "../lib/times.js";
import { Button, Empty, Head, Note, Trouble, say } from "../parts/basics.js";
import { Icon } from "../parts/icons.js";

const MOST = 4_500_000;
const ENGINE = [
  { name: "workspace", label: "Workspace", hint: "Where it keeps what it makes; “default” unless told otherwise.", control: "text" },
  { name: "limit", label: "Chunks at a time", hint: "How many chunks of its units may run side by side.", control: "number", step: 1, minimum: 1, maximum: 1000 },
  { name: "rate", label: "Units a minute", hint: "That may start, in all its workers together.", control: "number", step: 1, minimum: 1 },
  { name: "rate_key", label: "Shared rate", hint: "Jobs that name the same key share the rate, for instance a provider's account.", control: "text" },
  { name: "priority", label: "Priority", hint: "0 to 9, 5 unless told otherwise: how much it gets of the workers while others wait.", control: "number", step: 1, minimum: 0, maximum: 9 },
  { name: "timeout", label: "Seconds at work, at most", hint: "Paused time does not count.", control: "number", step: "any", minimum: 1 },
  { name: "max_failed_share", label: "Pause from this share of failures on", hint: "Between 0 and 1; it then waits for you.", control: "number", step: "any", minimum: 0, maximum: 1 },
  { name: "labels", label: "Labels", hint: "To find it by, as team=data.", control: "lines" },
];
const AFTER = [
  { name: "after", label: "Starts after", hint: "Ids of jobs; it is held until each of them has completed.", control: "lines" },
  { name: "on_failure", label: "If one of those does not complete", control: "choice", choices: ["hold", "start", "cancel"], initial: "hold", hint: "hold: it stays held; start: it starts all the same; cancel: it is cancelled." },
];
const WHEN = [
  { name: "overlap", label: "While the job of a time before is open", control: "choice", choices: ["skip", "queue", "allow", "cancel"], initial: "skip", hint: "skip: the time is left out; queue: one job starts after it; allow: it starts beside it; cancel: the old one is cancelled." },
  { name: "catch_up", label: "Of times that were missed", control: "choice", choices: ["none", "last", "all"], initial: "none", hint: "More than 15 minutes late: none of them is made up for, the last one, or all." },
];
const TELLS = [
  { name: "notify", label: "Tell", hint: "Https addresses, or ids of webhooks; at most 5.", control: "lines" },
  { name: "tell_of", label: "Of what", control: "choice", choices: ["ends", "troubles", "all"], initial: "ends", texts: { ends: "How it ended, and that it waits for a review", troubles: "Only that it failed, or ran out of time", all: "All that happens to it" } },
  { name: "tell_as", label: "As", control: "choice", choices: ["json", "slack"], initial: "json", texts: { json: "The event as JSON, signed", slack: "A message that Slack shows" } },
];
const TOLD_OF = { troubles: ["job.failed", "job.timed_out"], all: ["job.*"] };

/** Who is told, as the routes take it. */
const notifyOf = ({ notify, tell_of: of, tell_as: format }) =>
  notify?.map((line) => ({ ...(/^https?:/i.test(line) ? { url: line } : { webhook: line }), ...(TOLD_OF[of] && { events: TOLD_OF[of] }), ...(format && { format }) }));

/** Labels as lines, and back. */
const labelLines = (labels) => Object.entries(labels ?? {}).filter(([name]) => name !== "schedule").map(([name, value]) => (value ? `${name}=${value}` : name));
const labelsOf = (lines) => Object.fromEntries((lines ?? []).map((line) => { const [name, value] = line.split(/=(.*)/s); return [name.trim(), (value ?? "").trim()]; }));
const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export function Start({ query }) {
  const kinds = useKinds();
  const [like, setLike] = useState(null);
  const [schedule, setSchedule] = useState(null);
  const likeId = query.get("like"), scheduleId = query.get("schedule");
  useEffect(() => {
    if (likeId) get(jobPath(likeId)).then(setLike, (error) => say(error.message, "failed"));
    else setLike(null);
  }, [likeId]);
  useEffect(() => {
    if (scheduleId) get(`/api/v1/schedules/${encodeURIComponent(scheduleId)}`).then(setSchedule, (error) => say(error.message, "failed"));
    else setSchedule(null);
  }, [scheduleId]);
  const name = query.get("kind") ?? like?.kind ?? schedule?.job.kind;
  const timed = query.get("when") === "schedule" || Boolean(scheduleId);
  const title = scheduleId ? "Change a schedule" : timed ? "New schedule" : "Start a job";
  if (!kinds || (likeId && !like) || (scheduleId && !schedule)) return html`<${Head} title=${title} />`;
  if (!name) {
    return html`<${Head} title=${title} sub=${timed ? "What should it start?" : "What should it do?"} />
      <ul class="cards">${Object.values(kinds).map((kind) => html`<li key=${kind.name}><a class="card" href=${to("/start", { kind: kind.name, when: query.get("when") })}><b>${kind.title}</b><span class="mono muted small">${kind.name}</span>
        <span class="muted small">${kind.stages.length === 1 ? "One stage" : `${kind.stages.length} stages`}${kind.stages.some((stage) => stage.review) ? ", with a review" : ""}</span></a></li>`)}</ul>`;
  }
  const kind = kinds[name];
  if (!kind) return html`<${Head} title="Start a job" /><${Empty} icon="search" title="There is no such kind"><a href=${to("/start")}>See those there are</a>.<//>`;
  return html`<${Form} key=${name + (like?.id ?? "") + (scheduleId ?? "") + timed} kind=${kind} like=${like} schedule=${schedule} timed=${timed} />`;
}

function Control({ field, value, put, wrong }) {
  const id = `p-${field.name}`;
  const more = { id, name: field.name, "aria-describedby": `${id}-hint`, "aria-invalid": wrong ? "true" : undefined, required: field.required };
  const input = (event) => put(event.target.value);
  const hint = field.hint && html`<div class="hint" id=${`${id}-hint`}>${field.hint.replaceAll("`", "")}${field.control === "lines" ? " One a line." : field.control === "json" ? " As JSON." : ""}</div>`;
  if (field.control === "flag") return html`<div class="field"><label class="check"><input type="checkbox" ...${more} required=${false} checked=${value} onChange=${(event) => put(event.target.checked)} /><span><b>${field.label}</b>${hint}</span></label></div>`;
  const control = {
    choice: () => html`<select ...${more} value=${value} onChange=${input}>${field.optional && html`<option value="">–</option>`}${field.choices.map((choice) => html`<option value=${choice}>${field.texts?.[choice] ?? choice}</option>`)}</select>`,
    number: () => html`<input type="number" ...${more} value=${value} min=${field.minimum} max=${field.maximum} step=${field.step} onInput=${input} />`,
    secret: () => html`<input type="password" autocomplete="off" ...${more} value=${value} onInput=${input} />`,
    lines: () => html`<textarea ...${more} value=${value} onInput=${input} spellcheck="false"></textarea>`,
    long: () => html`<textarea ...${more} value=${value} maxlength=${field.most} onInput=${input} spellcheck="false"></textarea>`,
    json: () => html`<textarea class="mono" ...${more} value=${value} onInput=${input} spellcheck="false" placeholder="[ ] or { }"></textarea>`,
    text: () => html`<input ...${more} value=${value} maxlength=${field.most} autocomplete="off" onInput=${input} />`,
  }[field.control]();
  return html`<div class="field"><label for=${id}>${field.label}${field.required && html`<span class="muted"> (needed)</span>`}</label>${control}${wrong ? html`<div class="wrong" role="alert">${wrong}</div>` : null}${hint}</div>`;
}

/** How often a schedule starts its work. */
function Times({ when, put }) {
  const field = (name) => ({ id: `w-${name}`, value: when[name], onInput: (event) => put({ ...when, [name]: event.target.value }) });
  const timed = !when.often.startsWith("rate") && when.often !== "own";
  return html`<div class="field"><label for="w-name">Name</label><input ...${field("name")} required maxlength="128" autocomplete="off" placeholder="Nightly" /></div>
    <div class="line times"><div class="field"><label for="w-often">How often</label><select ...${field("often")}>${Object.entries(OFTEN).map(([value, text]) => html`<option value=${value}>${text}</option>`)}</select></div>
      ${when.often === "weekly" && html`<div class="field"><label for="w-day">On</label><select ...${field("day")}>${Object.entries(DAYS).map(([value, text]) => html`<option value=${value}>${text}</option>`)}</select></div>`}
      ${timed && html`<div class="field"><label for="w-time">At</label><input type="time" required ...${field("time")} /></div>`}
      <div class="field"><label for="w-timezone">Time zone</label><input ...${field("timezone")} required maxlength="64" autocomplete="off" spellcheck="false" /></div></div>
    ${when.often === "own" && html`<div class="field"><label for="w-own">Expression</label><input class="mono" ...${field("own")} required maxlength="256" autocomplete="off" spellcheck="false" aria-describedby="w-own-hint" placeholder="cron(30 2 ? * MON-FRI *)" /><div class="hint" id="w-own-hint">cron(minutes hours day month weekday year), rate(15 minutes) or at(2026-04-13T09:00:00).</div></div>`}
    <p class="muted small" role="status">${spoken(expressionOf(when))}</p>`;
}

function Form({ kind, like, schedule, timed }) {
  const fields = useMemo(() => fieldsOf(kind), [kind]);
  const wished = fileNamed(kind);
  const of = (all, given) => Object.fromEntries(all.map((field) => [field.name, shown(field, given?.[field.name] ?? undefined)]));
  const before = schedule?.job ?? like;
  const [values, setValues] = useState(() => of(fields, before?.params));
  const [settings, setSettings] = useState(() => of([...ENGINE, ...TELLS, ...(timed ? [] : AFTER)], before && { ...before, labels: labelLines(before.labels), notify: schedule ? [] : before.notify?.filter((one) => !one.url).map((one) => one.webhook) }));
  const [when, setWhen] = useState(() => ({ ...chosen(schedule?.expression), name: schedule?.name ?? "", timezone: schedule?.timezone ?? HERE }));
  const [policy, setPolicy] = useState(() => of(WHEN, schedule));
  const meanings = (all, given) => Object.fromEntries(all.map((field) => [field.name, meant(field, given[field.name])]).filter(([, value]) => value !== undefined));
  const [files, setFiles] = useState({});
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const [key, setKey] = useState(random);
  const wrong = Object.fromEntries([...(error?.message ?? "").matchAll(/(?:^|; )(?:job\.)?(?:params\.)?([a-z_]+)[^:]*: ([^;]+)/g)].map(([, name, text]) => [name, text]));
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const params = meanings(fields, values);
      const engine = meanings(ENGINE, settings);
      if (engine.labels) engine.labels = labelsOf(engine.labels);
      const notify = notifyOf(meanings(TELLS, settings));
      if (notify) engine.notify = notify;
      if (timed) {
        const secrets = Object.fromEntries(kind.secrets.filter((name) => params[name] !== undefined).map((name) => [name, params[name]]));
        for (const name of kind.secrets) delete params[name];
        const body = { name: when.name.trim(), expression: expressionOf(when), timezone: when.timezone.trim(), ...meanings(WHEN, policy), job: { kind: kind.name, params, ...engine }, ...(Object.keys(secrets).length && { secrets }) };
        const made = schedule ? await patch(`/api/v1/schedules/${encodeURIComponent(schedule.id)}`, body) : await post("/api/v1/schedules", body, { "Idempotency-Key": key });
        say(schedule ? "Changed." : "It starts at its next time.", "completed");
        return go(to(`/schedules/${encodeURIComponent(made.id)}`));
      }
      const after = meanings(AFTER, settings);
      if (!after.after) delete after.on_failure;
      const job = await post("/api/v1/jobs", { kind: kind.name, params, ...engine, ...after, ...(Object.keys(files).length && { files }) }, { "Idempotency-Key": key });
      say("Started.", "running");
      return go(jobAddress(job.id));
    } catch (failure) {
      if (failure.status) setKey(random());
      setError(failure);
      return setBusy(false);
    }
  };
  const lost = (before?.notify ?? []).filter((one) => schedule || one.url).map((one) => one.url ?? one.webhook);
  const review = kind.stages.find((stage) => stage.review);
  return html`<${Head} title=${kind.title} crumb=${html`<a class="crumb" href=${schedule ? to(`/schedules/${encodeURIComponent(schedule.id)}`) : to("/start", { when: timed ? "schedule" : "" })}><${Icon} name="back" />${schedule ? schedule.name : "All kinds"}</a>`} sub=${html`<span class="mono">${kind.name}</span>${like ? html` · the same as <a class="mono" href=${jobAddress(like.id)}>${like.id}</a>` : ""}`} />
    <form class="start" onSubmit=${submit}>
      <div class="stack">
        ${!schedule && html`<div class="chips" role="group" aria-label="When"><a class="chip" href=${to("/start", { kind: kind.name, like: like?.id })} aria-current=${timed ? undefined : "true"}>Now</a><a class="chip" href=${to("/start", { kind: kind.name, like: like?.id, when: "schedule" })} aria-current=${timed ? "true" : undefined}>By a schedule</a></div>`}
        ${timed && html`<${Times} when=${when} put=${setWhen} />`}
        ${kind.secrets.length > 0 && like && html`<${Note}>Secrets of the job before are gone, so they have to be given again.<//>`}
        ${fields.map((field) => html`<${Control} key=${field.name} field=${field} value=${values[field.name]} wrong=${wrong[field.name]} put=${(value) => setValues({ ...values, [field.name]: value })} />`)}
        ${timed ? html`<p class="hint muted">Texts may hold the time that was due, as ${"{{due:%Y-%m-%d}}"}. Files can't be given to a schedule; give an address.</p>` : html`<${Drop} wished=${wished} files=${files} setFiles=${setFiles} like=${like} />`}
        ${timed && html`<details class="panel settings"><summary>When times meet</summary><div class="stack inside">${WHEN.map((field) => html`<${Control} key=${field.name} field=${field} value=${policy[field.name]} wrong=${wrong[field.name]} put=${(value) => setPolicy({ ...policy, [field.name]: value })} />`)}</div></details>`}
        <details class="panel settings" open=${lost.length > 0 || Boolean(wrong.notify)}><summary>Who is told</summary><div class="stack inside">
          ${lost.length > 0 && html`<${Note}>${schedule ? `Its jobs tell ${lost.join(", ")}. Left empty, that stays.` : `The job before told ${lost.join(", ")}. Addresses may be secret and are not shown whole, so they have to be given again.`}<//>`}
          ${TELLS.map((field) => html`<${Control} key=${field.name} field=${field} value=${settings[field.name]} wrong=${wrong[field.name]} put=${(value) => setSettings({ ...settings, [field.name]: value })} />`)}</div></details>
        <details class="panel settings"><summary>How the engine runs it</summary><div class="stack inside">
          ${[...ENGINE, ...(timed ? [] : AFTER)].map((field) => html`<${Control} key=${field.name} field=${field} value=${settings[field.name]} wrong=${wrong[field.name]} put=${(value) => setSettings({ ...settings, [field.name]: value })} />`)}</div></details>
        <${Trouble} error=${error ?? (barred(schedule?.user) && { message: barred(schedule?.user) })} />
        <div class="actions"><button class="button primary" disabled=${busy || Boolean(barred(schedule?.user))} title=${barred(schedule?.user)}>${busy ? "Working…" : schedule ? "Save" : timed ? "Create the schedule" : "Start"}</button><a class="button" href=${schedule ? to(`/schedules/${encodeURIComponent(schedule.id)}`) : to("/jobs")}>Leave it</a></div>
      </div>
      <aside class="stack"><section class="panel"><header><h2>What will happen</h2></header><div class="body"><ol class="steps upright">${kind.stages.map((stage) => html`<li class="ahead"><b>${spaced(stage.name)}</b><span class="muted small">${stage.review ? "after your review" : ""}</span></li>`)}</ol>
        <p class="muted small">${timed ? "It begins at each of its times" : "It begins at once"}${review ? `, and stops before “${spaced(review.name).toLowerCase()}” with a draft for you` : ""}. It can be paused, resumed and cancelled at any time; while it is paused it costs nothing.</p></div></section></aside>
    </form>`;
}

function Drop({ wished, files, setFiles, like }) {
  const [over, setOver] = useState(false);
  const [error, setError] = useState(null);
  const size = Object.values(files).reduce((sum, text) => sum + text.length, 0);
  const take = async (list) => {
    const next = { ...files };
    for (const file of list) {
      const name = list.length === 1 && wished && !next[wished] ? wished : file.name.toLowerCase().replace(/[^a-z0-9._-]+/g, "-").replace(/^[^a-z0-9]+/, "").slice(0, 64) || "file";
      next[name] = await file.text();
    }
    const all = Object.values(next).reduce((sum, text) => sum + text.length, 0);
    if (all > MOST) return setError(new Error(`Files of a job have ${bytes(MOST)} at most; larger ones are given by reference, as a URL.`));
    setError(null);
    return setFiles(next);
  };
  return html`<div class="field"><span class="label">Files</span>
    <label class=${`drop${over ? " over" : ""}`} onDragOver=${(event) => { event.preventDefault(); setOver(true); }} onDragLeave=${() => setOver(false)} onDrop=${(event) => { event.preventDefault(); setOver(false); take([...event.dataTransfer.files]); }}>
      <${Icon} name="file" /><span>Drop text files here, or <u>choose some</u></span><input type="file" multiple onChange=${(event) => { take([...event.target.files]); event.target.value = ""; }} /></label>
    <div class="hint">${wished ? `This kind reads the file ${wished}; a single file you drop gets that name. ` : "Kinds that read files of the job find them by name. "}${like ? "Files of the job before are not taken over." : ""}</div>
    ${Object.entries(files).map(([name, text]) => html`<div class="dropped"><${Icon} name="file" /><b class="mono">${name}</b><span class="muted small">${bytes(text.length)}, ${many(text.split("\n").length, "line")}</span><${Button} small kind="quiet" label=${`Remove ${name}`} square icon="cancel" onClick=${() => { const next = { ...files }; delete next[name]; setFiles(next); }} /></div>`)}
    ${size > 0 && Object.keys(files).length > 1 ? html`<div class="hint">${bytes(size)} in all</div>` : null}
    <${Trouble} error=${error} /></div>`;
}
