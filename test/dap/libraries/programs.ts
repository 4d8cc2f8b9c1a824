/** A program with a library beside it and a plugin that it loads by dlopen; lines are found by their markers. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const SOURCES = {
  'plugin.c': `
__thread int calls = 5;
static __thread long own = 9;
int plugin(int seed)
{
	calls += seed;
	own++;			/* PLUGIN */
	return calls;
}
`,
  'shape.c': `
#include "shape.h"
__thread int area_calls;
int area(const struct shape *shape)
{
	area_calls++;
	return shape->width * shape->height;	/* AREA */
}
`,
  'shape.h': `
struct shape { int width, height; };
int area(const struct shape *shape);
`,
  'main.c': `
#include <dlfcn.h>
#include "shape.h"

static int twice(int value)
{
	return 2 * value;
}

int main(int argc, char **argv)
{
	struct shape square = { 3, 3 };
	int size = area(&square);		/* CALL */
	void *handle = dlopen(argv[1], RTLD_NOW);
	int (*plugin)(int) = handle ? (int (*)(int))dlsym(handle, "plugin") : twice;	/* LOADED */
	int sum = plugin(size);			/* PLUGGED */
	if (handle)
		dlclose(handle);
	return sum;				/* CLOSED */
}
`,
};

export interface LibraryProgram {
  folder: string;
  program: string;
  plugin: string;
  source(name: keyof typeof SOURCES): string;
}

/** Built by `compiler` in a folder that stays until the tests end. */
export function buildLibraryProgram(compiler: string): LibraryProgram {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-program-'));
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(SOURCES)) fs.writeFileSync(path.join(folder, name), text);
  const compile = (...args: string[]) => execFileSync(compiler, ['-g', '-O0', ...args], { cwd: folder });
  compile('-shared', '-fPIC', 'shape.c', '-o', 'libshape.so');
  compile('-shared', '-fPIC', 'plugin.c', '-o', 'plugin.so');
  compile('main.c', '-o', 'main', '-L.', '-lshape', '-ldl', '-Wl,-rpath,$ORIGIN');
  return {
    folder,
    program: path.join(folder, 'main'),
    plugin: path.join(folder, 'plugin.so'),
    source: (name) => path.join(folder, name),
  };
}
