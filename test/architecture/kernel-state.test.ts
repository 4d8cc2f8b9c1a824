import { kernelSources } from 'generated:kernel-sources';
import assert from 'node:assert/strict';
import ts from 'typescript';

/** Snapshots walk over the kernel's objects (src/base/memento.ts): what they cannot see would survive a return to the past. */
describe('The kernel’s state', () => {
  const sources = Object.entries(kernelSources).map(([file, text]) => ({
    file,
    tree: ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true),
  }));

  function found(wanted: (node: ts.Node) => boolean): string[] {
    const places: string[] = [];
    for (const { file, tree } of sources) {
      const visit = (node: ts.Node): void => {
        if (wanted(node)) places.push(`${file}: ${node.getText().split('\n')[0]}`);
        ts.forEachChild(node, visit);
      };
      visit(tree);
    }
    return places;
  }

  it('is in no #private member', () => {
    assert.ok(sources.length > 50, 'the sources were found');
    assert.deepEqual(found(ts.isPrivateIdentifier), []);
  });

  it('is in no object that hides what it holds', () => {
    const hiding = new Set(['WeakMap', 'WeakSet', 'WeakRef', 'Promise', 'Date', 'SharedArrayBuffer']);
    assert.deepEqual(
      found((node) => ts.isNewExpression(node) && hiding.has(node.expression.getText())),
      [],
    );
  });

  it('is in no variable of a module', () => {
    const isModuleVariable = (node: ts.Node) =>
      ts.isVariableStatement(node) &&
      ts.isSourceFile(node.parent) &&
      (node.declarationList.flags & ts.NodeFlags.Const) === 0;
    assert.deepEqual(found(isModuleVariable), []);
  });
});
