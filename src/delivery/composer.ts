/** Fills the texts of messages; each is read once, because a bulk run fills the same few thousands of times. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MessageKind } from './channel.js';
import { fill, readTemplate, type Template } from './templates.js';

export type Compose = (
  template: string,
  values: Readonly<Record<string, string>>,
) => { readonly kind: MessageKind; readonly subject: string; readonly body: string };

/** `folder` holds the texts of one language. A missing or unknown value is a bug, and throws. */
export function openComposer(folder: string, deskName: string): Compose {
  const templates = new Map<string, Template>();
  return (name, values) => {
    const template = templates.get(name) ?? readTemplate(readFileSync(join(folder, `${name}.txt`), 'utf8'), name);
    templates.set(name, template);
    return { kind: template.kind, ...fill(template, { ...values, deskName }) };
  };
}
