/** Fills in the texts of messages. Each text is read once, because a bulk run uses a few texts thousands of times. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MessageKind } from './channel.js';
import { type CodeMessage, messagesWith } from './messages.js';
import { fill, readTemplate, type Template } from './templates.js';

export type Compose = (
  template: string,
  values: Readonly<Record<string, string>>,
) => { readonly kind: MessageKind; readonly subject: string; readonly body: string };

/** `folder` contains the texts of one language; `codes` are those with a factor's code. A missing or unknown value is a bug, and throws. */
export function openComposer(folder: string, deskName: string, codes: readonly CodeMessage[]): Compose {
  const messages = messagesWith(codes);
  const templates = new Map<string, Template>();
  return (name, values) => {
    const text = () => readFileSync(join(folder, `${name}.txt`), 'utf8');
    const template = templates.get(name) ?? readTemplate(text(), name, messages);
    templates.set(name, template);
    return { kind: template.kind, ...fill(template, { ...values, deskName }) };
  };
}
