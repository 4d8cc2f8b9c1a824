import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import { launchJson, SAMPLE_FILES, SAMPLES } from '../../src/extension/samples/catalogue.ts';

const read = (file: string) => fs.readFileSync(path.join(PROJECT_ROOT, file), 'utf8');

describe('The samples that ship with the extension', () => {
  it('are there, each file of them', () => {
    for (const file of SAMPLE_FILES) assert.ok(fs.existsSync(path.join(PROJECT_ROOT, 'samples', file)), file);
  });

  it('are in the package, by a rule of .vscodeignore', () => {
    const rules = read('.vscodeignore')
      .split('\n')
      .filter((line) => line.startsWith('!samples/'))
      .map((line) => new RegExp(`^${line.slice(1).replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`));
    for (const file of SAMPLE_FILES)
      assert.ok(
        rules.some((rule) => rule.test(`samples/${file}`)),
        file,
      );
  });

  it('come with a launch.json that the schema accepts, whose first configuration is the chosen sample', () => {
    const manifest = JSON.parse(read('package.json'));
    const validate = new Ajv({ strict: false }).compile(
      manifest.contributes.debuggers[0].configurationAttributes.launch,
    );
    for (const { name } of SAMPLES) {
      const { configurations } = JSON.parse(launchJson(name));
      assert.equal(configurations[0].name, `Debug ${name}`);
      assert.equal(configurations.length, SAMPLES.length);
      for (const configuration of configurations)
        assert.ok(validate(configuration), `${configuration.name}: ${JSON.stringify(validate.errors)}`);
    }
  });
});
