// Writes the table of launch attributes in docs/MANUAL.md from the schema in package.json, which VS Code reads too.
//   node docs/attributes.js
const fs = require('node:fs');
const path = require('node:path');

const manual = path.join(__dirname, 'MANUAL.md');
const START = '<!-- attributes: made by docs/attributes.js -->';
const END = '<!-- end of attributes -->';

/** Text of a description for a cell of a table: on one line. */
function cell({ markdownDescription, description = '' }) {
  return (markdownDescription ?? description).replace(/\s*\n+\s*-?\s*/g, ' ').replaceAll('|', '\\|').trim();
}

function valueText(value) {
  if (value === undefined || value === '' || JSON.stringify(value) === '{}') return '';
  return `\`${JSON.stringify(value)}\``;
}

function rows(properties, prefix = '') {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const full = `${prefix}${name}`;
    if (schema.type === 'object' && schema.properties) return rows(schema.properties, `${full}.`);
    const choices = schema.enum && schema.enumDescriptions
      ? ` ${schema.enum.map((one, at) => `\`${one}\`: ${schema.enumDescriptions[at].replace(/\.$/, '')}`).join('; ')}.`
      : '';
    return [`| \`${full}\` | ${valueText(schema.default)} | ${cell(schema)}${choices.replaceAll('|', '\\|')} |`];
  });
}

/** The section between the marks. */
function attributesSection() {
  const { contributes } = JSON.parse(fs.readFileSync(path.join(__dirname, '../package.json'), 'utf8'));
  const { properties } = contributes.debuggers[0].configurationAttributes.launch;
  const { switches } = properties.kernel.anyOf[1].properties;
  return [
    START,
    '| attribute | default | meaning |',
    '|---|---|---|',
    ...rows(properties),
    '',
    'Switches of `kernel.switches`, each of them one way in which kernels differ:',
    '',
    '| switch | when on |',
    '|---|---|',
    ...Object.entries(switches.properties).map(([name, schema]) => `| \`${name}\` | ${cell(schema)} |`),
    END,
  ].join('\n');
}

/** The manual as it should be. */
function upToDate(text) {
  const from = text.indexOf(START);
  const to = text.indexOf(END);
  if (from < 0 || to < 0) throw new Error('docs/MANUAL.md has no marks for the table of attributes');
  return text.slice(0, from) + attributesSection() + text.slice(to + END.length);
}

module.exports = { manual, upToDate };

if (require.main === module) fs.writeFileSync(manual, upToDate(fs.readFileSync(manual, 'utf8')));
