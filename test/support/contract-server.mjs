/**
 * A loopback stand-in for Okta, Microsoft Graph or Keycloak that knows only what the vendor's own API document says (test/contracts), and
 * refuses the rest. It knows nothing of the connectors. A call of a path, verb, parameter or body that the document does not know gets
 * a 4xx and an entry in violations(). With `people` it keeps state (list, reset, the list is empty); without, it answers from the examples
 * and schemas of the document. Limits and state are modelled by hand, from what the vendors say about themselves.
 */
import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const VERBS = ['get', 'put', 'post', 'delete', 'patch'];

// What differs by vendor and stands in no schema. `base` = what the real server has in front of the document's paths.
export const KINDS = {
  okta: {
    file: 'okta.json',
    base: '',
    auth: /^(SSWS|Bearer) \S+$/,
    error: (status, text) => ({
      errorCode: status === 429 ? 'E0000047' : status === 401 ? 'E0000011' : status === 404 ? 'E0000007' : 'E0000001',
      errorSummary: text,
      errorLink: 'E',
      errorId: 'oae-test',
      errorCauses: [],
    }),
    // On every answer, not only on the 429; the reset is in whole seconds of Unix time; there is no Retry-After.
    rate: (l) => ({
      'x-rate-limit-limit': String(l.limit),
      'x-rate-limit-remaining': String(l.left),
      'x-rate-limit-reset': String(Math.ceil(l.resetAt / 1000)),
    }),
    refuseStatus: 429,
    // Document against itself: `ttl` is a string in the schema and a number in the example of the same request. Both are taken.
    loose: {
      'AuthenticatorProfileTacRequest.ttl': ['string', 'integer'],
      'AuthenticatorProfileTacResponse.ttl': ['string', 'integer'],
    },
  },
  entra: {
    file: 'graph.json',
    base: '/v1.0',
    auth: /^Bearer \S+$/, // the cut names no security scheme: asked for all the same
    error: (status, text) => ({
      error: {
        code:
          status === 429
            ? 'TooManyRequests'
            : status === 404
              ? 'ResourceNotFound'
              : status === 401
                ? 'InvalidAuthenticationToken'
                : 'BadRequest',
        message: text,
      },
    }),
    rate: (l) => (l.refused ? { 'retry-after': String(Math.max(1, Math.ceil((l.resetAt - Date.now()) / 1000))) } : {}),
    refuseStatus: 429,
    // The server takes an action with and without its namespace; the document has only the long form.
    aliases: { '/users/{user-id}/revokeSignInSessions': '/users/{user-id}/microsoft.graph.revokeSignInSessions' },
    // The schema's range is that of a 32-bit number; its description says 10 to 43200.
    also: (op, body, doc) => {
      if (
        op.key === 'post /users/{user-id}/authentication/temporaryAccessPassMethods' &&
        body?.lifetimeInMinutes != null &&
        (body.lifetimeInMinutes < 10 || body.lifetimeInMinutes > 43200)
      )
        return ['body.lifetimeInMinutes must be between 10 and 43200'];
      if (op.key !== 'patch /users/{user-id}') return []; // its schema is emptied in the cut; the names that $select knows are the user's properties
      const names = doc.paths['/users/{user-id}'].get.parameters.find((x) => x.name === '$select').schema.items.enum;
      return [
        ...Object.keys(body ?? {})
          .filter((k) => !names.includes(k))
          .map((k) => `body.${k} is no property of a user`),
        ...(body?.accountEnabled !== undefined && typeof body.accountEnabled !== 'boolean'
          ? ['body.accountEnabled is no boolean']
          : []),
      ];
    },
  },
  keycloak: {
    file: 'keycloak.json',
    base: '/admin/realms',
    auth: /^Bearer \S+$/, // the document's paths start at the realm
    error: (_status, text) => ({ error: text }),
    rate: (l) => (l.refused ? { 'retry-after': '1' } : {}),
    refuseStatus: 429,
    empty: 204,
  }, // empty answers: the document allows any 2xx, the server sends 204
};

