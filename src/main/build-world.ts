/**
 * Builds the World of one run: prompts, files and sessions beside settings and desk (begin-run.ts). Each is opened on first use, so that a
 * command opens only what it needs. Part of main's room.
 */
import { join } from 'node:path';
import { CATALOGUE } from '../commands/catalogue.js';
import type { Context, World } from '../commands/command.js';
import { reportResult } from '../commands/report-outcome.js';
import type { GlobalOptions } from '../config.js';
import { canAsk, progressOf, promptsOf, screenOf, stdinOf, styleOf } from './ask-and-show.js';
import { beginRun, type Run, type Surroundings } from './begin-run.js';
import { buildHouse } from './build-house.js';
import { openFiles, openSessions } from './files.js';
import { admit, pathRules } from './machine.js';
import { openTopics } from './topic-files.js';

export function buildWorld(around: Surroundings): World {
  const run = beginRun(around);
  const speak = async (options: GlobalOptions) => void (await run.settings(options).catch(() => undefined));
  return {
    version: run.version,
    topics: openTopics(run.dataFolder),
    stdout: around.stdout,
    stderr: around.stderr,
    style: (stream, options) => styleOf(run, stream, options),
    canAsk: (options) => canAsk(around, options),
    context: async (options, spec) => {
      run.opened.anyPolicy = spec.anyPolicy === true;
      await admit(spec, options, { ...around, settings: () => run.settings(options) });
      return contextOf(run, options);
    },
    authorise: async (spec, options) => {
      if (spec.access === 'anyone') return speak(options);
      const { authenticateOperator } = await import('../procedures/operators/authenticate-operator.js');
      const { token, file } = await run.settings(options);
      run.opened.signed = await authenticateOperator(await run.desk(options), {
        token: token ?? (await sessionsOf(run, options).read('operator', 'desk')),
        via: token === undefined ? 'session' : 'token',
        access: spec.access,
        command: spec.path,
      });
      if (!options.json) run.tongue.language = run.opened.signed.operator.language ?? file.language ?? 'en';
    },
    tongue: run.tongue,
    speak,
    reference: () => around.now().toString(36),
    close: async () => {
      const desk = await run.opened.desk?.catch(() => undefined);
      await run.opened.following?.stop();
      await desk?.store.close();
    },
  };
}

function contextOf(run: Run, options: GlobalOptions): Context {
  const { around } = run;
  const settings = () => run.settings(options);
  return {
    options,
    settings,
    desk: () => run.desk(options),
    operator: () => {
      if (run.opened.signed === undefined)
        throw new Error('the command asked for an operator without saying so in `access`');
      return run.opened.signed;
    },
    ask: {
      possible: canAsk(around, options),
      prompts: (option) => promptsOf(run, options, option),
      screen: (plain) => screenOf(run, options, plain),
    },
    files: openFiles(stdinOf(around, options), around.signal, pathRules(around, settings)),
    sessions: sessionsOf(run, options),
    write: (text) => around.stdout.write(text),
    unread: () => around.stdout.isClosed?.() === true,
    print: async (result) =>
      void (await reportResult({ stdout: around.stdout, style: (...of) => styleOf(run, ...of) }, options, result)),
    row: async (value) => {
      if (!options.json) return;
      const { printableJson } = await import('../terminal/printable.js');
      await around.stdout.write(`${printableJson(value)}\n`);
    },
    notice: (text) => {
      if (!options.quiet) void around.stderr.write(`${text}\n`);
    },
    show: async (view) => {
      const { renderView } = await import('../terminal/render.js');
      await around.stderr.write(renderView(view, styleOf(run, 'stderr', options)));
    },
    style: styleOf(run, 'stdout', options),
    tongue: run.tongue,
    progress: (label, total) => progressOf(around, options, label, total),
    house: buildHouse(run, { options, progress: (total) => progressOf(around, options, 'Changing the key', total) }),
    signal: around.signal,
    catalogue: CATALOGUE,
    topics: openTopics(run.dataFolder),
  };
}

const NOBODY = { id: undefined, why: 'the settings do not say' };

function sessionsOf(run: Run, options: GlobalOptions) {
  return openSessions(async () => {
    const { folders, store, person = NOBODY } = await run.settings(options);
    return { folder: join(folders.state, 'sessions'), store, person };
  });
}
