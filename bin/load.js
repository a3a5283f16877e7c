/*
 * Loads the chunks that bin/build.mjs wrote, each file with its V8 code cache if there is one for this V8 and machine. The
 * cache saves parsing and compiling. V8 refuses a cache that does not match (other flags, other build) and compiles as usual, so
 * the program works without it.
 *
 * A chunk is CommonJS in a function. Its file may contain further chunks (`bring`), because one file loads faster than thirty.
 */
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const CACHE_SUFFIX = `.${process.versions.v8}-${process.platform}-${process.arch}.cache`;

/**
 * Loads main.cjs of a folder. `collect`, used by the build, receives each file's cache, its script, and the function
 * that loads further chunks by name. Returns the exports of main, or undefined if nothing was built.
 */
module.exports = function load(dist, collect) {
  const loaded = new Map();
  /** The code of chunks that another chunk's file contained. */
  const brought = new Map();
  /** The file that contains a chunk, for chunks that have no file of their own. */
  const places = new Map();

  function bring(chunks, elsewhere) {
    for (const name of Object.keys(chunks)) brought.set(name, chunks[name]);
    for (const name of Object.keys(elsewhere)) places.set(name, elsewhere[name]);
  }

  function chunk(name) {
    const known = loaded.get(name);
    if (known !== undefined) return known.exports;
    if (!brought.has(name) && places.has(name)) chunk(places.get(name));
    const code = brought.get(name) || read(name);
    const module = { exports: {} };
    loaded.set(name, module);
    code(module.exports, requireFromChunk, module, bring);
    return module.exports;
  }

  function read(name) {
    const file = path.join(dist, name);
    // One function, so that nothing is joined before it is compiled. The build writes only ASCII, and reading it as UTF-8 would take longer.
    const source = fs.readFileSync(file, 'latin1');
    const cachedData = collect === undefined ? readIfThere(file + CACHE_SUFFIX) : undefined;
    // The cache keeps this name and shows it in stacks, so it must not be a path of the machine that built.
    const filename = `countersign/dist/${name}`;
    const script = new vm.Script(source, { filename, cachedData });
    if (collect !== undefined) collect(file + CACHE_SUFFIX, script, chunk);
    return script.runInThisContext();
  }

  /** Chunks import each other as ./name; everything else is a module of Node or of the node_modules above bin. */
  function requireFromChunk(id) {
    return id.startsWith('./') ? chunk(id.slice(2)) : require(id);
  }

  return fs.existsSync(path.join(dist, 'main.cjs')) ? chunk('main.cjs') : undefined;
};

function readIfThere(file) {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}
