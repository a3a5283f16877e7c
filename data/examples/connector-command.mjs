// A connector in ten lines, over a JSON file: {"ana": {"factors": [{"kind": "totp", "name": "phone", "id": "1"}]}}. See: countersign help connectors
import { readFileSync, writeFileSync } from 'node:fs';

const [file] = process.argv.slice(2);
const { do: what, id, person } = JSON.parse(readFileSync(0, 'utf8'));
const people = JSON.parse(readFileSync(file, 'utf8'));
const answers = {
  find: () => (people[person.external ?? person.login] ? { id: person.external ?? person.login } : { found: 'none' }),
  factors: () => ({ factors: people[id].factors }),
  reset: () => Object.assign(people[id], { factors: [] }) && {},
  'end-sessions': () => ({ sessions: 'not-possible' }),
  check: () => ({ missing: [], tooMany: [] }),
};
process.stdout.write(JSON.stringify(answers[what]?.() ?? { error: 'refused' }));
if (what === 'reset') writeFileSync(file, JSON.stringify(people));
