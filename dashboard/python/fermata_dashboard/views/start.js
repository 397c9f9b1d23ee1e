// Start a job: a form made from its kind's schema, with files dropped in.
import { html, useEffect, useMemo, useState } from "../lib/html.js";
import { get, jobPath, post } from "../lib/api.js";
import { bytes, many, spaced } from "../lib/format.js";
import { useKinds } from "../lib/kinds.js";
import { go, jobAddress, to } from "../lib/router.js";
import { fieldsOf, fileNamed, meant, shown } from "../lib/schema.js";
import { Button, Empty, Head, Note, Trouble, say } from "../parts/basics.js";
import { Icon } from "../parts/icons.js";

const MOST = 4_500_000;
const ENGINE = [
  { name: "workspace", label: "Workspace", hint: "Where it keeps what it makes; “default” unless told otherwise.", control: "text" },
  { name: "limit", label: "Chunks at a time", hint: "How many chunks of its units may run side by side.", control: "number", step: 1, minimum: 1, maximum: 1000 },
  { name: "rate", label: "Units a minute", hint: "That may start, in all its workers together.", control: "number", step: 1, minimum: 1 },
  { name: "rate_key", label: "Shared rate", hint: "Jobs that name the same key share the rate, for instance a provider's account.", control: "text" },
  { name: "timeout", label: "Seconds at work, at most", hint: "Paused time does not count.", control: "number", step: "any", minimum: 1 },
  { name: "max_failed_share", label: "Pause from this share of failures on", hint: "Between 0 and 1; it then waits for you.", control: "number", step: "any", minimum: 0, maximum: 1 },
];
const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export function Start({ query }) {
  const kinds = useKinds();
  const [like, setLike] = useState(null);
  const likeId = query.get("like");
  useEffect(() => {
    if (likeId) get(jobPath(likeId)).then(setLike, (error) => say(error.message, "failed"));
    else setLike(null);
  }, [likeId]);
  const name = query.get("kind") ?? like?.kind;
  if (!kinds || (likeId && !like)) return html`<${Head} title="Start a job" />`;
  if (!name) {
    return html`<${Head} title="Start a job" sub="What should it do?" />
      <ul class="cards">${Object.values(kinds).map((kind) => html`<li key=${kind.name}><a class="card" href=${to("/start", { kind: kind.name })}><b>${kind.title}</b><span class="mono muted small">${kind.name}</span>
        <span class="muted small">${kind.stages.length === 1 ? "One stage" : `${kind.stages.length} stages`}${kind.stages.some((stage) => stage.review) ? ", with a review" : ""}</span></a></li>`)}</ul>`;
  }
  const kind = kinds[name];
  if (!kind) return html`<${Head} title="Start a job" /><${Empty} icon="search" title="There is no such kind"><a href=${to("/start")}>See those there are</a>.<//>`;
  return html`<${Form} key=${name + (like?.id ?? "")} kind=${kind} like=${like} />`;
}

function Control({ field, value, put, wrong }) {
  const id = `p-${field.name}`;
  const more = { id, name: field.name, "aria-describedby": `${id}-hint`, "aria-invalid": wrong ? "true" : undefined, required: field.required };
  const input = (event) => put(event.target.value);
  const hint = field.hint && html`<div class="hint" id=${`${id}-hint`}>${field.hint.replaceAll("`", "")}${field.control === "lines" ? " One a line." : field.control === "json" ? " As JSON." : ""}</div>`;
  if (field.control === "flag") return html`<div class="field"><label class="check"><input type="checkbox" ...${more} required=${false} checked=${value} onChange=${(event) => put(event.target.checked)} /><span><b>${field.label}</b>${hint}</span></label></div>`;
  const control = {
    choice: () => html`<select ...${more} value=${value} onChange=${input}>${field.optional && html`<option value="">–</option>`}${field.choices.map((choice) => html`<option value=${choice}>${choice}</option>`)}</select>`,
    number: () => html`<input type="number" ...${more} value=${value} min=${field.minimum} max=${field.maximum} step=${field.step} onInput=${input} />`,
    secret: () => html`<input type="password" autocomplete="off" ...${more} value=${value} onInput=${input} />`,
    lines: () => html`<textarea ...${more} value=${value} onInput=${input} spellcheck="false"></textarea>`,
    long: () => html`<textarea ...${more} value=${value} maxlength=${field.most} onInput=${input} spellcheck="false"></textarea>`,
    json: () => html`<textarea class="mono" ...${more} value=${value} onInput=${input} spellcheck="false" placeholder="[ ] or { }"></textarea>`,
    text: () => html`<input ...${more} value=${value} maxlength=${field.most} autocomplete="off" onInput=${input} />`,
  }[field.control]();
  return html`<div class="field"><label for=${id}>${field.label}${field.required && html`<span class="muted"> (needed)</span>`}</label>${control}${wrong ? html`<div class="wrong" role="alert">${wrong}</div>` : null}${hint}</div>`;
}

