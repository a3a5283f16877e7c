/**
 * A proxy between a client and an HTTP server that does what networks do: loses the answer after the effect, resets, stalls, answers 429
 * or 500, sends rubbish. Which call meets which fault is decided by the seed and by the call itself (verb, address, how often it was
 * made), not by the order of arrival: two runs agree also when the client works on many rows at once. `onForwarded(call)` is called when
 * the effect is done and the answer not yet sent: the point to kill a client.
 */
import { createHash } from 'node:crypto';
import http from 'node:http';

/** Fault → does the server see the call? */
export const FAULTS = {
  pass: true,
  lost: true, // effect done, connection closed, no answer
  'reset-before': false, // connection reset, the server never saw the call
  'reset-middle': true, // effect done, reset after half of the body
  429: false, // 429:SECONDS → Retry-After: SECONDS;  429:date → the date form of Retry-After
  500: false,
  '500-after': true, // effect done, and 500 said
  503: false, // as 429, from a balancer: HTML body
  slow: true, // slow:MS  the answer drips, some bytes each MS
  stall: false, // taken and never answered; only the client's own time limit helps
  'stall-after': true, // the same, effect done
  garbage: true, // not HTTP at all
  html: false, // 200 and a sign-in page of somebody else (a gateway's): the server never saw the call
  cut: true, // 200, JSON that ends too early, length right
  huge: true, // huge:MB  a body of 10 MB
  twice: true, // the call reaches the server twice (a retrying middle box)
  redirect: false, // 307 to another host: the key must not follow
};
/** What a drawn run uses unless told: all that end by themselves. stall and slow cost the client its time limit. */
export const DRAWN = [
  'lost',
  'reset-before',
  'reset-middle',
  '429',
  '500',
  '500-after',
  '503',
  'garbage',
  'html',
  'cut',
  'twice',
];

