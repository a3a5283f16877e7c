/** The one script: it hands what the browser signs to the form that asked for it (B92). Without scripts everything but passkeys works. */
import { html, raw } from 'hono/html';
import { button, form, type Html, hidden } from './layout.js';
import type { Signed } from './visit.js';

/** `asked`: JSON for the browser; `act`: what the form does with the answer; `fields`: what else it has. */
export function askingPage(visit: Signed, asked: string, act: 'answer' | 'confirm', fields: Html): Html {
  const { text, nonce } = visit;
  const [why, label] = act === 'answer' ? (['use', 'go'] as const) : (['create', 'make'] as const);
  const kept = html`${hidden('next', visit.given('next'))}${hidden('code', '')}`;
  return html`<p>${text(`passkey.${why}`)}</p><p class="no" id="no-script">${text('passkey.no-script')}</p><p class="no" role="alert" hidden id="failed">${text('passkey.failed')}</p>
<div id="passkey" data-act="${act}" data-asked="${asked}">${form(visit, html`${kept}${fields}${button(text(`passkey.${label}`), act, 'first')}`)}</div>
<script nonce="${nonce}">${raw(SCRIPT)}</script>`;
}

const SCRIPT = `
const { act, asked } = document.getElementById('passkey').dataset;
const [form] = document.querySelectorAll('#passkey form');
document.getElementById('no-script').hidden = true;
const failed = document.getElementById('failed');
form.addEventListener('submit', async (event) => {
  if (form.elements.code.value !== '') return;
  event.preventDefault();
  failed.hidden = true;
  try {
    const options = JSON.parse(asked);
    const made = act === 'confirm'
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
    form.elements.code.value = JSON.stringify(made);
    form.requestSubmit(event.submitter);
  } catch {
    failed.hidden = false;
  }
});
`;
