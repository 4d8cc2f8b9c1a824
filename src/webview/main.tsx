/** The page's entry. */
import '@vscode/codicons/dist/codicon.css';
import { render } from 'preact';
import { App } from './app.tsx';
import { connectHost } from './host.ts';

render(<App host={connectHost()} />, document.getElementById('app')!);
