// Batches of documents, with the tags of each.
import { html, useState } from "../lib/html.js";
import { get, post } from "../lib/api.js";
import { count, many } from "../lib/format.js";
import { useJob } from "../lib/followed.js";
import { useLive } from "../lib/live.js";
import { usePages } from "../lib/pages.js";
import { useChanges } from "../lib/changes.js";
import { go, jobAddress, to } from "../lib/router.js";
import { barred } from "../lib/session.js";
import { Acts, useSteering } from "../parts/acts.js";
import { Ask, Button, Empty, Field, Head, JobStatus, Progress, Status, Trouble, When, say } from "../parts/basics.js";
import { Downloads } from "../parts/download.js";
import { Icon } from "../parts/icons.js";

/** Rows of CSV, quoted cells and all, as objects by their first row. */
export function csvRows(text) {
  const rows = [[""]];
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at], row = rows.at(-1);
    if (quoted) {
      if (letter !== '"') row[row.length - 1] += letter;
      else if (text[at + 1] === '"') { row[row.length - 1] += '"'; at += 1; }
      else quoted = false;
    } else if (letter === '"' && row.at(-1) === "") quoted = true;
    else if (letter === ",") row.push("");
    else if (letter === "\n") rows.push([""]);
    else if (letter !== "\r") row[row.length - 1] += letter;
  }
  const [names, ...values] = rows.filter((row) => row.length > 1 || row[0].trim());
  return values.map((row) => Object.fromEntries(names.map((name, place) => [name.trim(), row[place] ?? ""])));
}

/** Documents from what somebody typed: a CSV with a column file_path, else an address a line. */
export function documentsOf(text) {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  if (/(^|,)"?file_path"?(,|$)/.test(lines[0] ?? "")) return csvRows(text);
  return lines.map((line) => ({ title: decodeURIComponent(line.split("/").filter(Boolean).at(-1) ?? line), file_path: line, file_source_type: line.startsWith("s3:") ? "s3" : /^https?:/.test(line) ? "url" : "local" }));
}

