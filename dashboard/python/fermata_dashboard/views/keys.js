// API keys of the tenant: who has which, when each was used last, and making and revoking them.
import { html, useState } from "../lib/html.js";
import { get, post, remove } from "../lib/api.js";
import { many, moment, spaced } from "../lib/format.js";
import { useLive } from "../lib/live.js";
import { to } from "../lib/router.js";
import { may, session } from "../lib/session.js";
import { Ask, Button, Copy, Dialog, Empty, Field, Head, Note, Status, Trouble, When, say } from "../parts/basics.js";

const ROUTE = "/api/v1/keys";
const SCOPES = { read: "See jobs and results", control: "Start, pause, resume, cancel, retry, review", admin: "Hold the whole, read the audit log, manage keys, steer others' jobs" };
const LASTS = [["", "For good"], ["86400", "1 day"], ["604800", "1 week"], ["2592000", "30 days"], ["7776000", "90 days"], ["31536000", "1 year"]];
const LOOKS = { good: "completed", expired: "timed_out", revoked: "cancelled" };

export function Keys({ query }) {
  const state = query.get("state") ?? "";
  const { value, error, again } = useLive((signal) => get(ROUTE, null, signal), may("admin") ? 15_000 : null, []);
  const [asking, setAsking] = useState(null);
  const [made, setMade] = useState(null);
  const create = async (form) => {
    const lasts = Number(form.get("lasts"));
    const user = form.get("user").trim();
    setMade(await post(ROUTE, {
      label: form.get("label").trim(), scopes: form.getAll("scope"), ...(user && { user }),
      ...(lasts && { expires_at: new Date(Date.now() + lasts * 1000).toISOString().replace(/\.\d+Z$/, "Z") }),
    }));
    again();
  };
  const revoke = async () => {
    await remove(`${ROUTE}/${encodeURIComponent(asking.id)}`);
    say("Revoked. It is not accepted any more.", "cancelled");
    again();
  };
  const keys = (value?.keys ?? []).filter((key) => !state || key.state === state).reverse();
  const barred = may("admin") ? null : "Keys are managed with the scope admin.";
  return html`<${Head} title="API keys" sub="Who may call, and for what. A key is shown once, when it is made."><${Button} kind="primary" icon="start" barred=${barred} onClick=${() => setAsking("create")}>Create a key<//><//>
    <${Trouble} error=${error?.status ? error : null} />
    <div class="chips spaced-below" role="group" aria-label="State">${[["", "All"], ["good", "Good"], ["expired", "Expired"], ["revoked", "Revoked"]].map(([value, text]) => html`<a class="chip" href=${to("/keys", { state: value })} aria-current=${state === value ? "true" : undefined}>${text}</a>`)}</div>
    ${value && html`<p class="muted small spaced-below" role="status">${many(keys.length, "key")}</p>`}
    ${value && !keys.length && html`<${Empty} icon="keys" title="No keys">Create one for each program and each person, so that it can be revoked by itself.<//>`}
    ${keys.length > 0 && html`<div class="panel flush"><div class="body scroll" tabindex="0" role="group" aria-label="Keys"><table><thead><tr><th>Key</th><th>Whose</th><th>What it may</th><th>State</th><th>Last used</th><th><span class="hidden">Acts</span></th></tr></thead>
      <tbody>${keys.map((key) => html`<tr key=${key.id}><td><b class="break">${key.label || "Without a label"}</b><div class="mono muted small">${key.id}</div></td><td class="break">${key.user}</td><td>${key.scopes.join(", ")}</td>
        <td><${Status} of=${LOOKS[key.state]}>${spaced(key.state)}<//>${key.state !== "revoked" && html`<div class="small muted nowrap">${key.expires_at ? `until ${moment(key.expires_at)}` : "for good"}</div>`}</td>
        <td class="nowrap">${key.last_used_at ? html`<${When} at=${key.last_used_at} />` : html`<span class="muted">never</span>`}<div class="small muted">made <${When} at=${key.created_at} /></div></td>
        <td>${key.state === "good" && html`<${Button} small kind="danger" label=${`Revoke ${key.label || key.id}`} barred=${barred} onClick=${() => setAsking(key)}>Revoke<//>`}</td></tr>`)}</tbody></table></div></div>`}
    ${asking === "create" && html`<${Ask} title="Create an API key" verb="Create" onClose=${() => setAsking(null)} act=${create}>
      <${Field} name="label" label="What for" hint="It stands in this list, so that others know whether it can go."><input id="label" name="label" maxlength="128" autocomplete="off" autofocus placeholder="Nightly import" aria-describedby="label-hint" /><//>
      <${Field} name="user" label="Whose" hint="What it starts is this user's; yours when left empty."><input id="user" name="user" maxlength="256" autocomplete="off" placeholder=${session.get().user} aria-describedby="user-hint" /><//>
      <fieldset class="plain"><legend class="label">What it may</legend>${Object.entries(SCOPES).map(([scope, text]) => html`<label class="check"><input type="checkbox" name="scope" value=${scope} defaultChecked=${scope !== "admin"} /><span><b>${spaced(scope)}</b> <span class="muted small">${text}</span></span></label>`)}</fieldset>
      <${Field} name="lasts" label="For how long"><select id="lasts" name="lasts">${LASTS.map(([seconds, text]) => html`<option value=${seconds}>${text}</option>`)}</select><//><//>`}
    ${asking?.id && html`<${Ask} title=${`Revoke ${asking.label || asking.id}`} verb="Revoke" danger onClose=${() => setAsking(null)} act=${revoke}><p class="muted">It is not accepted from now on, and the sessions that were opened with it are over. Its jobs go on; schedules that were made with it start nothing more.</p><//>`}
    ${made && html`<${Dialog} title="The new key" onClose=${() => setMade(null)}><div class="inside"><h2>The new key</h2>
      <${Note} of="warning">It is shown this once. Only its hash is stored, so nobody can find it out later.<//>
      <p class="secret"><code class="break">${made.key}</code><${Copy} text=${made.key} label="Copy the key" /></p>
      <div class="ends"><${Button} kind="primary" onClick=${() => setMade(null)}>I have kept it<//></div></div><//>`}`;
}
