/** `npm run instructions`: writes docs/INSTRUCTIONS.md. */
import fs from 'node:fs';
import path from 'node:path';
import { covered } from './coverage.ts';
import { instructionsPage } from './instructions.ts';

fs.writeFileSync(path.join(PROJECT_ROOT, 'docs/INSTRUCTIONS.md'), instructionsPage(covered()));