export function Batches() {
  const streams = useChanges((name, job) => { if (name === "job" && job.family === "batch") again(); });
  const { value, error, again } = useLive((signal) => get("/api/v1/jobs", { family: "batch", limit: 100 }, signal), () => (streams ? 30_000 : 2500), []);
  const [asking, setAsking] = useState(false);
  const [text, setText] = useState("");
  const start = async (form) => {
    const documents = documentsOf(text);
    const given = ["model_name", "base_url", "api_key"].map((name) => [name, form.get(name).trim()]).filter(([, value]) => value);
    const config = { num_tags: Number(form.get("num_tags")), ...Object.fromEntries(given) };
    const { job_id: id } = await post("/api/batch/start", { documents, config });
    say(`${many(documents.length, "document")} under way.`, "running");
    go(to(`/batches/${encodeURIComponent(id)}`));
  };
  return html`<${Head} title="Batches" sub="Documents, and the tags that were found for each."><${Button} kind="primary" icon="start" barred=${barred()} onClick=${() => setAsking(true)}>Tag documents<//><//>
    <${Trouble} error=${error?.status ? error : null} />
    ${value && !value.jobs.length && html`<${Empty} icon="batches" title="No batches yet">Give a list of documents; each gets its tags, and you can stop and go on at any time.<//>`}
    <ul class="cards wide">${(value?.jobs ?? []).map((job) => html`<li key=${job.id}><a class="card" href=${to(`/batches/${encodeURIComponent(job.id.replace(/^batch:/, ""))}`)}><span class="bar-of tight"><b class="mono grow clip">${job.id.replace(/^batch:/, "")}</b><${JobStatus} job=${job} /></span>
      <${Progress} job=${job} /><span class="muted small num">${count(job.counts.succeeded + job.counts.failed)} of ${many(job.counts.total, "document")}; by ${job.user}, <${When} at=${job.created_at} /></span></a></li>`)}</ul>
    ${asking && html`<${Ask} title="Tag documents" verb="Start" onClose=${() => setAsking(false)} act=${start}>
      <${Field} name="documents" label="Documents" hint="An address a line, or a CSV with the columns title, file_path and file_source_type."><textarea id="documents" class="mono" required value=${text} onInput=${(event) => setText(event.target.value)} onDragOver=${(event) => event.preventDefault()} onDrop=${async (event) => { const [file] = event.dataTransfer.files; if (!file) return; event.preventDefault(); setText(await file.text()); }}></textarea><//>
      <p class="muted small">${text.trim() ? many(documentsOf(text).length, "document") : "A CSV file can be dropped on the field."}</p>
      <${Field} name="num_tags" label="Tags for each"><input id="num_tags" name="num_tags" type="number" min="1" max="15" value="8" /><//>
      <details><summary>By a language model</summary><div class="stack spaced">
        <${Field} name="model_name" label="Model" hint="Any endpoint that speaks as OpenAI's. Without one the tagger that is built in does it."><input id="model_name" name="model_name" autocomplete="off" /><//>
        <${Field} name="base_url" label="Its address"><input id="base_url" name="base_url" autocomplete="off" /><//>
        <${Field} name="api_key" label="Its key" hint="Encrypted, shown nowhere, and gone when the batch ends."><input id="api_key" name="api_key" type="password" autocomplete="off" /><//></div></details><//>`}`;
}

export function BatchPage({ name: id }) {
  const { job, error, put } = useJob(`batch:${id}`);
  const settled = job ? job.counts.succeeded + job.counts.failed : 0;
  const [ask, setAsk] = useState(null);
  useSteering(job, put, () => setAsk("pause"));
  const path = job ? `/api/batch/jobs/${encodeURIComponent(id)}/results` : null;
  const { rows, more } = usePages(path, { limit: 200, ...(settled && {}) }, "results");
  const { value: first } = useLive((signal) => (job ? get(path, { limit: 200 }, signal) : null), job && !job.finished_at ? 3000 : null, [job?.finished_at, Boolean(job), job?.status]);
  const crumb = html`<a class="crumb" href=${to("/batches")}><${Icon} name="back" />Batches</a>`;
  if (!job) return html`<${Head} title="Batch" crumb=${crumb} sub=${html`<span class="mono">${id}</span>`} /><${Trouble} error=${error} />`;
  const known = rows && first && rows.length > first.results.length ? rows : first?.results ?? rows ?? [];
  const shown = [...known].sort((one, other) => Boolean(other.error) - Boolean(one.error) || one.row - other.row);
  return html`<${Head} title="Batch" crumb=${crumb} sub=${html`<span class="mono">${id}</span> · <a href=${jobAddress(job.id)}>all about this job</a>`}><${Acts} job=${job} onDone=${put} ask=${ask} setAsk=${setAsk} /><//>
    <section class="panel advance" aria-label="Progress"><div class="top"><${JobStatus} job=${job} pill /><span class="num"><b>${count(settled)}</b> <span class="muted">of ${many(job.counts.total, "document")}</span></span></div><${Progress} job=${job} tall /></section>
    <div class="bar-of spaced"><h2 class="grow">Tags</h2><${Downloads} path=${path} name=${`tags of ${id}`} /></div>
    ${!shown.length ? html`<${Empty} icon="batches" title="No document is done yet">Each stands here as soon as it is.<//>` : html`<div class="panel flush"><div class="body scroll" tabindex="0" role="group" aria-label="Documents"><table><thead><tr><th class="num">Row</th><th>Document</th><th>Tags</th></tr></thead>
      <tbody>${shown.map((row) => html`<tr key=${row.row} class=${row.error ? "bad" : ""}><td class="num">${row.row}</td><td><b class="break">${row.title ?? "–"}</b><div class="muted small break">${row.file_path}</div></td>
        <td>${row.error ? html`<${Status} of="failed">Failed<//><div class="small break">${row.error}</div>` : row.tags?.length ? html`<span class="tags">${row.tags.map((tag) => html`<span>${tag}</span>`)}</span>` : html`<span class="muted">${row.note ?? "No tags"}</span>`}</td></tr>`)}</tbody></table></div>
      ${more && job.finished_at && html`<div class="more"><${Button} onClick=${more}>Show more<//></div>`}</div>`}`;
}
