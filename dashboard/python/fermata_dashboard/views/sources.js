// Documents that are registered once and processed by jobs.
import { html, useState } from "../lib/html.js";
import { get, post, remove } from "../lib/api.js";
import { moment, spaced } from "../lib/format.js";
import { useLive } from "../lib/live.js";
import { usePages } from "../lib/pages.js";
import { go, jobAddress, to } from "../lib/router.js";
import { barred } from "../lib/session.js";
import { HoldFields, holdOf } from "../parts/acts.js";
import { Ask, Button, Empty, Field, Head, Status, Trouble, When, say } from "../parts/basics.js";

const ROUTE = "/api/v1/sources";
const LOOKS = { extracting: "running", indexing: "running", processing: "running", unknown: "cancelled" };

export function Sources({ query }) {
  const workspace = query.get("workspace") ?? "";
  const asked = { workspace_id: workspace, limit: 100 };
  const { value: fresh, error } = useLive((signal) => get(ROUTE, asked, signal), 3000, [workspace]);
  const { rows, more, again } = usePages(ROUTE, asked, "sources");
  const [asking, setAsking] = useState(null);
  const known = new Set((fresh?.sources ?? []).map((source) => source.source_id));
  const all = fresh ? [...fresh.sources, ...(rows ?? []).filter((source) => !known.has(source.source_id) && fresh.next_cursor)] : null;
  const done = (text, tone) => { say(text, tone); again(); };
  const resume = async (source) => {
    try { await post(`${ROUTE}/${encodeURIComponent(source.source_id)}/resume`); done("Resumed.", "running"); } catch (failure) { say(failure.message, "failed"); }
  };
  const create = async (form) => {
    const [uri, text] = [form.get("uri").trim(), form.get("text")];
    await post(ROUTE, { title: form.get("title").trim(), ...(uri ? { uri } : { text }), workspace_id: form.get("workspace").trim() || "default" });
    done("Registered. Its processing begins at once.", "running");
  };
  return html`<${Head} title="Sources" sub="Documents that are extracted and indexed, each by a job of its own."><${Button} kind="primary" icon="start" barred=${barred()} onClick=${() => setAsking({ what: "create" })}>Add a source<//><//>
    <form class="filters" role="search" aria-label="Sources" onSubmit=${(event) => event.preventDefault()}><div class="line"><input class="pick" aria-label="Workspace" placeholder="Workspace: all" value=${workspace} onChange=${(event) => go(to("/sources", { workspace: event.target.value.trim() }), { replace: true })} /></div></form>
    <${Trouble} error=${error?.status ? error : null} />
    ${all && !all.length && html`<${Empty} icon="sources" title="No sources yet">Add a document by its address or its text. Once it is processed it can be <a href=${to("/search")}>searched</a>.<//>`}
    ${all?.length > 0 && html`<div class="panel flush"><div class="body scroll" tabindex="0" role="group" aria-label="Sources"><table><thead><tr><th>Source</th><th>Processing</th><th>Held</th><th>Added</th><th><span class="hidden">Acts</span></th></tr></thead>
      <tbody>${all.map((source) => html`<tr key=${source.source_id}><td><b class="break">${source.title}</b><div class="muted small break">${source.uri ?? "Text"}${source.workspace_id !== "default" ? ` · ${source.workspace_id}` : ""}</div></td>
        <td><a href=${jobAddress(source.job_id)}><${Status} of=${LOOKS[source.status] ?? source.status}>${spaced(source.status)}<//></a>${source.error && html`<div class="small status-failed tone break">${source.error}</div>`}</td>
        <td>${source.paused ? html`<${Status} of="paused">Held<//><div class="small muted break">since ${moment(source.paused_at)}${source.reason ? `: ${source.reason}` : ""}</div>` : html`<span class="muted">–</span>`}</td>
        <td class="nowrap"><${When} at=${source.created_at} /></td>
        <td class="nowrap"><span class="actions">${source.paused ? html`<${Button} small icon="resume" data-act="resume" barred=${barred()} onClick=${() => resume(source)}>Resume<//>` : html`<${Button} small icon="pause" data-act="pause" barred=${barred()} onClick=${() => setAsking({ what: "pause", source })}>Pause<//>`}<${Button} small kind="danger" label=${`Delete ${source.title}`} square icon="cancel" barred=${barred()} onClick=${() => setAsking({ what: "delete", source })} /></span></td></tr>`)}</tbody></table></div>
      ${more && html`<div class="more"><${Button} onClick=${more}>Show more<//></div>`}</div>`}
    ${asking?.what === "create" && html`<${Ask} title="Add a source" verb="Add" onClose=${() => setAsking(null)} act=${create}>
      <${Field} name="title" label="Title"><input id="title" name="title" required maxlength="500" autocomplete="off" autofocus /><//>
      <${Field} name="uri" label="Address" hint="http, https or s3. Leave it empty to give the text itself."><input id="uri" name="uri" maxlength="2048" autocomplete="off" /><//>
      <${Field} name="text" label="Text" hint="Plain text or Markdown, where there is no address."><textarea id="text" name="text"></textarea><//>
      <${Field} name="workspace" label="Workspace"><input id="workspace" name="workspace" maxlength="64" placeholder="default" autocomplete="off" /><//><//>`}
    ${asking?.what === "pause" && html`<${Ask} title=${`Pause ${asking.source.title}`} verb="Pause" onClose=${() => setAsking(null)} act=${async (form) => { await post(`${ROUTE}/${encodeURIComponent(asking.source.source_id)}/pause`, holdOf(form)); done("Paused.", "paused"); }}><p class="muted">A job that is at it stops after its unit in hand; nothing picks it up until it is resumed.</p><${HoldFields} /><//>`}
    ${asking?.what === "delete" && html`<${Ask} title=${`Delete ${asking.source.title}`} verb="Delete" danger onClose=${() => setAsking(null)} act=${async () => { await remove(`${ROUTE}/${encodeURIComponent(asking.source.source_id)}`); done("Deleted."); }}><p class="muted">It goes, with what was extracted and indexed of it, and is not found any more.</p><//>`}`;
}
