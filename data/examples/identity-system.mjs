// A small identity system on loopback, for the demo and for trying things out: of Keycloak's admin API for one realm, what a reset needs.
// `node identity-system.mjs FOLDER [PORT]` reads FOLDER/identity.json, writes its token to FOLDER/identity-token, says its address, and
// ends with its standard input. Who signs in there, and what became of them, stands in identity.json.
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const [folder, port = '0'] = process.argv.slice(2);
const file = join(folder, 'identity.json');
const people = JSON.parse(readFileSync(file, 'utf8'));
const keep = () => writeFileSync(file, `${JSON.stringify(people, null, 2)}\n`);

// Its claims say what it may do; nobody but this program checks it.
const part = (claims) => Buffer.from(JSON.stringify(claims)).toString('base64url');
const claims = { azp: 'countersign', resource_access: { 'realm-management': { roles: ['manage-users'] } } };
const token = [part({ alg: 'none' }), part(claims), randomBytes(24).toString('base64url')].join('.');
writeFileSync(join(folder, 'identity-token'), `${token}\n`, { mode: 0o600 });

const USERS = '/admin/realms/demo/users';
const shown = ({ id, username, email, enabled }) => ({ id, username, email, enabled });
const NOTHING = [204];
const NO_SUCH = [404, { error: 'User not found' }];

/** As Keycloak's document has them: verb, path below the realm's users, answer. */
function answer(verb, path, query) {
  if (verb === 'GET' && path === '') {
    const matching =
      ([key, text]) =>
      (user) =>
        (user[key] ?? '').includes(text);
    const asked = [...query].filter(([key]) => key === 'username' || key === 'email').map(matching);
    const found = people.filter((user) => asked.every((test) => test(user))).map(shown);
    const first = Number(query.get('first') ?? 0);
    return [200, found.slice(first, first + Number(query.get('max') ?? 100))];
  }
  const [, id, what = '', which] = path.split('/');
  const user = people.find((one) => one.id === id);
  if (user === undefined) return NO_SUCH;
  if (verb === 'GET' && what === '') return [200, shown(user)];
  if (verb === 'GET' && what === 'credentials') return [200, user.credentials];
  if (verb === 'DELETE' && what === 'credentials') {
    const left = user.credentials.filter((one) => one.id !== which);
    if (left.length === user.credentials.length) return [404, { error: 'Credential not found' }];
    user.credentials = left;
    return NOTHING;
  }
  if (verb === 'POST' && what === 'logout') return NOTHING;
  if (verb === 'PUT' && what === 'execute-actions-email') {
    user.requiredActions = ['CONFIGURE_TOTP'];
    return NOTHING;
  }
  return [404, { error: 'unknown path' }];
}

const server = createServer((request, response) => {
  request.resume();
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  const known = request.headers.authorization === `Bearer ${token}`;
  const within = pathname === USERS || pathname.startsWith(`${USERS}/`);
  const [status, body] = !known
    ? [401, { error: 'HTTP 401 Unauthorized' }]
    : within
      ? answer(request.method, pathname.slice(USERS.length), searchParams)
      : [404, { error: 'unknown path' }];
  if (request.method !== 'GET') keep();
  response.writeHead(status, body === undefined ? {} : { 'content-type': 'application/json' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
});
server.listen(Number(port), '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${server.address().port}\n`);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