const root = path.join(import.meta.dirname, '../..');
/** Okta's cut is not ours to hand on, and lies beside the project where there is one. */
const placeOf = (kind) =>
  kind === 'okta'
    ? path.join(root, '../shared/contracts/okta.json')
    : path.join(root, 'test/contracts', KINDS[kind].file);
export const hasContract = (kind) => existsSync(placeOf(kind));
const documentOf = (kind) => JSON.parse(readFileSync(placeOf(kind), 'utf8'));
// ---------------------------------------------------------------- schemas
const deref = (doc, o, seen = 0) => {
  while (o?.$ref && seen++ < 20)
    o = o.$ref
      .slice(2)
      .split('/')
      .reduce((x, k) => x?.[k.replace(/~1/g, '/').replace(/~0/g, '~')], doc);
  return o ?? {};
};
const typeOf = (v) => (v === null ? 'null' : Array.isArray(v) ? 'array' : Number.isInteger(v) ? 'integer' : typeof v);
// Folds allOf into one schema, so that "unknown property" can be decided over all parts.
function flat(doc, s, depth = 0) {
  s = deref(doc, s);
  if (!s.allOf || depth > 8) return s;
  const out = { ...s, properties: { ...s.properties }, required: [...(s.required ?? [])] };
  delete out.allOf;
  for (const part of s.allOf) {
    const p = flat(doc, part, depth + 1);
    Object.assign(out.properties, p.properties);
    out.required.push(...(p.required ?? []));
    for (const k of Object.keys(p)) if (out[k] === undefined) out[k] = p[k];
  }
  return out;
}
/** What is wrong with `v`; `request` = read-only properties may not be sent and unknown ones are named. */
export function problems(doc, schema, v, { request = true, at = 'body', loose = {}, name = '' } = {}, depth = 0) {
  if (depth > 12) return [];
  const ref = schema?.$ref?.split('/').pop() ?? name;
  const s = flat(doc, schema);
  const t = typeOf(v);
  const out = [];
  const go = (sub, val, where, n) =>
    out.push(...problems(doc, sub, val, { request, at: where, loose, name: n }, depth + 1));
  if (v === null) return s.nullable || !s.type ? [] : [`${at} is null`];
  for (const key of ['oneOf', 'anyOf'])
    if (s[key]) {
      const branches = s[key].map((b) => problems(doc, b, v, { request, at, loose }, depth + 1));
      const fits = branches.filter((b) => !b.length).length;
      if (!fits) return [`${at} fits none of ${key}: ${branches[0][0]}`];
      return [];
    }
  if (s.enum && !s.enum.includes(v)) out.push(`${at} is ${JSON.stringify(v)}, not one of ${s.enum.join(', ')}`);
  const want = s.type;
  if (want) {
    const ok = want === t || (want === 'number' && t === 'integer');
    if (!ok) return [...out, `${at} is ${t}, not ${want}`];
  }
  if (t === 'string') {
    if (s.format === 'date-time' && Number.isNaN(Date.parse(v))) out.push(`${at} is no date-time`);
    if (s.pattern) {
      try {
        if (!new RegExp(s.pattern, 'u').test(v)) out.push(`${at} does not match ${s.pattern}`);
      } catch {
        /* a pattern that this engine does not read */
      }
    }
    if (s.minLength != null && v.length < s.minLength) out.push(`${at} is shorter than ${s.minLength}`);
    if (s.maxLength != null && v.length > s.maxLength) out.push(`${at} is longer than ${s.maxLength}`);
  }
  if (t === 'integer' || t === 'number') {
    if (s.minimum != null && v < s.minimum) out.push(`${at} is below ${s.minimum}`);
    if (s.maximum != null && v > s.maximum) out.push(`${at} is above ${s.maximum}`);
  }
  if (t === 'array' && s.items) for (const [i, x] of v.entries()) go(s.items, x, `${at}[${i}]`);
  if (t === 'object') {
    for (const r of new Set(s.required ?? []))
      if (v[r] === undefined && !(request && deref(doc, s.properties?.[r]).readOnly)) out.push(`${at}.${r} is missing`);
    for (const [k, x] of Object.entries(v)) {
      const p = s.properties?.[k];
      if (p) {
        if (request && deref(doc, p).readOnly) out.push(`${at}.${k} is read-only`);
        const lax = loose[`${ref}.${k}`];
        if (lax?.includes(typeOf(x))) continue;
        go(p, x, `${at}.${k}`);
      } else if (typeof s.additionalProperties === 'object') go(s.additionalProperties, x, `${at}.${k}`);
      else if (request && s.properties && Object.keys(s.properties).length && s.additionalProperties !== true)
        out.push(`${at}.${k} is not in the document`);
    }
  }
  return out;
}
/** A small value that fits the schema: required properties, and those that carry an example or a default. */
export function sample(doc, schema, depth = 0) {
  const s = flat(doc, schema);
  if (s.example !== undefined) return s.example;
  if (s.default !== undefined) return s.default;
  if (s.enum) return s.enum[0];
  const b = s.oneOf ?? s.anyOf;
  if (b) return sample(doc, b[0], depth + 1);
  if (s.type === 'array') return depth > 3 ? [] : [sample(doc, s.items ?? {}, depth + 1)];
  if (s.type === 'object' || s.properties) {
    const o = {};
    if (depth > 4) return o;
    for (const [k, p] of Object.entries(s.properties ?? {})) {
      const d = deref(doc, p);
      if (s.required?.includes(k) || d.example !== undefined || d.default !== undefined || k === 'id')
        o[k] = sample(doc, p, depth + 1);
    }
    return o;
  }
  if (s.type === 'integer' || s.type === 'number') return s.minimum > 0 ? s.minimum : 1;
  if (s.type === 'boolean') return true;
  return s.format === 'date-time' ? '2025-01-01T00:00:00Z' : s.nullable ? null : 'text';
}

