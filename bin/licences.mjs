/** The licences of what is bundled into dist. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The licence texts of the packages among the inputs, as their licences require. Paths are relative to `root`. */
export function licencesOf(root, inputs) {
  const folders = new Set();
  for (const input of inputs) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match !== null) folders.add(match[1]);
  }
  return [...folders]
    .sort()
    .map((folder) => licenceOf(root, folder))
    .join('\n');
}

function licenceOf(root, folder) {
  const { name, version, license } = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
  const file = readdirSync(path.join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? `${license}\n` : readFileSync(path.join(root, folder, file), 'utf8');
  return `--- ${name} ${version} (${license})\n\n${text.trim()}\n`;
}
