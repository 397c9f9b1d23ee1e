// Signing in with an API key, or where the stack's users sign in.
import { html, useEffect, useState } from "../lib/html.js";
import { methods, signIn } from "../lib/session.js";
import { Field, Trouble } from "../parts/basics.js";
import { Logo } from "../parts/icons.js";

export function SignIn() {
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const [provider, setProvider] = useState(null);
  useEffect(() => {
    document.title = "Sign in · Fermata";
    methods().then((known) => setProvider(known.oidc), () => {});
  }, []);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await signIn(new FormData(event.target).get("key").trim());
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const back = encodeURIComponent(window.location.pathname + window.location.search);
  return html`<main class="door" id="main">
    <div class="mark"><${Logo} /></div>
    <h1>Sign in to Fermata</h1>
    <form onSubmit=${submit}>
      <${Field} name="key" label="API key" hint="The browser gets a session for it, and does not keep the key.">
        <input id="key" name="key" type="password" required autocomplete="current-password" spellcheck="false" autofocus placeholder="sk_…" aria-describedby="key-hint" />
      <//>
      <${Trouble} error=${error} />
      <button class="button primary" disabled=${busy}>${busy ? "Signing in…" : "Sign in"}</button>
    </form>
    ${provider && html`<p class="or">or</p><a class="button" href=${`${provider.start}?return_to=${back}`}>Sign in at ${new URL(provider.issuer).host}</a>`}
    <p class="small muted hint">On the local stack the key <code>sk_test_123456</code> is there from the start. <code>fermata keys create</code> makes others.</p>
  </main>`;
}