// ---------------------------------------------------------------- state, by vendor
// people: { ana: { id, factors: [{ id, type, … }], sessions: n } }. `op.key` is verb + documented path.
const find = (people, key) =>
  people[key] ?? Object.values(people).find((p) => p.id === key || p.username === key || p.email === key);
const GRAPH = {
  password: 'passwordMethods',
  phone: 'phoneMethods',
  email: 'emailMethods',
  fido2: 'fido2Methods',
  microsoftAuthenticator: 'microsoftAuthenticatorMethods',
  softwareOath: 'softwareOathMethods',
  temporaryAccessPass: 'temporaryAccessPassMethods',
  windowsHelloForBusiness: 'windowsHelloForBusinessMethods',
};
const NF = { status: 404, text: 'not found' };
const STATE = {
  okta(op, { id, userId, factorId }, { people, body, query }) {
    const p = find(people, id ?? userId);
    if (!p) return NF;
    const show = (f) => ({
      id: f.id,
      factorType: f.type,
      provider: f.provider ?? 'OKTA',
      status: f.status ?? 'ACTIVE',
    });
    switch (op.key) {
      case 'get /api/v1/users/{id}':
        return { body: { id: p.id, status: p.status ?? 'ACTIVE', profile: { login: p.email, email: p.email } } };
      case 'get /api/v1/users/{userId}/factors':
        return { body: p.factors.map(show) };
      case 'get /api/v1/users/{userId}/factors/{factorId}': {
        const f = p.factors.find((x) => x.id === factorId);
        return f ? { body: show(f) } : NF;
      }
      case 'delete /api/v1/users/{userId}/factors/{factorId}': {
        const n = p.factors.length;
        p.factors = p.factors.filter((x) => x.id !== factorId);
        return p.factors.length < n ? { status: 204 } : NF;
      }
      case 'post /api/v1/users/{id}/lifecycle/reset_factors':
        p.factors = p.factors.filter((f) => f.sticky);
        return { status: 200 };
      case 'post /api/v1/users/{id}/lifecycle/suspend':
        if (p.status === 'SUSPENDED') return { status: 400, text: 'not active' };
        p.status = 'SUSPENDED';
        return { status: 200 };
      case 'post /api/v1/users/{id}/lifecycle/unsuspend':
        if (p.status !== 'SUSPENDED') return { status: 400, text: 'not suspended' };
        p.status = 'ACTIVE';
        return { status: 200 };
      case 'delete /api/v1/users/{userId}/sessions':
        p.sessions = 0;
        if (query.forgetDevices === 'true') p.devices = 0;
        return { status: 204 }; // Classic Engine: the default is false, whatever the schema's default says
      case 'post /api/v1/users/{userId}/authenticator-enrollments/tac':
        p.tac = { id: `tac${p.id}`, type: 'tac', status: 'ACTIVE' };
        return {
          body: {
            ...p.tac,
            profile: { ttl: body.profile?.ttl ?? 60, multiUse: body.profile?.multiUse ?? false, tac: '12345678' },
          },
        };
      default:
        return undefined;
    }
  },
  entra(op, params, { people, body, query }) {
    const user = (x) => ({ id: x.id, userPrincipalName: x.username, mail: x.email, accountEnabled: x.enabled ?? true });
    if (op.key === 'get /users') {
      // only `eq` and `or`; a quote inside is doubled: 'O''Brien'
      const parts = (query.$filter ?? '').match(/(\w+) eq '((?:[^']|'')*)'/g) ?? [];
      if (query.$filter && parts.join(' or ') !== query.$filter) return { status: 400, text: 'invalid filter clause' };
      const want = parts
        .map((x) => /^(\w+) eq '(.*)'$/.exec(x))
        .map(([, k, v]) => [k, v.replace(/''/g, "'").toLowerCase()]);
      return {
        body: {
          value: Object.values(people)
            .map(user)
            .filter((x) => !query.$filter || want.some(([k, v]) => String(x[k] ?? '').toLowerCase() === v)),
        },
      };
    }
    const p = find(people, params['user-id']);
    if (!p) return NF;
    const show = (f) => ({ '@odata.type': `#microsoft.graph.${f.type}AuthenticationMethod`, id: f.id });
    if (op.key === 'get /users/{user-id}') return { body: user(p) };
    if (op.key === 'patch /users/{user-id}') {
      if (body.accountEnabled !== undefined) p.enabled = body.accountEnabled;
      return { status: 204 };
    }
    if (op.key === 'get /users/{user-id}/authentication/methods') return { body: { value: p.factors.map(show) } };
    if (op.path.endsWith('revokeSignInSessions')) {
      p.sessions = 0;
      return { body: { value: true } };
    } // "true" comes before the tokens are dead
    const m = /^\/users\/\{user-id\}\/authentication\/(\w+)(\/\{.*\})?$/.exec(op.path);
    const type = m && Object.keys(GRAPH).find((k) => GRAPH[k] === m[1]);
    if (!type) return undefined;
    const id = m[2] && Object.entries(params).find(([k]) => k !== 'user-id')[1];
    if (op.verb === 'get' && !id) return { body: { value: p.factors.filter((f) => f.type === type).map(show) } };
    const f = p.factors.find((x) => x.id === id && x.type === type);
    if (op.verb === 'get') return f ? { body: show(f) } : NF;
    if (op.verb === 'delete') {
      if (!f) return NF;
      if (f.default && p.factors.some((x) => x !== f && x.type !== 'password'))
        return { status: 400, text: 'the default method can only be removed last' };
      p.factors = p.factors.filter((x) => x !== f);
      return { status: 204 };
    }
    if (op.verb === 'post' && type === 'temporaryAccessPass') {
      const n = { id: `tap-${p.id}`, type, once: body.isUsableOnce };
      p.factors.push(n);
      return {
        status: 201,
        body: {
          ...show(n),
          temporaryAccessPass: 'TAP-1234',
          isUsableOnce: body.isUsableOnce ?? false,
          lifetimeInMinutes: body.lifetimeInMinutes ?? 60,
        },
      };
    }
    return undefined;
  },
  keycloak(op, { id, credentialId }, { people, query }) {
    const user = (p) => ({ id: p.id, username: p.username, email: p.email, enabled: p.enabled ?? true });
    if (op.key === 'get /{realm}/users') {
      // without exact=true a username is a part to look for: several hits
      const q = query.username ?? query.email ?? query.search ?? '';
      const hit = (x) =>
        query.exact === 'true' ? x.toLowerCase() === q.toLowerCase() : x.toLowerCase().includes(q.toLowerCase());
      return {
        body: Object.values(people)
          .filter((p) => hit(p.username) || hit(p.email))
          .slice(Number(query.first ?? 0), Number(query.first ?? 0) + Number(query.max ?? 100))
          .map(user),
      };
    }
    if (!id) return undefined;
    const p = Object.values(people).find((x) => x.id === id);
    if (!p) return NF;
    switch (op.key) {
      case 'get /{realm}/users/{id}':
        return { body: user(p) };
      case 'get /{realm}/users/{id}/credentials':
        return {
          body: [
            { id: `pw-${p.id}`, type: 'password' },
            ...p.factors.map((f) => ({ id: f.id, type: f.type, userLabel: f.label ?? f.type })),
          ],
        };
      case 'delete /{realm}/users/{id}/credentials/{credentialId}': {
        if (credentialId === `pw-${p.id}`) {
          p.passwordGone = true;
          return { status: 204 };
        }
        const n = p.factors.length;
        p.factors = p.factors.filter((f) => f.id !== credentialId);
        return p.factors.length < n ? { status: 204 } : NF;
      }
      case 'post /{realm}/users/{id}/logout':
        p.sessions = 0;
        return { status: 204 };
      case 'put /{realm}/users/{id}/execute-actions-email':
        p.mailed = (p.mailed ?? 0) + 1;
        return { status: 204 };
      case 'get /{realm}/users/{id}/sessions':
        return { body: Array.from({ length: p.sessions ?? 0 }, (_, i) => ({ id: `s${i}`, username: p.username })) };
      default:
        return undefined;
    }
  },
};

