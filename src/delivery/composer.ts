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
  desk: {
    readonly name: string;
    readonly language: string;
    readonly languages: readonly string[];
    /** Where the customers' pages are; null for none. */
    readonly pagesUrl: string | null;
  },
  codes: readonly CodeMessage[],
): Compose {
  const messages = messagesWith(codes);
  const templates = new Map<string, Template>();
  const ours = ({ placeholders }: Template) => ({
    deskName: desk.name,
    ...(placeholders.includes('pages') && desk.pagesUrl !== null ? { pages: desk.pagesUrl } : {}),
  });
  return (name, values, wished) => {
    const path = join(wished != null && desk.languages.includes(wished) ? wished : desk.language, `${name}.txt`);
    const read = () => readTemplate(readFileSync(join(folder, path), 'utf8'), name, messages);
    const template = templates.get(path) ?? (desk.pagesUrl === null ? withoutPages(read()) : read());
    templates.set(path, template);
    return { kind: template.kind, ...fill(template, { ...values, ...ours(template) }) };
  };
}

const withoutPages = (template: Template): Template => ({
  ...template,
  placeholders: template.placeholders.filter((word) => word !== 'pages'),
  body: template.body
    .split('\n\n')
    .filter((paragraph) => !paragraph.includes('{pages}'))
    .join('\n\n'),
});
