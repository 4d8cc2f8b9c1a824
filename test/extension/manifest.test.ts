import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import ts from 'typescript';
import { SWITCH_NAMES } from '../../src/kernel/mpx/profiles.ts';

const manifest = JSON.parse(fs.readFileSync(path.join(PROJECT_ROOT, 'package.json'), 'utf8'));
const [debuggerContribution] = manifest.contributes.debuggers;
const schema = debuggerContribution.configurationAttributes.launch;

interface Schema {
  properties?: Record<string, Schema>;
  anyOf?: Schema[];
  description?: string;
  markdownDescription?: string;
}

/** Names of the members of an interface of src/protocol/launch.ts. */
function members(name: string): string[] {
  const file = path.join(PROJECT_ROOT, 'src/protocol/launch.ts');
  const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const found = source.statements.find(
    (s) => ts.isInterfaceDeclaration(s) && s.name.text === name,
  ) as ts.InterfaceDeclaration;
  return found.members.map((member) => (member.name as ts.Identifier).text);
}

describe('The manifest', () => {
  it('describes every launch attribute the session knows, and no other', () => {
    // VS Code itself supplies `noDebug`.
    const known = members('LaunchConfiguration').filter((name) => name !== 'noDebug');
    assert.deepEqual(Object.keys(schema.properties).sort(), known.sort());
  });

  it('offers every switch of the kernel, and no other', () => {
    const { switches } = schema.properties.kernel.anyOf[1].properties;
    assert.deepEqual(Object.keys(switches.properties), SWITCH_NAMES);
    assert.equal(switches.additionalProperties, false);
  });

  it('gives each attribute a description', () => {
    const nameless = (properties: Record<string, Schema>): string[] =>
      Object.entries(properties).flatMap(([name, value]) => [
        ...(value.description || value.markdownDescription ? [] : [name]),
        ...nameless(value.properties ?? {}),
      ]);
    assert.deepEqual(nameless(schema.properties), []);
  });

  it('has defaults, snippets and initial configurations that its own schema accepts', () => {
    const ajv = new Ajv({ strict: false });
    const validate = ajv.compile(schema);
    const bodies = [
      ...debuggerContribution.initialConfigurations,
      ...debuggerContribution.configurationSnippets.map((snippet: { body: object }) => snippet.body),
      Object.fromEntries(
        Object.entries<{ default?: unknown }>(schema.properties).flatMap(([name, value]) =>
          'default' in value ? [[name, value.default]] : [],
        ),
      ),
    ];
    for (const body of bodies) assert.ok(validate(body), JSON.stringify(validate.errors));
  });

  it('refuses wrong attributes in its schema', () => {
    const validate = new Ajv({ strict: false }).compile(schema);
    for (const wrong of [
      { program: 1 },
      {},
      { program: 'x', kernel: 'v9' },
      { program: 'x', mpx: { on: true } },
      { program: 'x', seed: -1 },
    ])
      assert.equal(validate(wrong), false, JSON.stringify(wrong));
  });

  it('names files that are there', () => {
    const { languages, grammars, viewsContainers, views } = manifest.contributes;
    const files = [
      manifest.icon,
      ...languages.map((language: { configuration: string }) => language.configuration),
      ...grammars.map((grammar: { path: string }) => grammar.path),
      ...viewsContainers.panel.map((container: { icon: string }) => container.icon),
      ...views['mpx-debug'].map((view: { icon: string }) => view.icon),
    ];
    for (const file of files) assert.ok(fs.existsSync(path.join(PROJECT_ROOT, file)), file);
  });

  it('uses only commands that it declares', () => {
    const declared = new Set(manifest.contributes.commands.map((command: { command: string }) => command.command));
    const menus = Object.values<{ command: string }[]>(manifest.contributes.menus).flat();
    for (const { command } of menus) assert.ok(declared.has(command), command);
    for (const command of Object.values<string>(debuggerContribution.variables))
      assert.ok(declared.has(command), command);
  });

  it('activates on debugging only, and states trust and virtual workspaces', () => {
    for (const event of manifest.activationEvents) assert.match(event, /^onDebug/);
    assert.ok(manifest.capabilities.untrustedWorkspaces.description);
    assert.ok(manifest.capabilities.virtualWorkspaces.description);
    assert.equal(manifest.extensionKind, undefined);
  });
});

describe('The assembly grammar', () => {
  const grammar = JSON.parse(fs.readFileSync(path.join(PROJECT_ROOT, 'media/asm.tmLanguage.json'), 'utf8'));

  it('includes only rules that exist', () => {
    for (const { include } of grammar.patterns) assert.ok(grammar.repository[include.slice(1)], include);
  });

  it('knows all MPX instructions and registers', () => {
    const [instruction, register] = grammar.repository.mpx.patterns.map(
      (p: { match: string }) => new RegExp(p.match.replace('(?i)', ''), 'i'),
    );
    for (const name of ['bndmk', 'bndcl', 'bndcu', 'bndcn', 'bndmov', 'bndldx', 'bndstx', 'bnd'])
      assert.match(`\t${name}\t(%rax), %bnd0`, instruction);
    assert.match('%bnd3', register);
    assert.doesNotMatch('\tmovq\t%rax, %rbx', instruction);
  });
});
