/** What the bundler is told about packages whose own way of starting costs every command time. */

/**
 * The SQLite driver is bundled but for its compiled file, which stands where driver.mjs puts it: the driver's own search for
 * it costs every command that opens a desk a tenth of an empty Node.
 */
const sqliteDriver = {
  name: 'sqlite-driver',
  setup(bundler) {
    const compiled = 'better-sqlite3/build/Release/better_sqlite3.node';
    bundler.onResolve({ filter: /^bindings$/ }, () => ({ path: compiled, namespace: 'sqlite-driver' }));
    bundler.onLoad({ filter: /./, namespace: 'sqlite-driver' }, () => ({
      contents: `module.exports = () => require(${JSON.stringify(compiled)});`,
    }));
    bundler.onResolve({ filter: /\.node$/, namespace: 'sqlite-driver' }, () => ({ path: compiled, external: true }));
  },
};

/** Chalk guesses at colours when it is loaded. It is always told the level (terminal/style.ts), so the guess is left out. */
const chalkWithoutGuess = {
  name: 'chalk-without-guess',
  setup(bundler) {
    bundler.onResolve({ filter: /^#supports-color$/ }, ({ path }) => ({ path, namespace: 'chalk-without-guess' }));
    bundler.onLoad({ filter: /./, namespace: 'chalk-without-guess' }, () => ({
      contents: 'export default { stdout: false, stderr: false };',
    }));
  },
};

/**
 * What commander asks of Node at once: its process module, which opens all three streams when it is asked for by name, and the
 * one that starts processes, which a command does not do.
 */
const commanderWithoutStreams = {
  name: 'commander-without-streams',
  setup(bundler) {
    const contents = {
      'node:process': 'module.exports = process;',
      'node:child_process': "exports.spawn = (...given) => require('child_process').spawn(...given);",
    };
    bundler.onResolve({ filter: /^node:(process|child_process)$/ }, ({ path, importer }) =>
      /node_modules[\\/]commander[\\/]/.test(importer) ? { path, namespace: 'commander' } : undefined,
    );
    bundler.onLoad({ filter: /./, namespace: 'commander' }, ({ path }) => ({ contents: contents[path] }));
  },
};

export const plugins = [sqliteDriver, chalkWithoutGuess, commanderWithoutStreams];
