import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handbookSudoers, type Said, type SudoPlace, sudoPlace, whyNoSudo } from '../support/sudo-place.js';

const PASSWORD = 'correct horse battery 77';
const why = whyNoSudo();

describe.skipIf(why !== undefined)(
  `two people and an attacker under sudo (B79)${why === undefined ? '' : `: ${why}`}`,
  () => {
    let place: SudoPlace;
    let token: string;

    beforeAll(async () => {
      place = await sudoPlace();
      for (const name of ['cs-mira', 'cs-noor', 'cs-mallory']) place.addAgent(name);
      place.setConfig(settings('locked = true'));
      expect(place.setSudoers(handbookSudoers())).toMatchObject({ code: 0 });
      token = (JSON.parse(must(place.service(['init', '--token', '--json']))) as { token: string }).token;
      for (const name of ['mira', 'noor']) {
        const argv = ['operator', 'add', name, '--role', 'agent', '--password-stdin'];
        must(place.service(argv, { input: `${PASSWORD}\n`, env: { COUNTERSIGN_TOKEN: token } }));
      }
    }, 300_000);
    afterAll(() => place.close());

    const settings = (more: string) =>
      `${more}\n${['data', 'config', 'state'].map((name) => `${name}Folder = "${join(place.base, 'desk', name)}"\n`).join('')}`;
    const must = ({ code, out }: Said): string => {
      if (code !== 0) throw new Error(`it ended with ${code}: ${out}`);
      return out;
    };
    const signIn = (user: string, operator: string) =>
      must(place.desk(user, ['login', '--operator', operator, '--password-stdin'], { input: `${PASSWORD}\n` }));
    const whoIs = (user: string) => place.desk(user, ['whoami', '--json']);

    it('two who are signed in at the same time are two persons, and a third is nobody', () => {
      signIn('cs-mira', 'mira');
      signIn('cs-noor', 'noor');
      expect(JSON.parse(must(whoIs('cs-mira')))).toMatchObject({ operator: { name: 'mira' } });
      expect(JSON.parse(must(whoIs('cs-noor')))).toMatchObject({ operator: { name: 'noor' } });
      const third = whoIs('cs-mallory');
      expect({ code: third.code, ...JSON.parse(third.out) }).toMatchObject({
        code: 3,
        error: { code: 'not-signed-in' },
      });
    });
  },
);
