import { build } from 'esbuild';
import { expect, it } from 'vitest';

/** What a module of the room loads as soon as it is imported, and what it loads when used; packages only. */
async function loads(module: string): Promise<{ early: string[]; late: string[] }> {
  const { metafile } = await build({
    entryPoints: [`src/terminal/${module}.ts`],
    bundle: true,
    write: false,
    metafile: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outdir: 'unwritten',
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  const of = (kind: string) =>
    imports
      .filter((each) => each.external && each.kind === kind && !each.path.startsWith('node:'))
      .map((each) => each.path);
  return { early: of('import-statement'), late: of('dynamic-import') };
}

it.each([
  ['printable', [], []],
  ['style', ['chalk'], []],
  ['render', [], []],
  ['progress', [], []],
  ['prompts', [], ['inquirer']],
  ['qr', ['chalk'], ['uqr']],
])('%s loads %j at once and %j when used', async (module, early, late) => {
  expect(await loads(module)).toEqual({ early, late });
});