// ---------------------------------------------------------------- the server
/**
 * kind: okta | entra | google | keycloak. document: parsed OpenAPI 3, else read from `contracts`. token: the one that is right.
 * allowQuery: parameters that the real server has and the document lacks (the Keycloak document is older than `exact`).
 */
export async function contractServer({
  kind,
  document,
  people,
  token,
  port = 0,
  realm,
  allowQuery = [],
  ...options
} = {}) {
  const K = KINDS[kind];
  if (!K) throw new Error(`unknown kind ${kind}`);
  const doc = document ?? documentOf(kind);
  const ops = [];
  for (const [p, item] of Object.entries({
    ...doc.paths,
    ...Object.fromEntries(Object.entries(K.aliases ?? {}).map(([a, b]) => [a, doc.paths[b]])),
  }))
    for (const verb of VERBS)
      if (item?.[verb]) {
        const names = [];
        const re = new RegExp(
          '^' +
            K.base +
            p.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{([^}]+)\}/g, (_, n) => {
              names.push(n);
              return '([^/]+)';
            }) +
            '$',
        );
        const all = new Map();
        for (const q of [...(item.parameters ?? []), ...(item[verb].parameters ?? [])]) {
          const d = deref(doc, q);
          all.set(`${d.in}:${d.name}`, d);
        }
        ops.push({
          verb,
          path: p,
          key: `${verb} ${p}`,
          re,
          names,
          params: [...all.values()],
          o: item[verb],
          fixed: p.split('/').filter((x) => x && !x.startsWith('{')).length,
        });
      }
  ops.sort((a, b) => b.fixed - a.fixed); // fixed words before parameters
  if (people)
    for (const [name, p] of Object.entries(people)) {
      p.username ??= name;
      p.id ??= `id-${name}`;
      p.email ??= `${name}@example.test`;
      p.factors = (p.factors ?? []).map((f, i) => ({ id: `${name}-f${i}`, ...f }));
      p.sessions ??= 1;
    }
  const bad = [],
    calls = [];
  const opt = { perSecond: 0, windowMs: 1000, delayMs: 0, fail: null, ...options };
  let win = { start: 0, n: 0 };

  const send = (res, status, body, headers = {}) => {
    const text = body === undefined || status === 204 ? '' : JSON.stringify(body);
    res.writeHead(status, { ...(text ? { 'content-type': 'application/json' } : {}), ...headers });
    res.end(text);
  };
  const server = http.createServer(async (req, res) => {
    const parts = [];
    try {
      for await (const c of req) parts.push(c);
    } catch {
      return;
    }
    const raw = Buffer.concat(parts).toString('utf8');
    const u = new URL(req.url, 'http://x');
    const verb = req.method.toLowerCase();
    const call = { at: Date.now(), verb, path: u.pathname, query: u.search, status: 0 };
    calls.push(call);
    const reply = (status, body, headers) => {
      call.status = status;
      send(res, status, body, headers);
    };
    if (opt.delayMs) await new Promise((r) => setTimeout(r, opt.delayMs));
    // The limit counts before anything else, as at the vendors: also calls that are wrong.
    let rate = {};
    if (opt.perSecond) {
      const now = Date.now();
      const limit = Math.max(1, Math.round((opt.perSecond * opt.windowMs) / 1000));
      if (now - win.start >= opt.windowMs) win = { start: now, n: 0 };
      win.n++;
      const refused = win.n > limit;
      rate = K.rate({ limit, left: Math.max(0, limit - win.n), resetAt: win.start + opt.windowMs, refused });
      if (refused) return reply(K.refuseStatus, K.error(K.refuseStatus, 'too many requests'), rate);
    }
    if (opt.fail && opt.fail.times !== 0 && (!opt.fail.match || opt.fail.match.test(`${verb} ${u.pathname}`))) {
      if (opt.fail.times > 0) opt.fail.times--;
      return reply(opt.fail.status, K.error(opt.fail.status, 'made to fail'), { ...rate, ...opt.fail.headers });
    }
    const refuse = (status, ...why) => {
      for (const w of why) bad.push({ call: `${req.method} ${u.pathname}${u.search}`, why: w });
      reply(status, K.error(status, why.join('; ')), rate);
    };

    const here = ops.filter((o) => o.re.test(u.pathname));
    const op = here.find((o) => o.verb === verb);
    if (!here.length) return refuse(404, 'the document has no such path');
    if (!op)
      return refuse(
        405,
        `the document has no ${req.method} here, only ${here.map((o) => o.verb.toUpperCase()).join(', ')}`,
      );
    const auth = req.headers.authorization ?? '';
    if (!K.auth.test(auth)) return refuse(401, auth ? 'Authorization has the wrong form' : 'no Authorization header');
    if (token !== undefined && auth.split(' ')[1] !== token) return reply(401, K.error(401, 'invalid token'), rate); // an expired token is no violation

    const wrong = [];
    const m = op.re.exec(u.pathname);
    const vars = {};
    op.names.forEach((n, i) => {
      let v = m[i + 1];
      try {
        v = decodeURIComponent(v);
      } catch {
        wrong.push(`path ${n} is badly encoded`);
      }
      vars[n] = v;
      if (['undefined', 'null', 'NaN', '[object Object]', ''].includes(v.trim()))
        wrong.push(`path ${n} is ${JSON.stringify(v)}`);
    });
    if (realm && vars.realm && vars.realm !== realm) return reply(404, K.error(404, 'Realm not found.'), rate);
    const query = {};
    const known = op.params.filter((p) => p.in === 'query');
    for (const [k, v] of u.searchParams) {
      const p = known.find((x) => x.name === k);
      if (!p && allowQuery.includes(k)) {
        query[k] = v;
        continue;
      }
      if (!p) {
        wrong.push(`query ${k} is not in the document`);
        continue;
      }
      if (K.forbidQuery?.includes(k)) {
        wrong.push(`query ${k} carries a secret in the address`);
        continue;
      }
      const s = deref(doc, p.schema);
      if (query[k] !== undefined && s.type !== 'array') wrong.push(`query ${k} is given twice`);
      query[k] = v;
      const as = (x, t) =>
        (t === 'integer' || t === 'number') && x.trim() !== '' && Number.isFinite(Number(x))
          ? Number(x)
          : t === 'boolean' && /^(true|false)$/.test(x)
            ? x === 'true'
            : x;
      wrong.push(
        ...(s.type === 'array'
          ? problems(
              doc,
              s,
              v.split(',').map((x) => as(x, deref(doc, s.items).type)),
              { at: `query ${k}` },
            )
          : problems(doc, s, as(v, s.type), { at: `query ${k}` })),
      );
    }
    for (const p of op.params)
      if (
        p.required &&
        ((p.in === 'query' && query[p.name] === undefined) ||
          (p.in === 'header' && req.headers[p.name.toLowerCase()] === undefined))
      )
        wrong.push(`${p.in} ${p.name} is missing`);
    let body;
    const rb = op.o.requestBody ? deref(doc, op.o.requestBody) : null;
    if (raw && !rb) wrong.push('a body where the document has none');
    if (rb && !raw && rb.required) wrong.push('the body is missing');
    if (rb && raw) {
      const type = (req.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
      const content = rb.content[type];
      if (!content) wrong.push(`content-type ${type || '(none)'} is not one of ${Object.keys(rb.content).join(', ')}`);
      else {
        try {
          body = JSON.parse(raw);
          wrong.push(...problems(doc, content.schema, body, { loose: K.loose }), ...(K.also?.(op, body, doc) ?? []));
        } catch {
          wrong.push('the body is no JSON');
        }
      }
    }
    if (wrong.length) return refuse(400, ...wrong);

    const codes = Object.keys(op.o.responses);
    const code = codes.find((c) => /^2/.test(c)) ?? '200';
    const answer = deref(doc, op.o.responses[code]);
    const json = answer.content?.['application/json'];
    const status = /^\d+$/.test(code)
      ? Number(code)
      : verb === 'post' && json && !op.path.endsWith('revokeSignInSessions')
        ? 201
        : 200;
    if (people) {
      const a = STATE[kind](op, vars, { people, body, query });
      if (a) {
        if (a.text) return reply(a.status, K.error(a.status, a.text), rate);
        if (a.body !== undefined && json) {
          const p = problems(doc, json.schema, a.body, { request: false, at: 'answer', loose: K.loose });
          if (p.length) bad.push({ call: op.key, why: `this server's own answer: ${p[0]}` });
        }
        return reply(a.status ?? (a.body === undefined ? 204 : 200), a.body, rate);
      }
    }
    if (!json) return reply(K.empty ?? status, undefined, rate);
    const ex = json.examples && deref(doc, Object.values(json.examples)[0]).value;
    return reply(status, ex ?? json.example ?? sample(doc, json.schema), rate);
  });
  await new Promise((ok, no) => {
    server.once('error', no);
    server.listen(port, '127.0.0.1', ok);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}${K.base}`,
    people,
    document: doc,
    operations: ops.map((o) => o.key),
    violations: () => bad.slice(),
    calls: () => calls.slice(),
    forget: () => {
      bad.length = 0;
      calls.length = 0;
    },
    set: (o) => {
      Object.assign(opt, o);
      win = { start: 0, n: 0 };
    },
    stop: () =>
      new Promise((ok) => {
        server.closeAllConnections();
        server.close(ok);
      }),
  };
}
