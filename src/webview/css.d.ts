/** Style sheets are imported for their effect: esbuild gathers them into webview.css. */
declare module '*.css';
