/*
 * Loads the chunks that bin/build.mjs wrote, each with its V8 code cache where there is one for this V8 and machine.
 * The cache spares parsing and compiling: `--version` costs about 1.08 of an empty Node instead of 1.2. V8 refuses a
 * cache that does not fit (other flags, other build) and compiles as always, so nothing depends on it.
 */
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const CACHE_SUFFIX = `.${process.versions.v8}-${process.platform}-${process.arch}.cache`;

/**
 * Loads main.cjs of a folder. `collect`, used by the build, is told each chunk's cache file, its script, and the function
 * that loads further chunks by name. Returns the exports of main, or undefined where nothing was built.
 */
module.exports = function load(dist, collect) {
  const loaded = new Map();

  function chunk(name) {
    const known = loaded.get(name);
    if (known !== undefined) return known.exports;
    const file = path.join(dist, name);
    const source = fs.readFileSync(file, 'utf8');
    const cachedData = collect === undefined ? readIfThere(file + CACHE_SUFFIX) : undefined;
    // The cache keeps this name and shows it in stacks, so it must not be a path of the machine that built.
    const filename = `countersign/dist/${name}`;
    const script = new vm.Script(`(function (exports, require, module) {${source}\n})`, { filename, cachedData });
    if (collect !== undefined) collect(file + CACHE_SUFFIX, script, chunk);
    const module = { exports: {} };
    loaded.set(name, module);
    script.runInThisContext()(module.exports, requireFromChunk, module);
    return module.exports;
  }

  /** Chunks name each other as ./name; everything else is Node's or lies in node_modules above bin. */
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