function Form({ kind, like }) {
  const fields = useMemo(() => fieldsOf(kind), [kind]);
  const wished = fileNamed(kind);
  const of = (all, given) => Object.fromEntries(all.map((field) => [field.name, shown(field, given?.[field.name] ?? undefined)]));
  const [values, setValues] = useState(() => of(fields, like?.params));
  const [settings, setSettings] = useState(() => of(ENGINE, like));
  const [files, setFiles] = useState({});
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const [key, setKey] = useState(random);
  const wrong = Object.fromEntries([...(error?.message ?? "").matchAll(/(?:^|; )(?:params\.)?([a-z_]+)[^:]*: ([^;]+)/g)].map(([, name, text]) => [name, text]));
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const params = Object.fromEntries(fields.map((field) => [field.name, meant(field, values[field.name])]).filter(([, value]) => value !== undefined));
      const engine = Object.fromEntries(ENGINE.map((field) => [field.name, meant(field, settings[field.name])]).filter(([, value]) => value !== undefined));
      const job = await post("/api/v1/jobs", { kind: kind.name, params, ...engine, ...(Object.keys(files).length && { files }) }, { "Idempotency-Key": key });
      say("Started.", "running");
      go(jobAddress(job.id));
    } catch (failure) {
      if (failure.status) setKey(random());
      setError(failure);
      setBusy(false);
    }
  };
  const review = kind.stages.find((stage) => stage.review);
  return html`<${Head} title=${kind.title} crumb=${html`<a class="crumb" href=${to("/start")}><${Icon} name="back" />All kinds</a>`} sub=${html`<span class="mono">${kind.name}</span>${like ? html` · the same as <a class="mono" href=${jobAddress(like.id)}>${like.id}</a>` : ""}`} />
    <form class="start" onSubmit=${submit}>
      <div class="stack">
        ${kind.secrets.length > 0 && like && html`<${Note}>Secrets of the job before are gone, so they have to be given again.<//>`}
        ${fields.map((field) => html`<${Control} key=${field.name} field=${field} value=${values[field.name]} wrong=${wrong[field.name]} put=${(value) => setValues({ ...values, [field.name]: value })} />`)}
        <${Drop} wished=${wished} files=${files} setFiles=${setFiles} like=${like} />
        <details class="panel settings"><summary>How the engine runs it</summary><div class="stack inside">
          ${ENGINE.map((field) => html`<${Control} key=${field.name} field=${field} value=${settings[field.name]} wrong=${wrong[field.name]} put=${(value) => setSettings({ ...settings, [field.name]: value })} />`)}</div></details>
        <${Trouble} error=${error} />
        <div class="actions"><button class="button primary" disabled=${busy}>${busy ? "Starting…" : "Start"}</button><a class="button" href=${to("/jobs")}>Leave it</a></div>
      </div>
      <aside class="stack"><section class="panel"><header><h2>What will happen</h2></header><div class="body"><ol class="steps upright">${kind.stages.map((stage) => html`<li class="ahead"><b>${spaced(stage.name)}</b><span class="muted small">${stage.review ? "after your review" : ""}</span></li>`)}</ol>
        <p class="muted small">It begins at once${review ? `, and stops before “${spaced(review.name).toLowerCase()}” with a draft for you` : ""}. It can be paused, resumed and cancelled at any time; while it is paused it costs nothing.</p></div></section></aside>
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
