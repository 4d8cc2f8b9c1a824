// Builds everything into dist/ (or --out DIR); `--cli` builds the command-line program only. test/run.js builds the tests.
// Generated parts (the interpreter's WebAssembly, the kernel sources shown to users) are made here and bundled as virtual modules,
// so no generated file ever lies in the source tree.
const esbuild = require('esbuild');
const peggy = require('peggy');
const fs = require('node:fs');
const path = require('node:path');
const crypto = require('node:crypto');
const { execFileSync } = require('node:child_process');

const root = __dirname;
const cacheDir = path.join(root, 'node_modules/.cache/mpx-debug');

/** Files below `dir` (recursive), as paths relative to the project's root. */
function filesBelow(dir, pattern) {
  const found = [];
  for (const entry of fs.readdirSync(path.join(root, dir), { withFileTypes: true })) {
    const file = path.posix.join(dir, entry.name);
    if (entry.isDirectory()) found.push(...filesBelow(file, pattern));
    else if (pattern.test(entry.name)) found.push(file);
  }
  return found.sort();
}

/** wasm-opt on `bytes`; cached by content, because it takes seconds. MPX_UNOPTIMISED=1 leaves it out, while semantics are being written. */
function optimise(bytes) {
  if (process.env.MPX_UNOPTIMISED) return bytes;
  const key = crypto.createHash('sha256').update('v1').update(bytes).digest('hex').slice(0, 32);
  const cached = path.join(cacheDir, `${key}.wasm`);
  if (!fs.existsSync(cached)) {
    fs.mkdirSync(cacheDir, { recursive: true });
    const input = path.join(cacheDir, `${key}.${process.pid}.in`);
    const output = path.join(cacheDir, `${key}.${process.pid}.out`);
    fs.writeFileSync(input, bytes);
    const features = [
      '--enable-simd',
      '--enable-bulk-memory',
      '--enable-sign-ext',
      '--enable-mutable-globals',
      '--enable-nontrapping-float-to-int',
      '--enable-multivalue',
    ];
    execFileSync(
      process.execPath,
      [path.join(root, 'node_modules/binaryen/bin/wasm-opt'), '-O2', ...features, input, '-o', output],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    fs.renameSync(output, cached);
    fs.rmSync(input);
  }
  return new Uint8Array(fs.readFileSync(cached));
}

/** Source of a function from base64 text to bytes. A browser's way takes much longer, which is felt at a start. */
const DECODE_BASE64 = `(text) => {
  if (typeof Buffer === 'function') return new Uint8Array(Buffer.from(text, 'base64'));
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}`;

let generatedInterpreter;
/** Runs src/machine/interpreter/generate.ts, which turns the instruction semantics into WebAssembly (docs/ARCHITECTURE.md). */
function interpreterModule() {
  if (!generatedInterpreter) {
    const out = path.join(cacheDir, `generate.${process.pid}.cjs`);
    fs.mkdirSync(cacheDir, { recursive: true });
    esbuild.buildSync({
      entryPoints: [path.join(root, 'src/machine/interpreter/generate.ts')],
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile: out,
      logLevel: 'warning',
    });
    const { generateInterpreter } = require(out);
    fs.rmSync(out);
    const { modules, handlers } = generateInterpreter();
    const optimised = Object.fromEntries(Object.entries(modules).map(([name, bytes]) => [name, optimise(bytes)]));
    generatedInterpreter = { modules: optimised, handlers };
  }
  return generatedInterpreter;
}

/** Virtual modules `generated:*`; their types are in src/generated.d.ts. */
const generated = {
  name: 'generated',
  setup(build) {
    build.onResolve({ filter: /^generated:/ }, (args) => ({ path: args.path, namespace: 'generated' }));
    build.onLoad({ filter: /.*/, namespace: 'generated' }, (args) => {
      if (args.path === 'generated:interpreter') {
        const { modules, handlers } = interpreterModule();
        const base64 = Object.entries(modules).map(
          ([name, bytes]) => `${JSON.stringify(name)}: ${JSON.stringify(Buffer.from(bytes).toString('base64'))}`,
        );
        return {
          loader: 'js',
          contents: `const decode = ${DECODE_BASE64};
const encoded = { ${base64.join(', ')} };
export const interpreterModules = Object.fromEntries(Object.entries(encoded).map(([name, text]) => [name, decode(text)]));
export const interpreterHandlers = ${JSON.stringify(handlers)};`,
        };
      }
      if (args.path === 'generated:kernel-sources') {
        const sources = Object.fromEntries(
          filesBelow('src/kernel', /\.ts$/).map((file) => [
            file.replace('src/kernel/', ''),
            fs.readFileSync(path.join(root, file), 'utf8'),
          ]),
        );
        return { loader: 'js', contents: `export const kernelSources = ${JSON.stringify(sources)};` };
      }
      if (args.path === 'generated:expression-parser') {
        const grammar = fs.readFileSync(path.join(root, 'src/debugger/expressions/grammar.peggy'), 'utf8');
        const parser = peggy.generate(grammar, { output: 'source', format: 'es' });
        return { loader: 'js', contents: `${parser}\nexport { peg$SyntaxError as ExpressionSyntaxError };` };
      }
      return { errors: [{ text: `unknown generated module ${args.path}` }] };
    });
  },
};

/** iced-x86 reads its .wasm beside itself with `fs`; in a bundle the bytes are inlined instead. */
const icedInlined = {
  name: 'iced-inlined',
  setup(build) {
    build.onLoad({ filter: /iced_x86\.js$/ }, (args) => {
      const wasm = fs.readFileSync(path.join(path.dirname(args.path), 'iced_x86_bg.wasm')).toString('base64');
      const source = fs
        .readFileSync(args.path, 'utf8')
        .replace(/const path = require\('path'\)[^\n]*\n|const bytes = require\('fs'\)[^\n]*\n/g, (line) =>
          line.includes('bytes') ? `const bytes = (${DECODE_BASE64})(${JSON.stringify(wasm)});\n` : '',
        );
      return { contents: source, loader: 'js' };
    });
  },
};

const common = {
  bundle: true,
  sourcemap: 'linked',
  logLevel: 'warning',
  plugins: [generated, icedInlined],
  target: 'es2022',
  legalComments: 'none',
  absWorkingDir: root,
};
/** Without comments the bundles are ASCII, which Node reads and parses in half the time. Names stay. */
const product = { minifyWhitespace: true, minifySyntax: true };
const node = { ...common, platform: 'node', format: 'cjs', mainFields: ['main', 'module'] };

/** The panel's page: webview.js, webview.css and the icons' font. */
function buildWebview(out) {
  return esbuild.build({
    ...common,
    platform: 'browser',
    format: 'iife',
    minify: true,
    entryPoints: { webview: 'src/webview/main.tsx' },
    outdir: out,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.ttf': 'file' },
  });
}

/** What runs inside VS Code: the extension, the worker its sessions live in, the panel's page. */
async function buildExtension(out) {
  const entryPoints = { extension: 'src/extension/extension.ts', worker: 'src/hosts/worker.ts' };
  await Promise.all([
    esbuild.build({ ...node, ...product, entryPoints, outdir: out, external: ['vscode'] }),
    buildWebview(out),
  ]);
}

/** `mpxdbg`, the command-line program. */
function buildCommandLine(out) {
  return esbuild.build({
    ...node,
    ...product,
    entryPoints: { cli: 'src/cli/main.ts', demo: 'src/cli/demo.ts' },
    outdir: out,
    banner: { js: '#!/usr/bin/env node' },
  });
}

async function buildProduct(out) {
  await Promise.all([buildExtension(out), buildCommandLine(out)]);
}

/** Builds the test files whose path contains one of `filters` (all when none) and returns the built paths. */
async function buildTests(out, filters) {
  const files = filesBelow('test', /\.test\.tsx?$/).filter(
    (file) => !filters.length || filters.some((f) => file.includes(f)),
  );
  await esbuild.build({
    ...node,
    entryPoints: files,
    outbase: 'test',
    outdir: out,
    external: ['vscode', 'typescript', 'mocha', 'playwright-core', 'axe-core', 'esbuild', 'fast-check'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    define: { PROJECT_ROOT: JSON.stringify(root) },
  });
  return files.map((file) => path.join(out, file.replace(/^test\//, '').replace(/\.tsx?$/, '.js')));
}

module.exports = { buildProduct, buildExtension, buildWebview, buildTests, filesBelow, root, nodeOptions: node };

if (require.main === module) {
  const at = process.argv.indexOf('--out');
  const build = process.argv.includes('--cli') ? buildCommandLine : buildProduct;
  build(path.resolve(root, at > 0 ? process.argv[at + 1] : 'dist')).catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
