/**
 * Writes the man pages from the specs of the commands: node bin/man.mjs [FOLDER]; the default is dist/man.
 * Read one with: man -l dist/man/countersign.1
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const target = path.resolve(process.argv[2] ?? path.join(root, 'dist', 'man'));
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

// Beside the packages, so that Node finds those that are not in the bundle.
const folder = mkdtempSync(path.join(root, 'node_modules', '.man-'));
try {
  const file = path.join(folder, 'man.mjs');
  const contents =
    "export { everyCommand } from './src/commands/typing/completion-tree.js'; export { manPages } from './src/commands/typing/man-pages.js'; export { CATALOGUE } from './src/commands/catalogue.js'; export { openTopics } from './src/main/topic-files.js';";
  await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outfile: file,
    logLevel: 'error',
  });
  const { CATALOGUE, everyCommand, manPages, openTopics } = await import(pathToFileURL(file).href);
  mkdirSync(target, { recursive: true });
  const topics = openTopics(path.join(root, 'data'));
  for (const page of manPages(CATALOGUE, await everyCommand(CATALOGUE), { version, topics }))
    writeFileSync(path.join(target, page.file), page.text);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
