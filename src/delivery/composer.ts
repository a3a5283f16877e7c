/** Fills in the texts of messages. Each text is read once, because a bulk run uses a few texts thousands of times. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MessageKind } from './channel.js';
import { type CodeMessage, messagesWith } from './messages.js';
import { fill, readTemplate, type Template } from './templates.js';

export type Compose = (
  template: string,
  values: Readonly<Record<string, string>>,
  language?: string | null,
) => { readonly kind: MessageKind; readonly subject: string; readonly body: string };

/** `folder` has a folder for each language; `codes` are the texts with a factor's code. A missing or unknown value is a bug, and throws. */
export function openComposer(
  folder: string,
  desk: { readonly name: string; readonly language: string; readonly languages: readonly string[] },
  codes: readonly CodeMessage[],
): Compose {
  const messages = messagesWith(codes);
  const templates = new Map<string, Template>();
  return (name, values, wished) => {
    const path = join(wished != null && desk.languages.includes(wished) ? wished : desk.language, `${name}.txt`);
    const template = templates.get(path) ?? readTemplate(readFileSync(join(folder, path), 'utf8'), name, messages);
    templates.set(path, template);
    return { kind: template.kind, ...fill(template, { ...values, deskName: desk.name }) };
  };
}
