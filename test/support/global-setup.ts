/**
 * Runs once per test run: the policy folder with cheap hashing, and a PostgreSQL server for the suites of both engines.
 * `COUNTERSIGN_TEST_POSTGRES=postgres://…` names a running server that may make databases; otherwise we start our own. Without either,
 * the run uses SQLite only, and says so.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { makeTemplate } from './desk-template.js';
import { makeFloorPolicy } from './floor-policy.js';
import { dropDatabases, onServer, startServer } from './postgres.js';

let cleanUp: () => Promise<void> = async () => undefined;
let floorPolicy = '';
const templates: string[] = [];

export async function setup(project: TestProject): Promise<void> {
  floorPolicy = makeFloorPolicy();
  project.provide('floorPolicy', floorPolicy);
  const folder = mkdtempSync(join(tmpdir(), 'countersign-template-'));
  templates.push(folder);
  const sqlite = { folder, store: await makeTemplate(folder) };
  project.provide('deskTemplates', { sqlite });
  // A quick run is for SQLite alone.
  if (project.getProvidedContext().form === 'quick') return project.provide('postgresUrl', '');
  const given = process.env['COUNTERSIGN_TEST_POSTGRES'];
  try {
    const url = given === undefined || given === '' ? await ownServer() : await givenServer(given);
    const own = mkdtempSync(join(tmpdir(), 'countersign-template-'));
    templates.push(own);
    project.provide('deskTemplates', { sqlite, postgres: { folder: own, store: await makeTemplate(own, url) } });
    project.provide('postgresUrl', url);
  } catch (error) {
    project.provide('postgresUrl', '');
    process.stderr.write(`PostgreSQL tests are skipped: ${reasonOf(error)}\n`);
  }
}

export async function teardown(): Promise<void> {
  for (const made of [floorPolicy, ...templates]) rmSync(made, { recursive: true, force: true });
  await cleanUp();
}

async function ownServer(): Promise<string> {
  const server = await startServer();
  cleanUp = () => server.stop();
  return server.url;
}

async function givenServer(address: string): Promise<string> {
  const url = new URL(address);
  url.searchParams.set('application_name', `test_${randomBytes(4).toString('hex')}`);
  await onServer(url.href, (client) => client.query('select 1'));
  cleanUp = () => dropDatabases(url.href);
  return url.href;
}

/** When several addresses refuse at once, the error has a code and no message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
