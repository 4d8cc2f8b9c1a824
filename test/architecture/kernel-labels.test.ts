import { kernelSources } from 'generated:kernel-sources';
import assert from 'node:assert/strict';

describe('Labels of kernel steps', () => {
  const labels = Object.entries(kernelSources).flatMap(([file, text]) =>
    [...text.matchAll(/\.at\(\s*(['"`])(.*?)\1/g)].map((match) => ({ file, label: match[2] })),
  );

  it('are unique, because a label locates its source line', () => {
    const seen = new Map<string, string>();
    const repeated = labels.filter(({ file, label }) => {
      const known = seen.get(label);
      seen.set(label, file);
      return known !== undefined;
    });
    assert.ok(labels.length > 30, 'labels were found');
    assert.deepEqual(repeated, []);
  });

  it('begin with the name of a kernel function', () => {
    const functions = new Set(
      Object.values(kernelSources).flatMap((text) =>
        [...text.matchAll(/kernelFunction\(\s*'([^']+)'/g)].map((m) => m[1]),
      ),
    );
    assert.deepEqual(
      labels.filter(({ label }) => !functions.has(label.split(':')[0])),
      [],
    );
  });
});
