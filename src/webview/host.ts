/** The extension, as the page sees it: VS Code's webview API with our messages as types. */
import type { HostMessage, PageMessage } from '../protocol/panel-messages.ts';
import type { ViewState } from './view-state.ts';

/** What VS Code's `acquireVsCodeApi` gives to a page. */
interface WebviewApi {
  postMessage(message: PageMessage): void;
  getState(): unknown;
  setState(state: ViewState): void;
}
declare function acquireVsCodeApi(): WebviewApi;

export interface Host {
  post(message: PageMessage): void;
  /** Calls `listener` for every message; returns how to stop that. */
  listen(listener: (message: HostMessage) => void): () => void;
  /** What `save` was last given, also by an earlier life of the page; unchecked. */
  saved(): unknown;
  save(state: ViewState): void;
}

/** The host of this page. May be called once only: VS Code gives its API once. */
export function connectHost(): Host {
  const api = acquireVsCodeApi();
  return {
    post: (message) => api.postMessage(message),
    listen(listener) {
      const onMessage = (event: MessageEvent<HostMessage>) => listener(event.data);
      window.addEventListener('message', onMessage);
      return () => window.removeEventListener('message', onMessage);
    },
    saved: () => api.getState(),
    save: (state) => api.setState(state),
  };
}