export async function faultProxy({ target, port = 0, onForwarded, ...options }) {
  const to = new URL(target);
  const opt = {
    seed: 1,
    rate: 0,
    kinds: DRAWN,
    inARow: 3,
    script: null,
    choose: null,
    retryAfter: 1,
    only: null,
    ...options,
  };
  const log = [];
  const seen = new Map();
  const row = new Map();
  const open = new Set();
  /** A connection for each call to the server behind would cost as much as the call. */
  const agent = new http.Agent({ keepAlive: true });
  let n = 0;
  const draw = (key, k, salt) =>
    createHash('sha256').update(`${opt.seed}|${key}|${k}|${salt}`).digest().readUInt32BE(0) / 2 ** 32;

  function decide(call) {
    if (opt.only && !opt.only.test(`${call.verb} ${call.path}`)) return 'pass';
    if (opt.choose) return opt.choose(call) || 'pass';
    if (opt.script) return opt.script[call.n] ?? 'pass';
    if (!opt.rate) return 'pass';
    const key = `${call.verb} ${call.path}`;
    const inRow = row.get(key) ?? 0;
    if (inRow >= opt.inARow || draw(key, call.nth, 'whether') >= opt.rate) {
      row.set(key, 0);
      return 'pass';
    } // never more than inARow on one call, so that a client that tries again ends
    row.set(key, inRow + 1);
    return opt.kinds[Math.floor(draw(key, call.nth, 'which') * opt.kinds.length)];
  }
  const forward = (req, body) =>
    new Promise((ok, no) => {
      const headers = { ...req.headers, host: to.host };
      delete headers.connection;
      delete headers['transfer-encoding'];
      headers['content-length'] = String(body.length);
      if (!body.length && !req.headers['content-length'] && !req.headers['transfer-encoding'])
        delete headers['content-length'];
      const q = http.request(
        {
          host: to.hostname,
          port: to.port,
          method: req.method,
          path: to.pathname.replace(/\/$/, '') + req.url,
          headers,
          agent,
        },
        (r) => {
          const parts = [];
          r.on('data', (c) => parts.push(c));
          r.on('end', () => ok({ status: r.statusCode, headers: r.headers, body: Buffer.concat(parts) }));
          r.on('error', no);
        },
      );
      q.on('error', no);
      q.end(body);
    });
  const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

  const server = http.createServer({ keepAlive: true }, async (req, res) => {
    const parts = [];
    try {
      for await (const c of req) parts.push(c);
    } catch {
      return;
    }
    const body = Buffer.concat(parts);
    const key = `${req.method} ${req.url}`;
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    const call = { n: n++, nth, verb: req.method, path: req.url, fault: 'pass', forwarded: 0, status: null };
    log.push(call);
    const [fault, arg] = String(decide(call)).split(':');
    if (!(fault in FAULTS)) throw new Error(`unknown fault ${fault}`);
    call.fault = fault;
    const sock = req.socket;
    res.on('error', () => {});
    if (!sock.watched) sock.on('error', () => {});
    sock.watched = true;
    const copy = (r) => {
      const h = { ...r.headers };
      for (const k of ['connection', 'transfer-encoding', 'keep-alive', 'content-length']) delete h[k];
      return h;
    };
    const end = (status, headers, text) => {
      res.writeHead(status, {
        ...headers,
        ...(status === 204 || status === 304 ? {} : { 'content-length': Buffer.byteLength(text) }),
      });
      res.end(status === 204 ? undefined : text);
    };
    let r = null;
    if (FAULTS[fault]) {
      try {
        for (let i = 0; i < (fault === 'twice' ? 2 : 1); i++) {
          r = await forward(req, body);
          call.forwarded++;
        }
      } catch (e) {
        call.status = 'unreachable';
        return end(502, { 'content-type': 'text/plain' }, `the server behind the proxy: ${e.code}`);
      }
      call.status = r.status;
      await onForwarded?.(call);
    }
    const later =
      arg === 'date' ? new Date(Date.now() + opt.retryAfter * 1000 + 999).toUTCString() : String(arg ?? opt.retryAfter);
    switch (fault) {
      case 'pass':
      case 'twice':
        return end(r.status, copy(r), r.body);
      case 'lost':
        return sock.destroy();
      case 'reset-before':
        return sock.resetAndDestroy();
      case 'reset-middle': {
        const t = r.body.length ? r.body : Buffer.from('{"x":1}');
        res.writeHead(r.status === 204 ? 200 : r.status, { ...copy(r), 'content-length': t.length });
        res.write(t.subarray(0, t.length >> 1));
        await sleep(5);
        return sock.resetAndDestroy();
      }
      case '429':
        return end(429, { 'retry-after': later, 'content-type': 'application/json' }, '{"error":"too many requests"}');
      case '500':
      case '500-after':
        return end(500, { 'content-type': 'application/json' }, '{"error":"internal"}');
      case '503':
        return end(
          503,
          { 'retry-after': later, 'content-type': 'text/html' },
          '<html><body><h1>503 Service Unavailable</h1></body></html>',
        );
      case 'slow': {
        const t = r.body;
        res.writeHead(r.status, { ...copy(r), ...(r.status === 204 ? {} : { 'content-length': t.length }) });
        res.flushHeaders();
        const step = Math.max(1, Math.ceil(t.length / 20));
        for (let i = 0; i < t.length && !sock.destroyed; i += step) {
          res.write(t.subarray(i, i + step));
          await sleep(Number(arg ?? 50));
        }
        return res.end();
      }
      case 'stall':
      case 'stall-after':
        open.add(sock);
        sock.on('close', () => open.delete(sock));
        return undefined;
      case 'garbage': {
        const g = createHash('sha256').update(`${opt.seed}|${key}|${nth}`).digest();
        sock.write(Buffer.concat([g, Buffer.from([0, 255, 13, 10]), g]));
        return sock.end();
      }
      case 'html':
        return end(
          200,
          { 'content-type': 'text/html' },
          '<!doctype html><title>Sign in</title><form><input name=user></form>',
        );
      case 'cut':
        return end(
          200,
          { 'content-type': 'application/json' },
          r.body.length > 2 ? r.body.subarray(0, r.body.length - 1) : '[{"id":',
        );
      case 'huge': {
        // [, spaces, ]: valid JSON
        const mb = Number(arg ?? 10);
        res.writeHead(200, { 'content-type': 'application/json', 'content-length': mb * 2 ** 20 });
        const closed = new Promise((ok) => sock.once('close', ok));
        for (let i = 0; i < mb * 16 && !sock.destroyed; i++) {
          const piece = Buffer.alloc(2 ** 16, 0x20);
          if (i === 0) piece[0] = 0x5b;
          if (i === mb * 16 - 1) piece[2 ** 16 - 1] = 0x5d;
          if (!res.write(piece)) await Promise.race([new Promise((ok) => res.once('drain', ok)), closed]);
        }
        return res.end();
      }
      case 'redirect':
        return end(307, { location: opt.elsewhere ?? 'http://127.0.0.1:9/' }, '');
    }
  });
  await new Promise((ok, no) => {
    server.once('error', no);
    server.listen(port, '127.0.0.1', ok);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    log: () => log.slice(),
    summary: () =>
      log.reduce((o, c) => {
        o[c.fault] = (o[c.fault] ?? 0) + 1;
        return o;
      }, {}),
    set: (o) => {
      Object.assign(opt, o);
      n = 0;
      log.length = 0;
      seen.clear();
      row.clear();
    },
    stop: () =>
      new Promise((ok) => {
        for (const s of open) s.destroy();
        agent.destroy();
        server.closeAllConnections();
        server.close(ok);
      }),
  };
}
